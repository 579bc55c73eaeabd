"""How fast the storage writes and reads what CourseLift keeps: `python -m benchmarks.storing`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.records import Course, Enhancement, FinishReason, Job, JobKind, JobStatus, Provenance, Student
from core.storage import (
    CatalogStore,
    Database,
    Embedding,
    EmbeddingStore,
    EnhancementStore,
    JobStore,
    JournalBatch,
    RankedArrays,
    RecommendationStore,
    StudentStore,
    create_backup,
)

COURSES, STUDENTS, PLACES, SIGNALS, DIMENSIONS = 2_000, 5_000, 10, 6, 384
MOMENT = datetime.now(UTC)


def measure(label: str, rows: int, work: Callable[[], object], repeats: int = 3) -> None:
    """Print the best of `repeats` runs of `work`, which handles `rows` rows."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    print(f"{label:<44} {rows:>7,} rows {min(seconds):>8.3f} s {rows / min(seconds):>12,.0f} rows/s")


def make_enhancement(number: int, job_id: str) -> Enhancement:
    """One stored text of a usual length."""
    made_by = Provenance("model", "fake", "float32", "cpu", "1", {"temperature": 0.7}, 0)
    return Enhancement(
        f"{job_id}-{number}",
        "catalog",
        f"C{number}",
        job_id,
        "A sentence. " * 30,
        made_by,
        "hash",
        FinishReason.STOP,
        80,
        120,
        1.0,
        MOMENT,
    )


def make_ranking() -> RankedArrays:
    """Recommendations of all students, with contributions and evidence."""
    random = np.random.default_rng(0)
    shape = (STUDENTS, PLACES, SIGNALS)
    weights = random.random(shape, dtype=np.float32)
    amounts = weights * random.random(shape, dtype=np.float32)
    return RankedArrays(
        student_ids=[f"S{number}" for number in range(STUDENTS)],
        course_keys=[f"C{number}" for number in range(COURSES)],
        signals=[f"signal{number}" for number in range(SIGNALS)],
        course_index=random.integers(0, COURSES, shape[:2]).astype(np.int32),
        score=amounts.sum(axis=2),
        contributions=amounts,
        effective_weights=weights,
        evidence=np.full(shape, "machine learning", dtype=object),
    )


def measure_catalog(database: Database) -> None:
    """Imports, enhancements one journal batch at a time, decisions."""
    catalogs, jobs, enhancements = CatalogStore(database), JobStore(database), EnhancementStore(database)
    catalog_id = catalogs.create("measured").catalog_id
    courses = [Course(f"C{number}", f"Title {number}", description="words " * 60) for number in range(COURSES)]
    measure("import a catalog", COURSES, lambda: catalogs.apply_import(catalog_id, "", courses, {}), repeats=1)
    measure("import it again, unchanged", COURSES, lambda: catalogs.apply_import(catalog_id, "", courses, {}))
    measure("read its courses", COURSES, lambda: catalogs.courses(catalog_id))
    keys = [course.course_key for course in courses]
    job = jobs.create(Job("job", JobKind.ENHANCE, "catalog", JobStatus.QUEUED, {}, "", MOMENT, COURSES), keys)
    texts = [make_enhancement(number, job.job_id) for number in range(COURSES)]

    def ingest() -> None:
        for start in range(0, COURSES, 20):
            jobs.apply_journal(job.job_id, start, start + 20, JournalBatch(enhancements=texts[start : start + 20]))

    measure("journal to store, 20 texts a transaction", COURSES, ingest, repeats=1)
    measure("read a job's enhancements", COURSES, lambda: enhancements.of_job(job.job_id))


def measure_population(database: Database) -> None:
    """Students, vectors and recommendations."""
    students, embeddings, recommendations = (
        StudentStore(database),
        EmbeddingStore(database),
        RecommendationStore(database),
    )
    people = [Student(f"S{number}", "Physics", 2, ("music", "ai"), ("C1", "C2")) for number in range(STUDENTS)]
    measure("store students", STUDENTS, lambda: students.replace_all(people), repeats=1)
    vectors = np.random.default_rng(0).random((COURSES, DIMENSIONS), dtype=np.float32)
    batch = [Embedding("model", f"hash{number}", vector) for number, vector in enumerate(vectors)]
    measure("store vectors", COURSES, lambda: embeddings.put(batch), repeats=1)
    hashes = [embedding.text_hash for embedding in batch]
    measure("read vectors as a matrix", COURSES, lambda: embeddings.matrix("model", hashes))
    ranking = make_ranking()
    measure(
        "store recommendations with contributions", STUDENTS * PLACES, lambda: recommendations.save("", "", ranking)
    )
    measure("read one student's recommendations", PLACES, lambda: recommendations.for_student("S77"))


def main() -> None:
    """Measure on a database in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder, Database(Path(folder) / "courselift.duckdb") as database:
        measure_catalog(database)
        measure_population(database)
        measure("back up all of it", 1, lambda: create_backup(database))


if __name__ == "__main__":
    main()
