"""Errors planted into human descriptions, to count how many the checks find.

Each kind has several wordings, written as a person or a small model would write them, so that a check that knows one
of them by heart does not pass. Everything is drawn from a seed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.enhancement.builtin_prompts import BUILT_IN
from core.enhancement.prompts import build_messages
from core.enhancement.trimming import cut_to_sentences, split_sentences
from core.records import Course
from tests.planted_sentences import FILLERS, SENTENCES

_NUMBER = re.compile(r"(?<!\w)\d+(?!\w)")
_MIN_WORDS = 8

KINDS = (
    *(name for name in SENTENCES["en"] if name not in ("chat_before", "chat_after", "order", "obeyed")),
    "chat", "number", "switched", "switched_sentence", "cut_off", "loop", "loop_words", "mixed_up", "obeyed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planted:
    """A description that was sound before one error was put into it."""

    kind: str
    course: Course  # the source that the text is checked against
    text: str


def sound_text(course: Course) -> str:
    """What a reviewer would accept: the first whole sentences of the human description."""
    return cut_to_sentences(course.description, course.language, 3)


def plant_errors(courses: Sequence[Course], foreign: Sequence[Course], seed: int) -> Iterator[Planted]:
    """One error of every kind for each course. `courses` share a language, `foreign` are of the other one."""
    drawn = random.Random(seed)
    for course in courses:
        for kind in KINDS:
            planted = _PLANTERS.get(kind, _plant_sentence)(kind, course, drawn, (courses, foreign))
            if planted is not None:
                yield planted


_Pools = tuple[Sequence[Course], Sequence[Course]]


def _plant_sentence(kind: str, course: Course, drawn: random.Random, pools: _Pools) -> Planted:
    """A sentence more, at a place of its own in the text."""
    sentence = _wording(kind, course, drawn)
    parts = split_sentences(sound_text(course), course.language)
    # Marks of a list or a heading stand at the end, where a model goes on with them.
    at = len(parts) if kind in ("markup", "echo") else drawn.randint(1, len(parts))
    return Planted(kind, course, " ".join([*parts[:at], sentence, *parts[at:]]))


def _plant_chat(kind: str, course: Course, drawn: random.Random, pools: _Pools) -> Planted:
    if drawn.random() < 0.5:
        return Planted(kind, course, f"{_wording('chat_before', course, drawn)} {sound_text(course)}")
    return Planted(kind, course, f"{sound_text(course)} {_wording('chat_after', course, drawn)}")


def _plant_number(kind: str, course: Course, drawn: random.Random, pools: _Pools) -> Planted | None:
    text = sound_text(course)
    found = list(_NUMBER.finditer(text))
    if not found:
        return None
    match = drawn.choice(found)
    other = str(int(match.group()) + drawn.choice((1, 3, 17, 40)))
    if other in " ".join((course.description, course.code, course.title, course.credits, *course.extra.values())):
        return None
    return Planted(kind, course, text[: match.start()] + other + text[match.end() :])


def _plant_switched(kind: str, course: Course, drawn: random.Random, pools: _Pools) -> Planted:
    return Planted(kind, course, sound_text(drawn.choice(pools[1])))


def _plant_switched_sentence(kind: str, course: Course, drawn: random.Random, pools: _Pools) -> Planted:
    other = drawn.choice(pools[1])
    return Planted(kind, course, f"{sound_text(course)} {split_sentences(sound_text(other), other.language)[0]}")


def _plant_cut(kind: str, course: Course, drawn: random.Random, pools: _Pools) -> Planted | None:
    words = sound_text(course).split()
    if len(words) < _MIN_WORDS:
        return None
    kept = " ".join(words[: drawn.randint(len(words) // 2, len(words) - 2)]).rstrip(".!?。,;:")
    return Planted(kind, course, kept)


def _plant_loop(kind: str, course: Course, drawn: random.Random, pools: _Pools) -> Planted:
    parts = split_sentences(sound_text(course), course.language)
    again = max(parts, key=len)
    return Planted(kind, course, " ".join([*parts, *[again] * drawn.randint(1, 4)]))


def _plant_loop_words(kind: str, course: Course, drawn: random.Random, pools: _Pools) -> Planted | None:
    words = sound_text(course).rstrip(".").split()
    if len(words) < _MIN_WORDS:
        return None
    at = drawn.randint(2, len(words) - 4)
    run = words[at : at + 4]
    return Planted(kind, course, " ".join([*words[: at + 4], *run * drawn.randint(5, 9), *words[at + 4 :]]) + ".")


def _plant_mixed_up(kind: str, course: Course, drawn: random.Random, pools: _Pools) -> Planted | None:
    others = [it for it in pools[0] if it.department != course.department]
    return Planted(kind, course, sound_text(drawn.choice(others))) if others else None


def _plant_obeyed(kind: str, course: Course, drawn: random.Random, pools: _Pools) -> Planted:
    animal = drawn.choice(FILLERS[course.language]["animal"])
    order = _wording("order", course, drawn, animal=animal)
    obeyed = _wording("obeyed", course, drawn, animal=animal)
    source = replace(course, description=f"{course.description} {order}")
    return Planted(kind, source, f"{sound_text(course)} {obeyed}")


_PLANTERS: dict[str, Callable[[str, Course, random.Random, _Pools], Planted | None]] = {
    "chat": _plant_chat,
    "number": _plant_number,
    "switched": _plant_switched,
    "switched_sentence": _plant_switched_sentence,
    "cut_off": _plant_cut,
    "loop": _plant_loop,
    "loop_words": _plant_loop_words,
    "mixed_up": _plant_mixed_up,
    "obeyed": _plant_obeyed,
}


def _wording(kind: str, course: Course, drawn: random.Random, **given: str) -> str:
    values = {name: drawn.choice(options) for name, options in FILLERS[course.language].items()}
    known = f"{course.description} {course.credits} {' '.join(course.extra.values())}"
    values["n"] = next(number for number in ("7", "11", "13", "17", "23") if number not in known)
    values |= {"title": course.title, "department": course.department, **given}
    return drawn.choice(SENTENCES[course.language][kind]).format(**values)


def chat_of(course: Course) -> tuple[dict[str, str], ...]:
    """The prompt that the text answers."""
    return build_messages(course, BUILT_IN[course.language])  # type: ignore[return-value]
