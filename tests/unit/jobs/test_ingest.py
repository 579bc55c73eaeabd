from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from core.jobs.entries import (
    Entry,
    ItemDone,
    ItemFailed,
    ItemSetAside,
    ItemsReset,
    ItemsStarted,
    PartsMeasured,
    to_record,
)
from core.jobs.ingest import Ingest
from core.jobs.journal import Journal, encode
from core.jobs.outputs import text_output, vector_output
from core.jobs.spec import JobSpec, WorkItem
from core.records import FinishReason, ItemState, Job, JobKind, JobStatus
from core.storage.embedding_store import EmbeddingStore
from tests.jobs_lab import Lab, make_spec

SPEC = make_spec(count=6)
MADE_BY = {"model": "m", "engine": "e", "precision": "p", "device": "d"}


def result(number: int, text: str = "A text.", seconds: float = 2.0) -> ItemDone:
    item = SPEC.items[number]
    output = text_output(text, FinishReason.STOP, (), 0, MADE_BY)
    return ItemDone(item.key, 1, item.input_hash, SPEC.settings_hash, output, seconds, 10, 20, 4, 100.0)


def key(number: int) -> str:
    return SPEC.items[number].key


class Desk:
    """A stored job and its journal."""

    def __init__(self, lab: Lab, folder: Path, spec: JobSpec = SPEC) -> None:
        self.lab, self.spec = lab, spec
        self.journal = Journal(folder / "journal.log")
        job = Job("job", spec.kind, spec.catalog_id, JobStatus.RUNNING, {}, spec.settings_hash, datetime.now(UTC), 0)
        lab.jobs.create(job, [item.key for item in spec.items])
        self.ingest = self.fresh_ingest()

    def fresh_ingest(self) -> Ingest:
        return Ingest(self.lab.jobs, self.spec, self.journal)

    def write(self, *entries: Entry) -> None:
        with self.journal.lock():
            self.journal.append(*(to_record(entry, "job") for entry in entries))

    def texts(self) -> dict[str, str]:
        found = self.lab.texts("job")
        assert len({each.course_key for each in found}) == len(found)
        return {each.course_key: each.text for each in found}


@pytest.fixture
def desk(lab: Lab, tmp_path: Path) -> Desk:
    return Desk(lab, tmp_path)


def test_results_are_stored_with_the_position(desk: Desk) -> None:
    desk.write(ItemsStarted({key(0): 1}), result(0, "First."), PartsMeasured({"generate": (2.0, 1)}))
    desk.ingest.run()
    job = desk.lab.jobs.get("job")
    assert (job.done, job.pending, job.journal_position) == (1, 5, desk.journal.size())
    assert desk.texts() == {key(0): "First."}
    assert desk.lab.jobs.timings("job")[0].seconds == 2.0
    sample = desk.lab.jobs.samples("job")[0]
    assert (sample.seconds, sample.new_tokens, sample.rss_mib, sample.batch_size) == (2.0, 20, 100.0, 4)


def test_the_cache_finds_what_was_stored(desk: Desk) -> None:
    desk.write(result(0, "First."))
    desk.ingest.run()
    cache_key = SPEC.cache_key(SPEC.items[0].input_hash)
    assert desk.lab.enhancements.find_cached([cache_key])[cache_key].text == "First."


def test_running_again_stores_nothing_twice(desk: Desk) -> None:
    desk.write(result(0), PartsMeasured({"generate": (2.0, 1)}))
    desk.ingest.run()
    desk.ingest.run()
    desk.fresh_ingest().run()
    assert len(desk.lab.jobs.samples("job")) == 1
    assert desk.lab.jobs.timings("job")[0].count == 1


def test_the_first_of_two_results_of_an_item_counts(desk: Desk) -> None:
    desk.write(result(0, "First."), result(0, "Second."))
    desk.ingest.run()
    desk.write(result(0, "Third."))
    desk.fresh_ingest().run()
    assert desk.texts() == {key(0): "First."}
    assert len(desk.lab.jobs.samples("job")) == 1


