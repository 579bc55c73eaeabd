"""Students, vectors and recommendations in a real DuckDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from core.errors import StorageError
from core.records import Student
from core.storage import (
    Database,
    Embedding,
    EmbeddingStore,
    RankedArrays,
    RecommendationStore,
    StudentCounts,
    StudentStore,
)
from core.storage.conversion import now

STUDENTS = [
    Student("S1", "물리학과", 2, ("인공지능", "음악"), ("C1", "C2")),
    Student("S2", "Physics", None, (), ()),
    Student("S3", "Physics", 4, ("music",), ()),
]


def as_uploaded(students: StudentStore, found: list[Student]) -> list[Student]:
    """Students with the university's numbers in the place of their pseudonyms, in the order of these."""
    numbers = students.numbers([it.student_id for it in found])
    return sorted((replace(it, student_id=numbers[it.student_id]) for it in found), key=lambda it: it.student_id)


def test_students_come_out_as_they_went_in(database: Database) -> None:
    students = StudentStore(database)
    assert students.replace_all(STUDENTS) == StudentCounts(added=3, changed=0, unchanged=0, removed=0)
    assert as_uploaded(students, students.all()) == STUDENTS
    assert students.get(students.id_of("S1")) == replace(STUDENTS[0], student_id=students.id_of("S1"))
    for unknown in ("S9", "S1"):
        with pytest.raises(StorageError, match=unknown):
            students.get(unknown)
    with pytest.raises(StorageError, match="S9"):
        students.id_of("S9")


def test_a_number_is_in_one_table_only_and_its_pseudonym_stays(database: Database) -> None:
    students = StudentStore(database)
    students.replace_all([Student("20241234")])
    pseudonym = students.id_of("20241234")
    students.replace_all([Student("20249999")])
    students.replace_all([Student("20241234", "Physics")])
    assert students.id_of("20241234") == pseudonym
    assert [it.student_id for it in students.all()] == [pseudonym]
    tables = [row[0] for row in database.fetch("SELECT table_name FROM duckdb_tables()")]
    holding = [name for name in tables if "20241234" in str(database.fetch(f"SELECT * FROM {name}"))]
    assert holding == ["student_identities"]


def test_a_new_file_of_students_changes_only_what_differs(database: Database) -> None:
    students = StudentStore(database)
    students.replace_all(STUDENTS)
    promoted = replace(STUDENTS[2], year=5)
    counts = students.replace_all([STUDENTS[0], promoted, Student("S4")], "upload")
    assert counts == StudentCounts(added=1, changed=1, unchanged=1, removed=1)
    assert as_uploaded(students, students.all()) == [STUDENTS[0], promoted, Student("S4")]
    assert students.upsert([STUDENTS[1]]) == StudentCounts(added=1, changed=0, unchanged=0, removed=0)
    assert students.count() == 4


def test_a_student_id_that_is_there_twice_is_refused(database: Database) -> None:
    students = StudentStore(database)
    with pytest.raises(StorageError):
        students.replace_all([*STUDENTS, STUDENTS[0]])
    assert students.count() == 0


def test_students_are_searched_filtered_and_paged(database: Database) -> None:
    students = StudentStore(database)
    students.replace_all(STUDENTS)
    assert as_uploaded(students, students.list(search=" MUSIC ")) == [STUDENTS[2]]
    assert as_uploaded(students, students.list(search="음악")) == [STUDENTS[0]]
    assert as_uploaded(students, students.list(search=students.id_of("S2").lower())) == [STUDENTS[1]]
    assert students.list(search="%") == []
    assert students.list(search="s2") == []
    both = students.list(department="Physics")
    assert students.list(department="Physics", limit=1, offset=1) == both[1:]
    assert as_uploaded(students, both) == STUDENTS[1:]
    assert (students.count("phys"), students.count(department="Physics"), students.count()) == (2, 2, 3)


def test_departments_and_interests_are_counted(database: Database) -> None:
    students = StudentStore(database)
    students.replace_all([*STUDENTS, Student("S4", interests=("music",))])
    assert students.departments() == {"Physics": 2, "물리학과": 1}
    assert students.interests() == {"music": 2, "음악": 1, "인공지능": 1}


def test_vectors_are_kept_per_model_and_text(database: Database) -> None:
    embeddings = EmbeddingStore(database)
    vectors = np.random.default_rng(0).random((3, 384), dtype=np.float32)
    embeddings.put([Embedding("m", f"t{number}", vector) for number, vector in enumerate(vectors)])
    embeddings.put([Embedding("m", "t0", vectors[1]), Embedding("other", "t0", vectors[2])])
    embeddings.put([])
    matrix = embeddings.matrix("m", ["t2", "t0", "t2"])
    assert matrix.dtype == np.float32
    assert np.array_equal(matrix, vectors[[2, 0, 2]])
    assert embeddings.missing("m", ["t0", "t7"]) == {"t7"}
    assert embeddings.get("m", ["t7"]) == {}
    assert embeddings.matrix("m", []).shape[0] == 0
    with pytest.raises(StorageError, match="1 texts"):
        embeddings.matrix("m", ["t0", "t7"])


