"""kill -9 of the process that owns the database: what it acknowledged is there, all or nothing of the rest."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from core.config import PROJECT_FOLDER
from core.storage import Database, EnhancementStore, JobStore

KILLS = 10

# Copies stretches of a made-up journal, 3 texts each, and says so after each commit.
WRITER = """
import sys
from datetime import UTC, datetime
from core.records import Enhancement, FinishReason, ItemState, Job, JobKind, JobStatus, Provenance, Timing
from core.storage import Database, JobItem, JobStore, JournalBatch
moment = datetime.now(UTC)
made_by = Provenance("m", "fake", "float32", "cpu", "1", {}, 0)
def text(number):
    return Enhancement(f"e{number}", "c", f"i{number}", "job", "word " * 200, made_by, "h", FinishReason.STOP,
        1, 2, 0.1, moment)
database = Database(sys.argv[1])
jobs = JobStore(database)
items = [f"i{number}" for number in range(6000)]
jobs.create(Job("job", JobKind.ENHANCE, "c", JobStatus.QUEUED, {}, "", moment, 0), items, "key")
position = jobs.get("job").journal_position
print(position, flush=True)
while True:
    numbers = range(position, position + 3)
    done = [JobItem(f"i{number}", ItemState.DONE, 1) for number in numbers]
    batch = JournalBatch(items=done, enhancements=[text(number) for number in numbers], timings=[Timing("t", 1.0)])
    jobs.apply_journal("job", position, position + 3, batch)
    position += 3
    print(position, flush=True)
    if position % 45 == 0:
        database.fetch("CHECKPOINT")
"""


def test_no_acknowledged_row_is_lost_when_the_owner_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    seeded = random.Random(20261122)
    for _ in range(KILLS):
        command = [sys.executable, "-c", WRITER, str(path)]
        owner = subprocess.Popen(command, cwd=PROJECT_FOLDER, stdout=subprocess.PIPE, text=True)
        assert owner.stdout
        acknowledged = [int(owner.stdout.readline())]
        time.sleep(seeded.uniform(0.05, 0.4))
        owner.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in owner.stdout.read().split("\n") if line]
        owner.wait()
        with Database(path) as database:
            jobs = JobStore(database)
            job = jobs.get("job")
            texts = EnhancementStore(database).of_job("job")
            assert job.journal_position >= acknowledged[-1]
            assert job.done == len(texts) == job.journal_position
            assert {text.enhancement_id for text in texts} == {f"e{number}" for number in range(len(texts))}
            assert sum(timing.count for timing in jobs.timings("job")) * 3 == job.journal_position
    assert job.journal_position > 0
