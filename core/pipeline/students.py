"""One student: find, list with reasons, why not this course, what if."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.config import DEFAULT_TOP_K
from core.pipeline.application import Application
from core.pipeline.population import Loaded, load
from core.pipeline.taken_courses import student_of
from core.pipeline.weight_sets import in_force
from core.recommendation import explain
from core.recommendation.blend import SIGNALS, Weights
from core.recommendation.citations import Author
from core.recommendation.options import Grouping, ListOptions, eligible, rank_lists
from core.recommendation.ranking import PreparedPopulation, explain_courses, with_students
from core.recommendation.reasons import evidence_of, reasons_of, recommendations_of
from core.records import Contribution, Course, CourseKind, Message, Recommendation, Student


@dataclass(frozen=True, slots=True)
class StudentPage:
    """One page of a list of students."""

    students: tuple[Student, ...]
    total: int  # that match


@dataclass(frozen=True, slots=True)
class RecommendedCourse:
    """One place in a student's list, explained."""

    rank: int  # 1-based, in the whole list
    number: int  # 1-based, among the courses or the activities where these stand apart, else the rank
    course: Course
    score: float
    contributions: tuple[Contribution, ...]  # amounts sum to the score
    reasons: tuple[Message, ...]
    cited_sentence: str  # of the course's text, nearest to the reason; "" when it has none
    citation_is_generated: bool  # the sentence was written by a model


@dataclass(frozen=True, slots=True)
class StudentView:
    """A student and the list they get."""

    student: Student
    taken: tuple[Course, ...]
    recommendations: tuple[RecommendedCourse, ...]
    weights: Mapping[str, float]  # that made the list
    run_id: str | None  # the stored run it comes from; None: computed now
    options: ListOptions  # that made the list


@dataclass(frozen=True, slots=True)
class Makers:
    """With what lists are made."""

    weights: Mapping[str, float]
    options: ListOptions
    top_k: int  # places in a list, of each kind where kinds are apart


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a course is not in a student's list."""

    course: Course
    reasons: tuple[Message, ...]
    rank: int | None  # among all eligible courses; None when it is not eligible
    score: float | None
    lowest_listed_score: float | None  # of the last place in the list
    contributions: tuple[Contribution, ...]


def find_students(
    app: Application, *, search: str = "", department: str | None = None, limit: int = 50, offset: int = 0
) -> StudentPage:
    """Students with the search text in pseudonym, department or interests, in order of pseudonym."""
    found = app.students.list(search.strip(), department, limit, offset)
    return StudentPage(tuple(found), app.students.count(search.strip(), department))


def student_departments(app: Application) -> tuple[str, ...]:
    """All departments that students have, in alphabetical order."""
    return tuple(sorted(name for name in app.students.departments() if name))


def student_view(app: Application, catalog_id: str, student_id: str) -> StudentView:
    """A student with the stored list of the newest run and its reasons.

    Where the run is older than the student it may have none: then the list is made now. Raises StorageError when
    there is no such student.
    """
    student = student_of(app, catalog_id, student_id)
    loaded = load(app, catalog_id)
    run = app.recommendations.latest_run(catalog_id)
    if run is None:
        return _view(loaded, student, (), made_with(app, catalog_id), None)
    stored = app.recommendations.for_student(student_id, run.run_id)
    if not stored and loaded.sources.changed_since(run):
        return what_if(app, catalog_id, student)
    alone = with_students(loaded.prepared, [student])
    listed = tuple(_explain(loaded, alone, each) for each in stored)
    return _view(loaded, student, listed, made_with(app, catalog_id), run.run_id)


