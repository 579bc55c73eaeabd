"""A disk that fills up under a running job: the job stops with a reason, nothing is lost, and it goes on after."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import Config
from core.errors import StorageError
from core.pipeline.application import Application
from core.pipeline.backup import make_backup
from core.pipeline.verify import repair
from core.records import ItemState, JobStatus
from tests.faults.checker import check
from tests.jobs_lab import make_spec, open_lab

COUNT = 30
STATE_FOLDER_BYTES = 12 * 2**20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    size = f"size={STATE_FOLDER_BYTES}"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)], capture_output=True).returncode:
        pytest.skip("this account may not mount a small file system; the test with a file size limit runs anyway")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_journal_that_cannot_grow_pauses_the_job_and_loses_nothing(tmp_path: Path) -> None:
    with open_lab(tmp_path / "home") as lab:
        job = lab.service.start(make_spec(count=COUNT, behaviour="delay=0.1", batch_size=2))
        lab.drive(job.job_id, lambda found: found.done >= 4)
        limit = lab.supervisor.journal(job.job_id).size() + 3000  # as the disk would, in the middle of a record
        resource.prlimit(lab.heartbeat(job.job_id).pid, resource.RLIMIT_FSIZE, (limit, limit))
        paused = lab.drive(job.job_id, lambda found: found.status is not JobStatus.RUNNING)
        assert paused.status is JobStatus.PAUSED
        assert paused.error is not None and paused.error.key == "jobs.disk_full"
        assert 4 <= paused.done < COUNT
        lab.service.resume(job.job_id)
        assert lab.finish(job.job_id).done == COUNT
    assert check(tmp_path / "home").faults == []


def test_a_full_state_folder_stops_the_job_until_there_is_space(small_disk: Path) -> None:
    with open_lab(small_disk / "home") as lab:
        lab.service.watch()
        job = lab.service.start(make_spec(count=COUNT, behaviour="delay=0.1", batch_size=2))
        while lab.jobs.get(job.job_id).done < 4:
            time.sleep(0.1)
        filler = small_disk / "filler"
        fill(filler)
        journal = lab.supervisor.journal(job.job_id)
        deadline = time.monotonic() + 60
        while journal.is_locked() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not journal.is_locked()  # it has stopped instead of trying for ever
        filler.unlink()
        stopped = lab.service.wait(job.job_id, 60)
        assert stopped.status is JobStatus.PAUSED
        assert stopped.error is not None and stopped.error.key == "jobs.disk_full"
        lab.service.resume(job.job_id)
        assert lab.service.wait(job.job_id, 60).status is JobStatus.SUCCEEDED
        assert set(lab.jobs.item_states(job.job_id).values()) == {ItemState.DONE}
    assert check(small_disk / "home").faults == []


def test_a_damaged_database_is_not_begun_anew_because_the_disk_has_too_little_room_for_its_backup(
    small_disk: Path,
) -> None:
    config = Config(small_disk / "home")
    with Application(config, watch_jobs=False) as app:
        app.database.fetch(
            "INSERT INTO settings SELECT 'k' || i, to_json(md5(i::VARCHAR) || md5((i + 1)::VARCHAR)), now()::TIMESTAMP "
            "FROM range(5000) t(i)"
        )
        backup = make_backup(app).path
    config.database_path.write_bytes(b"damaged")
    (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free - int(1.5 * backup.stat().st_size)))
    with pytest.raises(StorageError) as caught:
        repair(config)
    assert caught.value.message.key == "storage.disk_full"
    assert [path.read_bytes() for path in config.home.glob("courselift.duckdb*")] == [b"damaged"]
    (small_disk / "filler").unlink()
    assert repair(config).restored_from == backup
    with Application(config, watch_jobs=False) as app:
        assert app.settings.get("k4999") is not None


def fill(path: Path) -> None:
    """Take all the space that is left."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (1 << 16, 1 << 9, 1):
            try:
                while os.write(descriptor, b"x" * size):
                    pass
            except OSError:
                continue
    finally:
        os.close(descriptor)
