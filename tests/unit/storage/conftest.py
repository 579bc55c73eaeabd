"""A real DuckDB in memory, and records to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.records import Enhancement, Finding, FinishReason, Job, JobKind, JobStatus, Message, Provenance, Severity
from core.storage import Database

MOMENT = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def database() -> Iterator[Database]:
    with Database(":memory:") as opened:
        yield opened


@pytest.fixture
def make_job() -> Callable[..., Job]:
    def make(job_id: str = "job", **changes: object) -> Job:
        spec = {"model": "bundled:x", "settings": {"seed": 1}}
        job = Job(job_id, JobKind.ENHANCE, "catalog", JobStatus.QUEUED, spec, "settings", MOMENT, 0)
        return replace(job, **changes)

    return make


@pytest.fixture
def make_enhancement() -> Callable[..., Enhancement]:
    def make(enhancement_id: str, minutes: int = 0, **changes: object) -> Enhancement:
        enhancement = Enhancement(
            enhancement_id=enhancement_id,
            catalog_id="catalog",
            course_key="C1",
            job_id="job",
            text="이 과목은 기초를 다룹니다.",
            provenance=Provenance("m", "fake", "float32", "cpu", "en-1", {"top_p": 0.9, "do_sample": True}, 7),
            source_hash="h1",
            finish_reason=FinishReason.STOP,
            prompt_tokens=81,
            new_tokens=64,
            seconds=1.25,
            created_at=MOMENT + timedelta(minutes=minutes),
            findings=(
                Finding("unknown_number", Severity.HARD, Message("enhancement.number", {"number": 3}), 4, 5),
                Finding("short", Severity.NOTE, Message("enhancement.short")),
            ),
        )
        return replace(enhancement, **changes)

    return make