def why_not(app: Application, catalog_id: str, student_id: str, course_key: str) -> WhyNot:
    """Why this course is missing from the student's list."""
    prepared, makers = load(app, catalog_id).prepared, made_with(app, catalog_id)
    population, weights, options = prepared.population, Weights.from_mapping(makers.weights), makers.options
    place, course = population.student_index(student_id), population.course_index(course_key)
    parts_of_list = options.grouping.kinds
    part = next((kinds for kinds in parts_of_list if population.courses[course].kind in kinds), parts_of_list[0])
    rules = eligible(prepared, options, part)
    answer = explain.why_not(rules, weights, place, course, makers.top_k, options.variety)
    parts = explain_courses(prepared, weights, np.array([place], np.int32), np.array([[course]], np.int32))
    return WhyNot(
        course=population.courses[course],
        reasons=(_about_stored(app, catalog_id, student_id, course_key, answer.message),),
        rank=answer.rank,
        score=None if answer.rank is None else answer.score,
        lowest_listed_score=answer.needed or None,
        contributions=tuple(
            Contribution(signal, float(weight), float(amount / weight), evidence_of(prepared, place, course, signal))
            for signal, weight, amount in zip(
                SIGNALS, parts.effective_weights[0, 0], parts.contributions[0, 0], strict=True
            )
            if weight > 0
        ),
    )


def _about_stored(app: Application, catalog_id: str, student_id: str, course_key: str, reason: Message) -> Message:
    """The reason, but where it is that the course is listed: what that means for a stored list that lacks it."""
    run = app.recommendations.latest_run(catalog_id)
    if run is None or reason.key != "recommendation.why_not.listed":
        return reason
    stored = app.recommendations.for_student(student_id, run.run_id)
    is_missing = bool(stored) and course_key not in {each.course_key for each in stored}
    return Message("recommendation.why_not.listed_now", reason.params) if is_missing else reason


def what_if(
    app: Application, catalog_id: str, student: Student, weights: Mapping[str, float] | None = None
) -> StudentView:
    """The list this student would get with other interests, another department or other weights. Stores nothing."""
    loaded, makers = load(app, catalog_id), made_with(app, catalog_id)
    makers = replace(makers, weights=weights or makers.weights)
    alone = with_students(loaded.prepared, [student])
    ranked = rank_lists(alone, Weights.from_mapping(makers.weights), makers.top_k, makers.options)
    listed = tuple(_explain(loaded, alone, each) for each in recommendations_of(alone, ranked, 0))
    return _view(loaded, student, listed, makers, None)


def made_with(app: Application, catalog_id: str) -> Makers:
    """What made the newest stored run, so that answers fit the list that people see."""
    run = app.recommendations.latest_run(catalog_id)
    if run is None:
        return Makers(*in_force(app, catalog_id), DEFAULT_TOP_K)
    weight_set = app.weights.get(run.weight_set_id)
    options = ListOptions.from_mapping(weight_set.options)
    return Makers(weight_set.weights, options, options.part_length(run.top_k))


def _view(
    loaded: Loaded,
    student: Student,
    listed: tuple[RecommendedCourse, ...],
    makers: Makers,
    run_id: str | None,
) -> StudentView:
    taken = tuple(loaded.courses[key] for key in student.taken_course_keys if key in loaded.courses)
    listed = _numbered_apart(listed) if makers.options.grouping is Grouping.APART else listed
    return StudentView(student, taken, listed, makers.weights, run_id, makers.options)


def _numbered_apart(listed: tuple[RecommendedCourse, ...]) -> tuple[RecommendedCourse, ...]:
    """Courses and activities each numbered from 1."""
    seen: Counter[CourseKind] = Counter()
    numbered = []
    for each in listed:
        seen[each.course.kind] += 1
        numbered.append(replace(each, number=seen[each.course.kind]))
    return tuple(numbered)


def _explain(loaded: Loaded, alone: PreparedPopulation, recommendation: Recommendation) -> RecommendedCourse:
    """A place in a list with its reasons; `alone` is the population of this one student."""
    place = alone.population.course_index(recommendation.course_key)
    contributions = tuple(
        replace(each, evidence=each.evidence or evidence_of(alone, 0, place, each.signal))
        for each in recommendation.contributions
    )
    reasons = reasons_of(alone, recommendation, loaded.texts)
    citation = next((reason.citation for reason in reasons if reason.citation is not None), None)
    source = loaded.texts[recommendation.course_key]
    return RecommendedCourse(
        rank=recommendation.rank,
        number=recommendation.rank,
        course=loaded.courses[recommendation.course_key],
        score=recommendation.score,
        contributions=contributions,
        reasons=tuple(reason.message for reason in reasons),
        cited_sentence="" if citation is None else str(citation.params["sentence"]),
        citation_is_generated=citation is not None and source.author is Author.MODEL,
    )
