"""Which prompt makes the embedded model write sound descriptions: `python -m benchmarks.prompts [--quick]`.

Two groups of courses of the sample catalog, drawn with a fixed seed: some whose human description is hidden (does the
text lead back to it?), and some whose own description is too short (does the text keep what it says?). Every variant
writes every course once; nothing is retried. Figures of each variant:

- hard, soft: share of drafts with such a finding at the first attempt
- drift: share of drafts with a favourite of small models ("sustainable", "innovative", ...) that the source lacks;
  the same share of the human descriptions is printed beside it
- kept: share of the content words of a short description that the draft still has (in any inflection)
- mrr: mean reciprocal rank of the course when its hidden description searches all courses of the first group, each
  with title, department and draft as its text; compared with title and department alone
- tokens: new tokens a draft

The models must be installed (`python -m core models install`).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.catalog.courses import build_courses
from core.catalog.mapping import propose_mapping
from core.catalog.reading import read_table
from core.config import DATA_FOLDER, load_config
from core.embedding.engine import Encoder
from core.embedding.registry import create_encoder, default_encoder
from core.embedding.texts import course_text
from core.enhancement.builtin_prompts import ENGLISH
from core.enhancement.checks import check_text
from core.enhancement.checks.source import WORD, Source, fold, stem
from core.enhancement.enhancer import MAX_SENTENCES
from core.enhancement.prompts import PromptTemplate, build_messages
from core.enhancement.triage import triage
from core.enhancement.trimming import cut_to_sentences
from core.enhancement.vocabulary import words
from core.generation.engine import Chat, GenerationSettings
from core.generation.openvino_engine import OpenVinoEngine
from core.models.references import DEFAULT_EMBEDDING, DEFAULT_GENERATION, resolve
from core.records import Course, DescriptionStatus, Severity

RESULTS = Path(__file__).parent / "results" / "prompts.json"
SEED = 20260301
HIDDEN, NOTED = 120, 50  # courses of the two groups
QUICK_HIDDEN, QUICK_NOTED = 30, 15
PRECISION = "bfloat16"
FAVOURITES = re.compile(
    r"\b(?:sustainab|innovat|cutting-edge|real-world|hands-on|divers|global|career|holistic|communit|digital|"
    r"artificial intelligence|machine learning|virtual|climate|ethic|emerging)\w*",
    re.IGNORECASE,
)
_GIVES_AWAY = re.compile(r"\b[A-Z]{4}[- ]?\d{4}\b|\b(?:pre|co)-?requisites?\b[^.]*\.?", re.IGNORECASE)
_COMMON = frozenset(stem(word) for word in words("empty_talk"))
_WORDS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of asking."""

    name: str
    template: PromptTemplate
    changes: dict[str, object]  # of the generation settings
    finish: Callable[[Chat, Course], Chat] = lambda chat, _course: chat


def variants(vocabulary: Callable[[Course], list[str]]) -> list[Variant]:
    """All that is compared; `vocabulary` gives words of a course's department."""
    two = replace(ENGLISH, examples=ENGLISH.examples[:2])
    noted = replace(ENGLISH, examples=(*ENGLISH.examples[:2], ENGLISH.examples[3]))
    none = replace(ENGLISH, examples=())
    rules = (
        "You write course descriptions for a university catalog. Use only the title, the department and the note. "
        "Do not invent names, numbers, prerequisites, exams or dates. Write two or three plain sentences."
    )
    warm = {"temperature": 0.7}  # the report's

    def add_words(chat: Chat, course: Course) -> Chat:
        told = ", ".join(vocabulary(course))
        last = {**chat[-1], "content": f"{chat[-1]['content']}\nWords of this department: {told}"}
        return [*chat[:-1], last] if told else chat

    return [
        Variant("no examples, temperature 0.7", none, warm),
        Variant("no examples but rules, temperature 0.7", replace(none, system=rules), warm),
        Variant("two examples, temperature 0.7", two, warm),
        Variant("two examples and department words, temperature 0.7", two, warm, add_words),
        Variant("four examples, temperature 0.7", ENGLISH, warm),
        Variant("two examples", two, {}),
        Variant("three examples, one with a note", noted, {}),
        Variant("four examples, one with a note (built in)", ENGLISH, {}),
        Variant("four examples and department words", ENGLISH, {}, add_words),
        Variant("four examples, greedy", ENGLISH, {"do_sample": False}),
    ]


def read_sample(hidden: int, noted: int) -> tuple[list[Course], list[Course], list[Course]]:
    """Courses to describe with the human text hidden, courses with a short text of their own, and all the others."""
    path = DATA_FOLDER / "en_rpi_catalog.csv"
    table = read_table(path.read_bytes(), path.name)
    courses = build_courses(table, propose_mapping(table)).courses
    status = {course.course_key: triage(course).status for course in courses}
    drawn = random.Random(SEED)
    full = [course for course in courses if status[course.course_key] is DescriptionStatus.SUFFICIENT]
    short = [course for course in courses if status[course.course_key] is DescriptionStatus.TOO_SHORT]
    first = drawn.sample(full, hidden)
    chosen = {course.course_key for course in first}
    return first, drawn.sample(short, noted), [course for course in full if course.course_key not in chosen]