def make_ranking(evidence: bool = True) -> RankedArrays:
    contributions = np.array([[[0.5, 0.25], [0.25, 0.0]], [[0.75, 0.0], [0.0, 0.0]]], np.float32)
    words = np.array([[["물리학과", "음악"], ["", ""]], [["Physics", None], [None, None]]], object)
    return RankedArrays(
        student_ids=["S1", "S2"],
        course_keys=["C1", "C2", "C3"],
        signals=["department", "interest"],
        course_index=np.array([[2, 0], [1, -1]], np.int32),
        score=contributions.sum(axis=2),
        contributions=contributions,
        effective_weights=np.array([[[0.5, 0.5]], [[1.0, 0.0]]], np.float32),
        evidence=words if evidence else None,
    )


def test_recommendations_come_out_ranked_with_contributions_that_sum_to_the_score(database: Database) -> None:
    store = RecommendationStore(database)
    run_id = store.save("catalog", "weights", make_ranking(), embedding_model="m", text_version="v", seconds=0.5)
    first, second = store.for_student("S1")
    assert [(item.course_key, item.rank, item.score) for item in (first, second)] == [("C3", 1, 0.75), ("C1", 2, 0.25)]
    assert [(part.signal, part.weight, part.value, part.evidence) for part in first.contributions] == [
        ("department", 0.5, 1.0, "물리학과"),
        ("interest", 0.5, 0.5, "음악"),
    ]
    for item in store.of_run(run_id):
        assert sum(part.amount for part in item.contributions) == pytest.approx(item.score)
    assert [item.course_key for item in store.for_student("S2", run_id)] == ["C2"]
    assert store.for_student("S2")[0].contributions[1].value == 0.0


def test_places_without_a_course_are_not_stored(database: Database) -> None:
    store = RecommendationStore(database)
    assert len(store.of_run(store.save("catalog", "weights", make_ranking(evidence=False)))) == 3
    assert store.for_student("S1")[0].contributions[0].evidence == ""


def test_each_run_stays_and_the_newest_is_shown(database: Database) -> None:
    store = RecommendationStore(database)
    assert (store.latest_run("catalog"), store.for_student("S1"), store.of_run("nothing")) == (None, [], [])
    first = store.save("catalog", "w1", make_ranking(), embedding_model="m", text_version="v", seconds=0.5)
    second = store.save("catalog", "w2", replace(make_ranking(), course_keys=["D1", "D2", "D3"]))
    assert [run.run_id for run in store.runs("catalog")] == [second, first]
    assert store.for_student("S1")[0].course_key == "D3"
    assert store.for_student("S1", first)[0].course_key == "C3"
    run = store.run(first)
    assert run is not None
    assert (run.weight_set_id, run.embedding_model, run.text_version, run.seconds) == ("w1", "m", "v", 0.5)
    assert (run.signals, run.student_count, run.top_k) == (("department", "interest"), 2, 2)


def test_the_run_that_was_stored_last_is_the_newest_although_the_clock_was_set_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RecommendationStore(database)
    first, second = (store.save("catalog", "weights", make_ranking()) for _ in range(2))
    earlier = now() - timedelta(hours=1)
    monkeypatch.setattr("core.storage.recommendation_store.now", lambda: earlier)
    last = store.save("catalog", "weights", replace(make_ranking(), course_keys=["D1", "D2", "D3"]))
    store.forget_students(["S1"])  # which gives the runs other hashes
    assert [run.run_id for run in store.runs("catalog")] == [last, second, first]
    assert store.for_student("S2")[0].course_key.startswith("D")


def test_values_that_look_like_sql_are_only_values(database: Database) -> None:
    students = StudentStore(database)
    hostile = Student("'; DROP TABLE students; --", "$search", None, ("[a, b]", "null"))
    students.replace_all([hostile])
    assert as_uploaded(students, students.list(search="[a, b]")) == [hostile]
    assert as_uploaded(students, [students.get(students.id_of(hostile.student_id))]) == [hostile]


def test_a_run_knows_its_lists_and_tells_when_they_were_altered(database: Database) -> None:
    store = RecommendationStore(database)
    run_id = store.save("catalog", "w", make_ranking(), data_version="d")
    again = store.save("catalog", "w", make_ranking(), data_version="d")
    run, same = store.run(run_id), store.run(again)
    assert run is not None and same is not None
    assert (run.data_version, run.lists_hash) == ("d", store.lists_hash(run_id))
    assert len(run.lists_hash) == 64
    assert run.lists_hash == same.lists_hash
    with database.write() as cursor:
        cursor.execute("UPDATE recommendations SET score = 0.1 WHERE run_id = ? AND rank = 2", [run_id])
    assert store.lists_hash(run_id) != run.lists_hash
    assert store.lists_hash(again) == run.lists_hash
