"""Answers about one student: why is a course not in the list, and what would be if the student were another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.evaluation.population import SAME_SCORE
from core.recommendation.blend import SIGNALS, Weights
from core.recommendation.diversity import NO_DIVERSITY, Diversity
from core.recommendation.eligibility import broken_rule
from core.recommendation.ranking import PreparedPopulation, RankedLists, explain_courses, rank_all, with_students
from core.records import Message


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a course is not in a student's list, or where it is."""

    message: Message
    rank: int | None  # 1-based among all courses the student may take, by score; None when a rule keeps it out
    score: float  # what it scores, rules or not
    needed: float  # the score of the last place in the list; 0 when the list is not full


@dataclass(frozen=True, slots=True)
class RankChange:
    """One course's place before and after a change; None where it is not in the list."""

    course_key: str
    before: int | None
    after: int | None


def why_not(
    prepared: PreparedPopulation,
    weights: Weights,
    student: int,
    course: int,
    top_k: int = 10,
    diversity: Diversity = NO_DIVERSITY,
) -> WhyNot:
    """The rule, or else the gap in score, that keeps `course` out of the list of `student` (positions, not ids)."""
    alone = with_students(prepared, [prepared.population.students[student]])
    everyone = rank_all(alone, weights, top_k=len(alone.population.courses))
    shown = rank_all(alone, weights, top_k, diversity)
    columns = np.array([[course]], np.int32)
    this = explain_courses(alone, weights, np.zeros(1, np.int32), columns)
    score, needed = float(this.score[0, 0]), float(shown.score[0, -1])
    rule = broken_rule(alone.population, alone.exclusions.rules, 0, course)
    if rule is not None:
        return WhyNot(rule, None, score, needed)
    rank = _place(everyone, course)
    if rank is None:
        return WhyNot(Message("recommendation.why_not.unscored"), None, score, needed)
    listed = _place(shown, course)
    if listed is not None:
        return WhyNot(Message("recommendation.why_not.listed", {"rank": listed}), rank, score, needed)
    reason = _lost_place(rank, this, shown, gives_way=diversity.is_on and (rank <= top_k or score >= needed))
    return WhyNot(reason, rank, score, needed)


def _lost_place(rank: int, this: RankedLists, shown: RankedLists, gives_way: bool) -> Message:
    """Why a course that may be recommended, `this`, is not among the `shown`: it `gives_way`, or scores less, or as
    much as the last one and stands behind it in the catalog.
    """
    if gives_way:
        return Message("recommendation.why_not.room", {"rank": rank})
    score, needed = float(this.score[0, 0]), float(shown.score[0, -1])
    params = {"rank": rank, "score": f"{score:.3f}"}
    if needed - score < SAME_SCORE:
        return Message("recommendation.why_not.tie", params)
    gap = shown.contributions[0, -1] - this.contributions[0, 0]
    signal = Message(f"recommendation.signal.{SIGNALS[int(gap.argmax())]}")
    return Message("recommendation.why_not.gap", {**params, "needed": f"{needed:.3f}", "signal": signal})


def what_if(
    prepared: PreparedPopulation,
    weights: Weights,
    student: int,
    department: str | None = None,
    interests: Sequence[str] | None = None,
    year: int | None = None,
    top_k: int = 10,
    diversity: Diversity = NO_DIVERSITY,
) -> tuple[PreparedPopulation, RankedLists, list[RankChange]]:
    """The list of `student` with another department, interests or year (None: as it is), and each course's move.

    The first two results hold this one student at position 0. Only departments and interests that the population
    knows have vectors; others are left out.
    """
    before = prepared.population.students[student]
    after = replace(
        before,
        department=before.department if department is None else department,
        interests=before.interests if interests is None else tuple(interests),
        year=before.year if year is None else year,
    )
    old = rank_all(with_students(prepared, [before]), weights, top_k, diversity)
    changed = with_students(prepared, [after])
    new = rank_all(changed, weights, top_k, diversity)
    seen = dict.fromkeys(int(course) for course in (*new.course_index[0], *old.course_index[0]) if course >= 0)
    courses = prepared.population.courses
    return changed, new, [RankChange(courses[c].course_key, _place(old, c), _place(new, c)) for c in seen]


def _place(ranked: RankedLists, course: int) -> int | None:
    places = np.flatnonzero(ranked.course_index[0] == course)
    return int(places[0]) + 1 if len(places) else None
