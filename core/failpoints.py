"""Named steps at which a test can let the process die, to show that no half-done step loses anything.

Nothing happens unless `COURSELIFT_FAIL_POINTS` names a folder. Then a process that comes to `before-<step>` or
`after-<step>` takes the file of that name away, if there is one, and is killed: one file, one death, whichever process
comes first. The campaign of `make faults` goes through all of `STEPS`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from core.config import fail_points_folder

WORKER_STEPS = (
    "journal.lock",
    "journal.cut",
    "journal.write",
    "journal.sync",
    "file.write",
    "file.replace",
    "worker.load_spec",
    "worker.load_model",
    "worker.end",
)
APP_STEPS = (
    "job.folder",
    "job.create",
    "job.end",
    "worker.spawn",
    "ingest.store",
    "database.commit",
    "resume.clear",
    "resume.reopen",
    "resume.ingest",
    "recovery.recover",
    "recovery.job",
)
STORAGE_STEPS = (
    "migration.script",
    "migration.commit",
    "migration.checkpoint",
    "backup.copy",
    "backup.files",
    "backup.sync",
    "backup.name",
    "restore.copy",
    "restore.files",
    "restore.set_log_aside",
    "restore.set_database_aside",
    "restore.replace",
    "repair.restore",
    "repair.switch",
    "repair.files",
    "repair.journals",
)
STEPS = (*WORKER_STEPS, *APP_STEPS, *STORAGE_STEPS)

_FOLDER = fail_points_folder()


@contextmanager
def step(name: str) -> Iterator[None]:
    """Do one of `STEPS`; an armed test dies before or after it."""
    _reach(f"before-{name}")
    yield
    _reach(f"after-{name}")


def _reach(point: str) -> None:
    if _FOLDER is None:
        return
    mark = _FOLDER / point
    try:
        mark.rename(mark.with_name(f"{point}.{os.getpid()}"))
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
