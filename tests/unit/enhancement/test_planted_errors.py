"""How many planted errors the checks find, and how many sound human texts they disturb: a seeded sample.

`benchmarks/checks.py` counts all of them.
"""

from __future__ import annotations

import random
from functools import cache

import pytest

from core.catalog.courses import build_courses
from core.catalog.mapping import propose_mapping
from core.catalog.reading import read_table
from core.config import DATA_FOLDER
from core.enhancement.checks import CourseIndex, check_text
from core.enhancement.triage import triage
from core.records import Course, DescriptionStatus, Severity
from tests.planted_errors import KINDS, chat_of, plant_errors, sound_text

FILES = {"en": "en_rpi_catalog.csv", "ko": "ko_gist_courses.csv"}
SEED, COURSES, UNTOUCHED = 4, 20, 100
CAUGHT, FLAGGED = 0.95, 0.10


@cache
def catalog(language: str) -> tuple[Course, ...]:
    table = read_table((DATA_FOLDER / FILES[language]).read_bytes(), FILES[language])
    return build_courses(table, propose_mapping(table)).courses


@cache
def described(language: str) -> tuple[Course, ...]:
    return tuple(
        course
        for course in catalog(language)
        if course.language == language and triage(course).status is DescriptionStatus.SUFFICIENT
    )


@cache
def others(language: str) -> CourseIndex:
    return CourseIndex(catalog(language))


def is_held_back(course: Course, text: str) -> bool:
    findings = check_text(course, text, chat_of(course), others(course.language))
    return any(finding.severity is Severity.HARD for finding in findings)


@pytest.mark.parametrize(("language", "foreign"), [("en", "ko"), ("ko", "en")])
def test_planted_errors_of_every_kind_are_caught(language: str, foreign: str) -> None:
    drawn = random.Random(SEED)
    sample = drawn.sample(described(language), COURSES)
    sound = [course for course in sample if not is_held_back(course, sound_text(course))]
    planted = list(plant_errors(sound, drawn.sample(described(foreign), 20), SEED))
    caught = [is_held_back(each.course, each.text) for each in planted]
    missed = {each.kind for each, found in zip(planted, caught, strict=True) if not found}
    assert {each.kind for each in planted} | {"number"} == set(KINDS)  # few Korean texts have a number to change
    assert len(sound) > 0.8 * COURSES
    assert sum(caught) / len(caught) >= CAUGHT, f"missed: {sorted(missed)}"


@pytest.mark.parametrize("language", FILES)
def test_few_untouched_human_descriptions_are_held_back(language: str) -> None:
    courses = random.Random(SEED).sample(described(language), UNTOUCHED)
    assert sum(is_held_back(course, course.description) for course in courses) / len(courses) <= FLAGGED