def department_vocabulary(others: Sequence[Course]) -> Callable[[Course], list[str]]:
    """The words that set a department's human descriptions apart (TF-IDF), not those of the course itself."""
    told: dict[str, Counter[str]] = {}
    for course in others:
        told.setdefault(course.department, Counter()).update(
            {word for word in WORD.findall(fold(course.description)) if len(word) > 3 and stem(word) not in _COMMON}
        )
    departments = Counter(word for counts in told.values() for word in counts)

    def of(course: Course) -> list[str]:
        counts = told.get(course.department, Counter())
        weights = {word: count * np.log(len(told) / departments[word]) for word, count in counts.items()}
        return sorted(weights, key=lambda word: -weights[word])[:_WORDS_SHOWN]

    return of


def write(engine: OpenVinoEngine, variant: Variant, courses: Sequence[Course]) -> tuple[list[str], list[Chat], int]:
    """The first attempt at each course, the prompts, and the new tokens of all."""
    settings = replace(GenerationSettings(batch_size=48), **variant.changes)  # type: ignore[arg-type]
    chats = [variant.finish(build_messages(course, variant.template), course) for course in courses]
    texts, tokens = [""] * len(courses), 0
    for made in engine.generate(chats, settings):
        texts[made.index] = cut_to_sentences(made.text, "en", MAX_SENTENCES)
        tokens += made.new_tokens
    return texts, chats, tokens


def mean_reciprocal_rank(queries: np.ndarray, texts: np.ndarray) -> float:
    """queries, texts: (n, d) unit vectors in the same order; rank 1 is best, equal scores share the worse rank."""
    scores = queries @ texts.T
    ranks = (scores >= np.diag(scores)[:, None]).sum(axis=1)
    return float((1 / ranks).mean())


def drifts(course: Course, text: str) -> bool:
    """Whether the text has a favourite word that the source lacks."""
    source = Source.of(course)
    return any(not source.knows(word) for word in FAVOURITES.findall(text))


def kept_share(course: Course, text: str) -> float:
    """Share of the content words of the short description that the text has."""
    told = {stem(fold(word)) for word in WORD.findall(text)}
    wanted = {stem(fold(word)) for word in WORD.findall(course.description)} - _COMMON
    return len(wanted & told) / len(wanted) if wanted else 1.0


def measure(
    engine: OpenVinoEngine,
    encoder: Encoder,
    variant: Variant,
    groups: tuple[Sequence[Course], Sequence[Course]],
    queries: np.ndarray,
) -> dict[str, object]:
    """One row of the result."""
    blank = [replace(course, description="", description_raw="") for course in groups[0]]
    courses = [*blank, *groups[1]]
    started = time.perf_counter()
    texts, chats, tokens = write(engine, variant, courses)
    seconds = time.perf_counter() - started
    found = [check_text(course, text, chat) for course, text, chat in zip(courses, texts, chats, strict=True)]
    worst = [{finding.severity for finding in findings} for findings in found]
    vectors = encoder.encode_batch([course_text(c, text) for c, text in zip(blank, texts, strict=False)])
    kept = [kept_share(c, text) for c, text in zip(groups[1], texts[len(blank) :], strict=True)]
    checks = Counter(name for findings in found for name in {it.check for it in findings if it.severity == "hard"})
    return {
        "variant": variant.name,
        "prompt": variant.template.version,
        "hard": round(sum(Severity.HARD in each for each in worst) / len(courses), 3),
        "soft": round(sum(Severity.SOFT in each for each in worst) / len(courses), 3),
        "drift": round(sum(map(drifts, courses, texts)) / len(courses), 3),
        "kept": round(sum(kept) / len(kept), 3),
        "mrr": round(mean_reciprocal_rank(queries, vectors), 3),
        "tokens": round(tokens / len(courses), 1),
        "seconds": round(seconds, 1),
        "most_hard_checks": dict(checks.most_common(5)),
        "texts": texts[:3] + texts[len(blank) : len(blank) + 3],
    }


def main() -> None:
    """Measure every variant, print a table, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few courses; nothing is kept")
    parser.add_argument("--only", default="", help="variants whose name has this; nothing is kept")
    args = parser.parse_args()
    config = load_config()
    engine = OpenVinoEngine()
    engine.load(resolve(DEFAULT_GENERATION, config), PRECISION, "cpu")
    encoder = create_encoder(default_encoder("cpu"), resolve(DEFAULT_EMBEDDING, config), "float32", "cpu")
    hidden, noted, others = read_sample(*((QUICK_HIDDEN, QUICK_NOTED) if args.quick else (HIDDEN, NOTED)))
    queries = encoder.encode_batch([_GIVES_AWAY.sub(" ", course.description) for course in hidden], role="query")
    plain = encoder.encode_batch([course_text(course, "") for course in hidden])
    reference = {
        "courses_hidden": len(hidden),
        "courses_noted": len(noted),
        "mrr_title_department": round(mean_reciprocal_rank(queries, plain), 3),
        "drift_of_human_texts": round(
            sum(drifts(replace(course, description=""), course.description) for course in hidden) / len(hidden), 3
        ),
    }
    print(reference, flush=True)
    rows = []
    for variant in variants(department_vocabulary(others)):
        if args.only in variant.name:
            rows.append(measure(engine, encoder, variant, (hidden, noted), queries))
            print({name: value for name, value in rows[-1].items() if name != "texts"}, flush=True)
    if not args.quick and not args.only:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps({**reference, "rows": rows}, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
