from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import JobError
from core.jobs.entries import (
    Entry,
    EntryReader,
    ItemDone,
    ItemFailed,
    ItemSetAside,
    ItemsReset,
    ItemsStarted,
    PartsMeasured,
    SessionEnded,
    SessionStarted,
    to_record,
)
from core.jobs.journal import Journal
from core.jobs.outputs import read_output, text_output, vector_output
from core.jobs.reasons import as_message, as_values, reason_of
from core.jobs.spec import JobSpec, WorkItem
from core.records import Enhancement, Finding, FinishReason, JobKind, Message, Severity
from tests.jobs_lab import make_spec

SPEC = make_spec(count=3)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = SPEC.items[0].key
MADE_BY = {"model": "fake", "engine": "fake", "precision": "none", "device": "cpu"}


def make_result(text: Any = "A text.", **changes: Any) -> ItemDone:
    values: dict[str, Any] = {
        "item": KEY,
        "attempt": 1,
        "input_hash": SPEC.items[0].input_hash,
        "settings_hash": SPEC.settings_hash,
        "output": {**text_output("", FinishReason.STOP, (), 5, MADE_BY), "text": text},
        "seconds": 1.5,
    }
    return ItemDone(**{**values, **changes})


def read(folder: Path, spec: JobSpec, *records: dict[str, Any]) -> tuple[list[Entry | None], EntryReader]:
    journal = Journal(folder / "journal.log")
    with journal.lock():
        journal.append(*records)
    reader = EntryReader(journal, spec)
    return [line.entry for line in reader.read_from()], reader


def test_every_kind_of_entry_comes_back(tmp_path: Path) -> None:
    entries: list[Entry] = [
        SessionStarted(7),
        ItemsStarted({KEY: 1}),
        make_result(),
        ItemFailed(KEY, 1, as_values(Message("jobs.empty_text"))),
        ItemSetAside(KEY, 3),
        PartsMeasured({"generate": [1.0, 2]}),  # type: ignore[dict-item]  # JSON has no tuples
        SessionEnded("paused", released=[KEY]),  # type: ignore[arg-type]
        ItemsReset([KEY]),  # type: ignore[arg-type]
    ]
    found, reader = read(tmp_path, SPEC, *(to_record(entry, SPEC.job_id) for entry in entries))
    assert found == entries
    assert reader.refused == 0


@pytest.mark.parametrize(
    "record",
    [
        to_record(make_result(), "another-job"),
        to_record(make_result(item="unknown"), "job"),
        to_record(make_result(item=SPEC.items[1].key), "job"),
        to_record(make_result(settings_hash="other"), "job"),
        to_record(make_result("with \0 in it"), "job"),
        to_record(make_result(7), "job"),
        to_record(make_result(seconds="soon"), "job"),
        to_record(make_result(output={}), "job"),
        to_record(make_result(new_tokens=3_000_000_000), "job"),
        to_record(make_result(prompt_tokens=-1), "job"),
        to_record(make_result(attempt=2**40), "job"),
        to_record(ItemsStarted({"unknown": 1}), "job"),
        to_record(ItemFailed(KEY, 1, {"nothing": 1}), "job"),
        to_record(SessionEnded("paused", released=("unknown",)), "job"),
        {"kind": "unheard", "job": "job", "at": "2026-01-01T00:00:00+00:00"},
        {"kind": "session", "job": "job", "at": "yesterday", "pid": 1},
        {"kind": "session", "job": "job", "at": "2026-01-01T00:00:00+00:00", "surprise": 1},
        {"kind": ["session"], "job": "job", "at": "2026-01-01T00:00:00+00:00"},
        {},
    ],
)
def test_a_record_that_is_not_of_this_job_is_refused_and_counted(tmp_path: Path, record: dict[str, Any]) -> None:
    good = to_record(make_result(), "job")
    found, reader = read(tmp_path, SPEC, record, good)
    assert found == [None, make_result()]
    assert reader.refused == 1


def test_a_result_becomes_an_enhancement_with_its_provenance_and_findings(tmp_path: Path) -> None:
    finding = Finding("loop", Severity.HARD, Message("jobs.hung", {"times": 2, "seconds": 1.5}), 3, 9)
    output = text_output("Whole.", FinishReason.LENGTH, (finding,), 11, MADE_BY)
    journal = Journal(tmp_path / "journal.log")
    with journal.lock():
        journal.append(to_record(make_result(output=output, new_tokens=9), "job"))
    line = next(EntryReader(journal, SPEC).read_from())
    assert isinstance(line.entry, ItemDone)
    made = read_output(SPEC, line.entry, line.at)
    assert isinstance(made, Enhancement)
    assert (made.text, made.findings, made.finish_reason) == ("Whole.", (finding,), FinishReason.LENGTH)
    assert (made.course_key, made.source_hash, made.new_tokens) == (KEY, SPEC.items[0].input_hash, 9)
    assert (made.provenance.seed, made.provenance.model, made.provenance.prompt_version) == (11, "fake", "test-1")


def test_an_item_has_one_enhancement_id_in_a_job_and_another_in_the_next() -> None:
    first = read_output(SPEC, make_result(), NOW)
    again = read_output(SPEC, make_result("Another text."), NOW)
    elsewhere = read_output(replace(SPEC, job_id="other"), make_result(), NOW)
    assert isinstance(first, Enhancement)
    assert isinstance(again, Enhancement)
    assert isinstance(elsewhere, Enhancement)
    assert first.enhancement_id == again.enhancement_id != elsewhere.enhancement_id


def test_vectors_survive_the_journal(tmp_path: Path) -> None:
    spec = make_spec(kind=JobKind.EMBED, items=(WorkItem("hash", "hash", text="text", role="query"),))
    vector = np.linspace(-1, 1, 384, dtype=np.float32)
    result = ItemDone("hash", 1, "hash", spec.settings_hash, vector_output(vector), 0.1)
    found, _ = read(tmp_path, spec, to_record(result, "job"))
    assert isinstance(found[0], ItemDone)
    np.testing.assert_array_equal(read_output(spec, found[0], NOW), vector)


@pytest.mark.parametrize("vector", ["", "AAA=", "not base64", vector_output(np.array([np.nan], np.float32))["vector"]])
def test_what_is_no_vector_is_refused(tmp_path: Path, vector: str) -> None:
    spec = make_spec(kind=JobKind.EMBED, items=(WorkItem("hash", "hash", text="text", role="query"),))
    result = ItemDone("hash", 1, "hash", spec.settings_hash, {"vector": vector}, 0.1)
    found, _ = read(tmp_path, spec, to_record(result, "job"))
    assert found == [None]


def test_nested_messages_survive_the_journal() -> None:
    message = Message("a", {"inner": Message("b", {"n": 2}), "ratio": 0.5, "path": "x"})
    assert as_message(as_values(message)) == message


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (JobError("jobs.is_running"), "jobs.is_running"),
        (MemoryError(), "jobs.out_of_memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "jobs.out_of_memory"),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "jobs.library_missing"),
        (ZeroDivisionError("x"), "jobs.unexpected"),
    ],
)
def test_errors_become_sentences_that_name_the_cause(error: Exception, key: str) -> None:
    assert reason_of(error).key == key
