"""The second opinion on drafts sees each of the four things that it looks for, and nothing in sound human texts."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from benchmarks.judge_drafts import JUDGES, judge
from core.catalog.courses import build_courses
from core.catalog.mapping import propose_mapping
from core.catalog.reading import read_table
from core.config import DATA_FOLDER
from core.enhancement.triage import triage
from core.records import Course, DescriptionStatus
from tests.planted_errors import chat_of, plant_errors, sound_text

KINDS = {"cut_off": "mid_sentence", "switched": "language", "loop": "loop", "echo": "leak"}
MIN_SEEN = 0.75  # it shares no code with the checks and may be coarser


def described(file_name: str, language: str) -> list[Course]:
    table = read_table((DATA_FOLDER / file_name).read_bytes(), file_name)
    courses = build_courses(table, propose_mapping(table)).courses
    return [it for it in courses if it.language == language and triage(it).status is DescriptionStatus.SUFFICIENT]


def as_draft(course: Course, text: str) -> dict[str, object]:
    known = f"{course.title}\n{course.department}\n{course.description}"
    return {"text": text, "language": course.language, "known": known, "prompt": list(chat_of(course))}


@pytest.fixture(scope="module")
def courses() -> list[Course]:
    return random.Random(1).sample(described("en_rpi_catalog.csv", "en"), 40)


def test_a_planted_error_is_seen_by_the_judge_for_it(courses: list[Course]) -> None:
    foreign = described("ko_gist_courses.csv", "ko")[:10]
    planted = [each for each in plant_errors(courses, foreign, 1) if each.kind in KINDS]
    for kind, name in KINDS.items():
        drafts = [as_draft(each.course, each.text) for each in planted if each.kind == kind]
        assert sum(map(JUDGES[name], drafts)) / len(drafts) >= MIN_SEEN, kind


def test_sound_texts_pass(courses: list[Course]) -> None:
    drafts = [as_draft(replace(course, description=sound_text(course)), sound_text(course)) for course in courses]
    result = judge(drafts)
    assert result["drafts"] == len(courses)
    assert sum(result[name]["count"] for name in JUDGES) <= 0.05 * len(courses)
