"""Damaged files and a full disk: said clearly, nothing deleted, and what the journals hold comes back."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import PROJECT_FOLDER
from core.errors import StorageError
from core.storage import Database, EnhancementStore, JobStore, JournalBatch

TEXTS = 20

# Stores 20 texts, one stretch of journal each, and leaves without closing, so that all of it is in the log.
WRITER = """
import os, sys
from datetime import UTC, datetime
from core.records import Enhancement, FinishReason, Job, JobKind, JobStatus, Provenance
from core.storage import Database, JobStore, JournalBatch
moment = datetime.now(UTC)
made_by = Provenance("m", "fake", "float32", "cpu", "1", {}, 0)
jobs = JobStore(Database(sys.argv[1]))
jobs.create(Job("job", JobKind.ENHANCE, "c", JobStatus.QUEUED, {}, "", moment, 0), ["i"], "key")
for number in range(20):
    text = Enhancement(f"e{number}", "c", "i", "job", "word", made_by, "h", FinishReason.STOP, 1, 2, 0.1, moment)
    jobs.apply_journal("job", number, number + 1, JournalBatch(enhancements=[text]))
os._exit(9)
"""

# No file may grow beyond 3 MB: the log of the database meets the limit as it would meet a full disk.
FILL_DISK = """
import os, resource, signal, sys
from core.errors import StorageError
from core.storage import Database, SettingsStore
database = Database(sys.argv[1])
settings = SettingsStore(database)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, hard))
saved = 0
try:
    while saved < 1000:
        settings.set(f"key{saved}", os.urandom(20_000).hex())
        saved += 1
except StorageError as error:
    print(error.message.key)
print(saved == len(database.fetch("SELECT key FROM settings")))
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
settings.set("after", 1)
print(settings.get("after"))
"""


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=PROJECT_FOLDER, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The database file and the log of a process that ended without closing."""
    path = tmp_path_factory.mktemp("killed") / "a.duckdb"
    assert run_python(WRITER, str(path)).returncode == 9
    return path.read_bytes(), path.with_name("a.duckdb.wal").read_bytes()


def put(folder: Path, files: tuple[bytes, bytes]) -> Path:
    folder.mkdir()
    path = folder / "a.duckdb"
    path.write_bytes(files[0])
    path.with_name("a.duckdb.wal").write_bytes(files[1])
    return path


def flip_bit(content: bytes, seeded: random.Random) -> bytes:
    damaged = bytearray(content)
    damaged[seeded.randrange(len(damaged))] ^= 1 << seeded.randrange(8)
    return bytes(damaged)


def stored_consistently(database: Database) -> int | None:
    """The journal position that is stored, None when not even the job is; fails if rows and position differ."""
    jobs = JobStore(database)
    texts = EnhancementStore(database).of_job("job")
    if not jobs.list():
        assert texts == []
        return None
    position = jobs.get("job").journal_position
    assert sorted(text.enhancement_id for text in texts) == sorted(f"e{number}" for number in range(position))
    return position


def test_a_truncated_log_is_noticed_by_the_position_and_read_again(tmp_path: Path, killed: tuple[bytes, bytes]) -> None:
    with Database(put(tmp_path / "whole", killed)) as database:
        texts = {text.enhancement_id: text for text in EnhancementStore(database).of_job("job")}
        job = JobStore(database).get("job")
    assert job.journal_position == len(texts) == TEXTS
    seeded = random.Random(7)
    positions = []
    for number in range(12):
        length = seeded.randrange(len(killed[1]) // 2, len(killed[1]))
        with Database(put(tmp_path / str(number), (killed[0], killed[1][:length]))) as database:
            jobs = JobStore(database)
            position = stored_consistently(database)
            positions.append(position)
            if position is None:
                jobs.create(job, ["i"])
            for at in range(jobs.get("job").journal_position if position is not None else 0, TEXTS):
                jobs.apply_journal("job", at, at + 1, JournalBatch(enhancements=[texts[f"e{at}"]]))
            assert stored_consistently(database) == TEXTS
    assert any(position is not None and position < TEXTS for position in positions)


@pytest.mark.parametrize("damaged_file", [0, 1])
def test_a_flipped_bit_is_told_or_loses_whole_stretches(
    tmp_path: Path, killed: tuple[bytes, bytes], damaged_file: int
) -> None:
    seeded = random.Random(11)
    refused = 0
    for number in range(12):
        content = list(killed)
        content[damaged_file] = flip_bit(content[damaged_file], seeded)
        path = put(tmp_path / str(number), (content[0], content[1]))
        try:
            with Database(path) as database:
                stored_consistently(database)
        except StorageError as error:
            refused += 1
            assert error.message.key == "storage.damaged"
            assert error.message.params["backups"] == str(path.parent / "backups")
            assert (path.read_bytes(), path.with_name("a.duckdb.wal").read_bytes()) == tuple(content)
    assert refused > 0


def test_a_full_disk_is_said_and_work_goes_on_after(tmp_path: Path) -> None:
    filled = run_python(FILL_DISK, str(tmp_path / "a.duckdb"))
    assert filled.stdout.split() == ["storage.disk_full", "True", "1"], filled.stderr