def test_what_follows_a_result_does_not_undo_it(desk: Desk) -> None:
    desk.write(result(0))
    desk.ingest.run()
    desk.write(ItemsStarted({key(0): 2}), ItemSetAside(key(0), 3), ItemsReset((key(0),)))
    desk.fresh_ingest().run()
    assert desk.lab.jobs.item_states("job")[key(0)] is ItemState.DONE


def test_failures_and_set_asides_are_stored_and_a_reset_takes_them_back(desk: Desk) -> None:
    reason = {"key": "jobs.empty_text", "params": {}}
    desk.write(ItemsStarted({key(0): 2}), ItemFailed(key(0), 2, reason), ItemSetAside(key(1), 3))
    desk.ingest.run()
    items = {item.item_key: item for item in desk.lab.jobs.items("job")}
    assert items[key(0)].state is ItemState.FAILED
    assert items[key(0)].attempts == 2
    assert items[key(0)].error is not None
    assert items[key(1)].state is ItemState.SET_ASIDE
    desk.write(ItemsReset((key(0), key(1))))
    desk.ingest.run()
    assert desk.lab.jobs.get("job").pending == 6
    assert {item.attempts for item in desk.lab.jobs.items("job")} == {0}


def test_a_damaged_stretch_costs_only_its_records(desk: Desk) -> None:
    desk.write(result(0))
    with desk.journal.path.open("ab") as file:
        file.write(b"garbage\n" + encode(to_record(replace(result(1), input_hash="other"), "job")))
    desk.write(result(2))
    desk.ingest.run()
    assert set(desk.texts()) == {key(0), key(2)}
    assert desk.ingest.refused == 2
    assert desk.lab.jobs.get("job").journal_position == desk.journal.size()


def test_a_journal_that_lost_its_stored_end_is_read_again(desk: Desk) -> None:
    desk.write(result(0, "First."))
    kept = desk.journal.size()
    desk.write(result(1, "Second."), result(2, "Third."))
    desk.ingest.run()
    with desk.journal.path.open("r+b") as file:
        file.truncate(kept)
    desk.write(result(3, "Fourth."))
    desk.ingest.run()
    assert desk.texts() == {key(0): "First.", key(1): "Second.", key(2): "Third.", key(3): "Fourth."}
    assert desk.lab.jobs.get("job").journal_position == desk.journal.size()


def test_measured_parts_are_counted_once_although_the_journal_is_read_again(desk: Desk) -> None:
    desk.write(result(0), PartsMeasured({"generate": (2.0, 1)}))  # the last word of a worker that was killed then
    desk.ingest.run()
    desk.fresh_ingest().reconcile()
    desk.fresh_ingest().run()
    assert [(part.seconds, part.count) for part in desk.lab.jobs.timings("job")] == [(2.0, 1)]


def test_rows_that_the_database_lost_come_back(desk: Desk) -> None:
    """A database restored from an older copy has an older position: the journal fills it up."""
    desk.write(result(0), result(1))
    Desk.fresh_ingest(desk).run()
    position = desk.lab.jobs.get("job").journal_position
    with desk.lab.database.write() as cursor:
        cursor.execute("UPDATE jobs SET journal_position = 0")
        cursor.execute("DELETE FROM enhancements")
        cursor.execute("UPDATE job_items SET state = 'pending'")
    desk.fresh_ingest().run()
    assert set(desk.texts()) == {key(0), key(1)}
    assert desk.lab.jobs.get("job").journal_position == position


def test_cached_texts_are_not_taken_for_fast_ones(desk: Desk) -> None:
    desk.write(result(0, seconds=0.0), result(1))
    desk.ingest.run()
    assert list(desk.ingest.pace.seconds) == [2.0]


def test_vectors_are_stored_under_model_and_hash(lab: Lab, tmp_path: Path) -> None:
    items = (WorkItem("hash", "hash", text="text", role="passage"),)
    spec = make_spec(kind=JobKind.EMBED, model_ref="fake:vectors", items=items)
    desk = Desk(lab, tmp_path, spec)
    vector = np.full(8, 8**-0.5, np.float32)
    desk.write(ItemDone("hash", 1, "hash", spec.settings_hash, vector_output(vector), 0.1))
    desk.ingest.run()
    stored = EmbeddingStore(lab.database).get("fake:vectors", ["hash"])
    np.testing.assert_array_equal(stored["hash"], vector)
