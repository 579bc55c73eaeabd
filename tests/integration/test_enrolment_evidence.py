"""Real enrolments of the Open University, from the files to figures of a hold-out by time."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict

import pytest

from core.catalog.mapping import propose_student_mapping
from core.catalog.reading import read_table
from core.catalog.students import build_students
from core.config import PROJECT_FOLDER
from core.recommendation.blend import Weights
from core.recommendation.held_out import hold_newest_out, measure_held_out
from core.recommendation.population import build_population
from core.recommendation.ranking import prepare
from core.records import Course

FOLDER = PROJECT_FOLDER / "tests" / "data"

PLACES = 3


def recall_by_hand() -> tuple[int, float]:
    """Queries and mean recall@3 of "what most others took until then", counted without the recommender."""
    with (FOLDER / "oulad_enrolments.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    first: dict[str, dict[str, str]] = defaultdict(dict)
    for row in sorted(rows, key=lambda row: row["code_presentation"]):  # "2013B" < "2013J" < "2014B" < "2014J"
        first[row["id_student"]].setdefault(row["code_module"], row["code_presentation"])
    before = {student: {m for m, term in taken.items() if term < "2014J"} for student, taken in first.items()}
    after = {student: {m for m, term in taken.items() if term == "2014J"} for student, taken in first.items()}
    counts = Counter(module for taken in before.values() for module in taken)
    ranked = sorted({row["code_module"] for row in rows}, key=lambda module: (-counts[module], module))
    shares = []
    for student, wanted in after.items():
        if wanted:
            shown = [module for module in ranked if module not in before[student]][:PLACES]
            shares.append(len(wanted & set(shown)) / len(wanted))
    return len(shares), sum(shares) / len(shares)


def test_popularity_finds_real_later_enrolments_as_often_as_counted_by_hand() -> None:
    with (FOLDER / "oulad_courses.csv").open(encoding="utf-8", newline="") as lines:
        modules = sorted({row["code_module"] for row in csv.DictReader(lines)})
    table = read_table((FOLDER / "oulad_enrolments.csv").read_bytes(), "oulad_enrolments.csv")
    students = build_students(table, propose_student_mapping(table), {name: name for name in modules}).students
    courses = [Course(name, name, code=name) for name in modules]
    held_out = hold_newest_out(prepare(build_population(courses, students, {}, {}, {})))
    assert held_out.since == "2014-10-01"
    popular, rare = (
        measure_held_out(held_out, Weights.from_mapping({signal: 1.0}), PLACES) for signal in ("popularity", "novelty")
    )
    queries, recall = recall_by_hand()
    assert popular.recall.count == queries
    assert popular.recall.mean == pytest.approx(recall)
    assert popular.recall.low > rare.recall.high
