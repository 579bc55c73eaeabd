"""Small populations made from a seed."""

from __future__ import annotations

import numpy as np
import pytest

from core.recommendation.population import build_population
from core.records import Course, Student


def unit_vectors(generator, names, dimension=16):
    vectors = generator.normal(size=(len(names), dimension)).astype(np.float32)
    return dict(zip(names, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), strict=True))


def make_records(seed=0, courses=30, students=20, departments=4, interests=6, complete=False):
    """Courses, students and vectors; unless `complete`, some of everything is unknown."""
    generator = np.random.default_rng(seed)

    def unknown(share):
        return not complete and generator.random() < share

    department_names = [f"Dept {i}" for i in range(departments)]
    interest_names = [f"interest {i}" for i in range(interests)]
    catalog = [
        Course(
            course_key=f"c{i}",
            title=f"Course {i}",
            code="" if unknown(0.2) else f"AB{generator.integers(1, 6)}{i:03d}",
            department="" if unknown(0.15) else str(generator.choice(department_names)),
            is_active=not unknown(0.1),
        )
        for i in range(courses)
    ]
    people = [
        Student(
            student_id=f"s{i}",
            department="" if unknown(0.15) else str(generator.choice(department_names)),
            year=None if unknown(0.2) else int(generator.integers(1, 5)),
            interests=()
            if unknown(0.2)
            else tuple(generator.choice(interest_names, int(generator.integers(1, 4)), replace=False).tolist()),
            taken_course_keys=()
            if unknown(0.3)
            else tuple(f"c{j}" for j in generator.choice(courses, min(3, courses), replace=False)),
        )
        for i in range(students)
    ]
    vectors = unit_vectors(generator, [course.course_key for course in catalog])
    for key in list(vectors):
        if unknown(0.15):
            del vectors[key]
    return (
        catalog,
        people,
        vectors,
        unit_vectors(generator, department_names),
        unit_vectors(generator, interest_names),
    )


@pytest.fixture(scope="session")
def records():
    """A function that gives courses, students and the vectors of courses, departments and interests."""
    return make_records


@pytest.fixture(scope="session")
def make_population():
    """A function that gives a population."""
    return lambda **options: build_population(*make_records(**options))
