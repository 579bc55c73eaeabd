"""How much the checks find and how much they disturb: `python -m benchmarks.checks [--quick] [--state FOLDER]`.

- untouched: share of sufficient human descriptions with a hard finding, each being its own source
- planted: share of errors planted into them that get a hard finding, by kind (`tests/planted_errors.py`)
- with `--state`: the share of that installation's drafts with a hard finding, by check, and whether any draft without
  one ends in mid-sentence, switches language, loops or leaks the prompt (`benchmarks/judge_drafts.py`, which shares no
  code with the checks). The installation must not be in use.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.judge_drafts import judge
from core.catalog.courses import build_courses
from core.catalog.mapping import propose_mapping
from core.catalog.reading import read_table
from core.config import DATA_FOLDER, Config
from core.enhancement.checks import CourseIndex, check_text
from core.enhancement.triage import triage
from core.jobs.spec import JobSpec
from core.pipeline.application import Application
from core.records import Course, DescriptionStatus, Finding, JobKind, Severity
from tests.planted_errors import chat_of, plant_errors, sound_text

RESULTS = Path(__file__).parent / "results" / "checks.json"
FILES = {"en": "en_rpi_catalog.csv", "ko": "ko_gist_courses.csv"}
SEED = 20260302
COURSES, QUICK_COURSES = 300, 30


def read_catalog(language: str) -> tuple[tuple[Course, ...], list[Course]]:
    """All courses of a sample, and those of its language with a sufficient description."""
    table = read_table((DATA_FOLDER / FILES[language]).read_bytes(), FILES[language])
    courses = build_courses(table, propose_mapping(table)).courses
    full = [it for it in courses if it.language == language and triage(it).status is DescriptionStatus.SUFFICIENT]
    return courses, full


def hard(findings: Sequence[Finding]) -> set[str]:
    """The names of the checks that hold a text back."""
    return {finding.check for finding in findings if finding.severity is Severity.HARD}


def measure(language: str, foreign: Sequence[Course], count: int) -> dict[str, Any]:
    """The two shares of one language."""
    courses, full = read_catalog(language)
    others = CourseIndex(courses)
    started = time.perf_counter()
    verdicts = [hard(check_text(it, it.description, chat_of(it), others)) for it in full]
    seconds = (time.perf_counter() - started) / len(full)
    drawn = random.Random(SEED)
    sample = drawn.sample(full, min(count, len(full)))
    sound = [it for it in sample if not hard(check_text(it, sound_text(it), chat_of(it), others))]
    caught: dict[str, list[bool]] = defaultdict(list)
    for planted in plant_errors(sound, foreign, SEED):
        findings = check_text(planted.course, planted.text, chat_of(planted.course), others)
        caught[planted.kind].append(bool(hard(findings)))
    every = [found for kind in caught.values() for found in kind]
    return {
        "untouched": {
            "descriptions": len(full),
            "held_back": round(sum(map(bool, verdicts)) / len(full), 4),
            "by": dict(Counter(name for names in verdicts for name in names).most_common()),
        },
        "planted": {
            "errors": len(every),
            "caught": round(sum(every) / len(every), 4),
            "by_kind": {kind: round(sum(found) / len(found), 4) for kind, found in sorted(caught.items())},
        },
        "milliseconds_a_text": round(1000 * seconds, 1),
    }


def drafts_of(folder: Path) -> Iterator[tuple[Course, str, tuple[Any, ...], CourseIndex]]:
    """Every draft of an installation with its source and the prompt that asked for it."""
    with Application(Config(folder), watch_jobs=False) as app:
        for job in app.jobs.list(kind=JobKind.ENHANCE):
            spec = JobSpec.load(app.config.jobs_folder / job.job_id)
            others = CourseIndex(app.catalogs.courses(job.catalog_id))
            items = {item.key: item for item in spec.items}
            for draft in app.enhancements.of_job(job.job_id):
                item = items[draft.course_key]
                if item.course is not None:
                    yield item.course, draft.text, item.chat, others


def measure_drafts(folder: Path, keep: Path | None) -> dict[str, Any]:
    """What the checks say of real drafts, and what the judges say of those that pass."""
    total, found, passing = 0, Counter[str](), []
    for course, text, chat, others in drafts_of(folder):
        total += 1
        names = hard(check_text(course, text, chat, others))
        found.update(names)
        if not names:
            known = "\n".join((course.title, course.department, course.description, *course.extra.values()))
            passing.append({"text": text, "language": course.language or "en", "known": known, "prompt": list(chat)})
    if keep is not None:
        keep.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in passing), encoding="utf-8")
    return {
        "drafts": total,
        "held_back": round(1 - len(passing) / total, 4),
        "by": dict(found.most_common()),
        "judged": judge(passing),
    }


def main() -> None:
    """Measure both languages, and the drafts of an installation when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few courses; nothing is kept")
    parser.add_argument("--state", type=Path, help="state folder whose drafts are checked and judged")
    parser.add_argument("--keep", type=Path, help="file for the drafts that pass, one JSON object a line")
    args = parser.parse_args()
    count = QUICK_COURSES if args.quick else COURSES
    pools = {language: read_catalog(language)[1] for language in FILES}
    result: dict[str, Any] = {
        "en": measure("en", pools["ko"][:100], count),
        "ko": measure("ko", pools["en"][:100], count),
    }
    if args.state is not None:
        result["drafts"] = measure_drafts(args.state, args.keep)
    print(json.dumps(result, ensure_ascii=False, indent=1))
    if not args.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
