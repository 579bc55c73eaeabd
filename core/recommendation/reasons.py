"""Reasons in words: each contribution of a recommendation as a sentence, with the evidence behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.recommendation.blend import SIGNALS, Weights
from core.recommendation.citations import SourceText, cite
from core.recommendation.levels import course_year, level_message
from core.recommendation.ranking import PreparedPopulation, RankedLists
from core.recommendation.scoring import interest_values
from core.records import Contribution, Course, Message, Recommendation


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence about one contribution."""

    signal: str
    message: Message
    amount: float  # what the signal adds to the score
    citation: Message | None  # the sentence of the course's text that shows it, with its author


def recommendations_of(prepared: PreparedPopulation, ranked: RankedLists, student: int) -> list[Recommendation]:
    """One student's list as records, best first; signals without weight are left out."""
    population = prepared.population
    records = []
    for place, course in enumerate(ranked.course_index[student]):
        if course < 0:
            continue
        contributions = tuple(
            Contribution(signal, float(weight), float(amount / weight), evidence_of(prepared, student, course, signal))
            for signal, weight, amount in zip(
                SIGNALS, ranked.effective_weights[student, place], ranked.contributions[student, place], strict=True
            )
            if weight > 0
        )
        key, score = population.courses[course].course_key, float(ranked.score[student, place])
        records.append(Recommendation(population.students[student].student_id, key, place + 1, score, contributions))
    return records


def evidence_of(prepared: PreparedPopulation, student: int, course: int, signal: str) -> str:
    """What a signal's value rests on: a department, the best interest, the most similar course taken, a year."""
    population = prepared.population
    if signal == "department":
        return population.courses[course].department
    if signal == "interest":
        place = _best_interest(prepared, student, course)
        return population.interests[place] if place >= 0 else ""
    if signal == "history":
        nearest = _nearest_taken(prepared, student, course)
        return population.courses[nearest].title if nearest >= 0 else ""
    if signal == "level":
        year = course_year(population.courses[course])
        return str(int(year)) if np.isfinite(year) else ""
    return ""


def reasons_of(
    prepared: PreparedPopulation, recommendation: Recommendation, texts: Mapping[str, SourceText]
) -> list[Reason]:
    """The contributions of a recommendation as sentences, the largest first; fits that round to 0 % are left out.

    `texts` gives the embedded text of courses by course key, for citations. The recommendation may be a stored one
    from when more was known of the student or course: what is not known now is left out, too. Raises
    RecommendationError when its student or course is unknown.
    """
    student = prepared.population.student_index(recommendation.student_id)
    course = prepared.population.course_index(recommendation.course_key)
    source = texts.get(recommendation.course_key)
    lookup = prepared.lookup
    known = dict(zip(SIGNALS, lookup.patterns[lookup.pattern[student]] & lookup.courses_have[course], strict=True))
    reasons = []
    for item in sorted(recommendation.contributions, key=lambda item: -item.amount):
        if known[item.signal] and item.amount > 0 and _percent(item.value) > 0:
            message, topic = _SENTENCES[item.signal](prepared, student, course, item)
            citation = cite(source, topic) if source and topic else None
            reasons.append(Reason(item.signal, message, item.amount, citation))
    return reasons


def missing_signals(prepared: PreparedPopulation, weights: Weights, student: int) -> list[Message]:
    """A sentence for each signal that has a weight but is unknown for the student, or one when all are."""
    lookup = prepared.lookup
    known = lookup.patterns[lookup.pattern[student]] & lookup.courses_have.any(axis=0)
    weighted = weights.normalised > 0
    if not (weighted & known).any():
        return [Message("recommendation.missing.everything")]
    missing = weighted & ~known
    return [Message(f"recommendation.missing.{SIGNALS[index]}") for index in np.flatnonzero(missing)]


_Sentence = tuple[Message, str]  # the sentence, and the words to look for in the course's text


def _department(prepared: PreparedPopulation, student: int, course: int, item: Contribution) -> _Sentence:
    population = prepared.population
    place = population.student_department[student]
    name, record = population.departments[place], population.courses[course]
    if population.course_department[course] == place:
        return Message("recommendation.reason.department_own", {"department": name}), ""
    params = {"department": name, "percent": _percent(item.value)}
    if not record.department:
        return Message("recommendation.reason.department_text", params), name
    params["course_department"] = record.department
    return Message("recommendation.reason.department_related", params), name


def _interest(prepared: PreparedPopulation, student: int, course: int, item: Contribution) -> _Sentence:
    interest = evidence_of(prepared, student, course, "interest")
    params = {"interest": interest, "percent": _percent(item.value)}
    return Message("recommendation.reason.interest", params), interest


def _history(prepared: PreparedPopulation, student: int, course: int, item: Contribution) -> _Sentence:
    title = evidence_of(prepared, student, course, "history")
    return Message("recommendation.reason.history", {"course": title, "percent": _percent(item.value)}), title


def _level(prepared: PreparedPopulation, student: int, course: int, item: Contribution) -> _Sentence:
    record: Course = prepared.population.courses[course]
    level, year = course_year(record), prepared.population.student_year[student]
    if level == year:
        return Message("recommendation.reason.level_own", {"level": level_message(level)}), ""
    return Message("recommendation.reason.level_near", {"level": level_message(level), "year": int(year)}), ""


def _taken_count(prepared: PreparedPopulation, student: int, course: int, item: Contribution) -> _Sentence:
    signals = prepared.signals  # of all students, also where the population is one of them
    params = {"count": int(signals.taken_count[course]), "total": signals.student_count}
    return Message(f"recommendation.reason.{item.signal}", params), ""


_SENTENCES: Mapping[str, Callable[[PreparedPopulation, int, int, Contribution], _Sentence]] = {
    "department": _department,
    "interest": _interest,
    "history": _history,
    "level": _level,
    "popularity": _taken_count,
    "novelty": _taken_count,
}


def _percent(value: float) -> int:
    return round(100 * value)


def _best_interest(prepared: PreparedPopulation, student: int, course: int) -> int:
    interests = prepared.population.student_interests[student]
    if not (interests >= 0).any():
        return -1
    values = interest_values(prepared.lookup, np.array([student], np.int32), np.array([[course]], np.int32))[0, 0]
    return int(interests[np.where(interests >= 0, values, -1).argmax()])


def _nearest_taken(prepared: PreparedPopulation, student: int, course: int) -> int:
    taken, vectors = prepared.population.taken.of(student), prepared.signals.centred_courses
    similarity = vectors[taken] @ vectors[course]
    return int(taken[np.nanargmax(similarity)]) if np.isfinite(similarity).any() else -1
