"""The whole student body and the catalog as arrays, made once and ranked many times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import RecommendationError
from core.recommendation.arrays import Floats, Ints
from core.records import Course, Student


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """Which courses each student took, as compressed rows: student s took `courses[offsets[s]:offsets[s + 1]]`."""

    offsets: Ints  # (S + 1,)
    courses: Ints  # indices into the courses

    def of(self, student: int) -> Ints:
        """Course indices that one student took."""
        return self.courses[self.offsets[student] : self.offsets[student + 1]]

    @property
    def counts(self) -> Ints:
        """How many courses each student took, (S,)."""
        return np.diff(self.offsets)

    @property
    def students(self) -> Ints:
        """The student of each entry of `courses`."""
        return np.repeat(np.arange(len(self.offsets) - 1, dtype=np.int32), self.counts)


@dataclass(frozen=True, slots=True, eq=False)
class PopulationData:
    """Courses (C), students (S), departments (D) and interests (I) with vectors of dimension d.

    Vectors are float32 of length 1; a row of NaN says that there is no vector. The order of the courses breaks
    ties. An index of -1 says that the thing is unknown.
    """

    courses: tuple[Course, ...]
    students: tuple[Student, ...]
    departments: tuple[str, ...]
    interests: tuple[str, ...]
    course_vectors: Floats  # (C, d)
    department_vectors: Floats  # (D, d)
    interest_vectors: Floats  # (I, d)
    course_department: Ints  # (C,) index into departments
    student_department: Ints  # (S,)
    student_interests: Ints  # (S, M) indices into interests, known ones first, padded with -1
    student_year: Floats  # (S,) NaN when unknown
    taken: Taken

    def course_index(self, course_key: str) -> int:
        """Position of a course. Raises RecommendationError when the catalog has no such course."""
        for index, course in enumerate(self.courses):
            if course.course_key == course_key:
                return index
        raise RecommendationError("recommendation.error.unknown_course", course=course_key)

    def student_index(self, student_id: str) -> int:
        """Position of a student. Raises RecommendationError when there is no such student."""
        for index, student in enumerate(self.students):
            if student.student_id == student_id:
                return index
        raise RecommendationError("recommendation.error.unknown_student")


def same_name(name: str) -> str:
    """The form in which names of departments and interests are compared: no case, single spaces."""
    return " ".join(name.split()).casefold()


def build_population(
    courses: Sequence[Course],
    students: Sequence[Student],
    course_vectors: Mapping[str, Floats],
    department_vectors: Mapping[str, Floats],
    interest_vectors: Mapping[str, Floats],
) -> PopulationData:
    """Arrays from records and vectors.

    `courses` may hold inactive ones: they are never recommended, but students may have taken them.
    `course_vectors` is keyed by course key, the others by name; what has no vector is missing, not zero.
    Raises RecommendationError when there are no courses or the vectors differ in dimension.
    """
    if not courses:
        raise RecommendationError("recommendation.error.no_courses")
    dimension = _dimension(course_vectors, department_vectors, interest_vectors)
    departments = _distinct([c.department for c in courses] + [s.department for s in students])
    interests = _distinct(interest for student in students for interest in student.interests)
    places = _places(departments)
    return replace_students(
        PopulationData(
            courses=tuple(courses),
            students=(),
            departments=departments,
            interests=interests,
            course_vectors=_rows((c.course_key for c in courses), course_vectors, dimension),
            department_vectors=_named_rows(departments, department_vectors, dimension),
            interest_vectors=_named_rows(interests, interest_vectors, dimension),
            course_department=np.array([places.get(same_name(c.department), -1) for c in courses], np.int32),
            student_department=np.empty(0, np.int32),
            student_interests=np.empty((0, 0), np.int32),
            student_year=np.empty(0, np.float32),
            taken=Taken(np.zeros(1, np.int32), np.empty(0, np.int32)),
        ),
        students,
    )


def replace_students(population: PopulationData, students: Sequence[Student]) -> PopulationData:
    """The same catalog with other students, for example one student with changed interests.

    Departments and interests that the population does not know are left out of the students' rows.
    """
    departments, interests = _places(population.departments), _places(population.interests)
    keys = {course.course_key: index for index, course in enumerate(population.courses)}
    taken = [sorted({keys[key] for key in student.taken_course_keys if key in keys}) for student in students]
    return replace(
        population,
        students=tuple(students),
        student_department=np.array([departments.get(same_name(s.department), -1) for s in students], np.int32),
        student_interests=_interest_rows(students, interests, population.interest_vectors),
        student_year=np.array([np.nan if s.year is None else s.year for s in students], np.float32),
        taken=Taken(
            np.concatenate([[0], np.cumsum([len(row) for row in taken])]).astype(np.int32),
            np.array([index for row in taken for index in row], np.int32),
        ),
    )


def _interest_rows(students: Sequence[Student], places: Mapping[str, int], vectors: Floats) -> Ints:
    """Interests without a vector say nothing about any course, so they are left out."""
    known = np.asarray(np.isfinite(vectors).all(axis=1))
    rows = []
    for student in students:
        found = dict.fromkeys(places.get(same_name(interest), -1) for interest in student.interests)
        rows.append([place for place in found if place >= 0 and known[place]])
    table = np.full((len(rows), max(map(len, rows), default=0)), -1, np.int32)
    for position, row in enumerate(rows):
        table[position, : len(row)] = row
    return table


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, as first written, sorted so that the order of the input does not matter."""
    first: dict[str, str] = {}
    for name in sorted(names):
        if same_name(name):
            first.setdefault(same_name(name), name)
    return tuple(first[key] for key in sorted(first))


def _places(names: Sequence[str]) -> dict[str, int]:
    return {same_name(name): index for index, name in enumerate(names)}


def _named_rows(names: Sequence[str], vectors: Mapping[str, Floats], dimension: int) -> Floats:
    return _rows(map(same_name, names), {same_name(name): vector for name, vector in vectors.items()}, dimension)


def _rows(keys: Iterable[str], vectors: Mapping[str, Floats], dimension: int) -> Floats:
    absent = np.full(dimension, np.nan, np.float32)
    rows = [vectors.get(key, absent) for key in keys]
    return np.array(rows, np.float32).reshape(len(rows), dimension)


def _dimension(*groups: Mapping[str, Floats]) -> int:
    dimensions = {len(vector) for group in groups for vector in group.values()}
    if len(dimensions) > 1:
        raise RecommendationError("recommendation.error.mixed_dimensions")
    return dimensions.pop() if dimensions else 1
