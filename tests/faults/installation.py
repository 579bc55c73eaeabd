"""An installation that has lived a little, for tests that damage it: `make` builds it once, `copy_of` gives copies.

It holds an imported catalog with its upload, two entries in the access log, a job that a backup caught half done, and
a job that the backup has never heard of.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.config import Config
from core.pipeline.application import Application
from core.pipeline.backup import make_backup
from core.pipeline.intake import apply_catalog, preview_catalog
from core.records import JobStatus
from tests.jobs_lab import make_course, make_spec

CATALOG_FILE = b"code,title,description\nC0001,Optics,\nC0002,Acoustics,Sound\n"
EARLY, LATE = 24, 12  # items of the two jobs
RESULTS = EARLY + LATE


@dataclass(frozen=True)
class Installation:
    """Two pictures of one state folder."""

    closed: Path  # as it is after the app was closed
    killed: Path  # as it was while the app was open: all that is new stands in the database's log


def make(folder: Path) -> Installation:
    """Build both pictures."""
    home = folder / "home"
    with Application(Config(home), watch_jobs=False) as app:
        apply_catalog(app, preview_catalog(app, CATALOG_FILE, "term.csv"))
        app.access_log.record("export", ["s1"], "tester", "made up")
        app.access_log.record("unmask", ["s2"], "tester", "made up")
        _run_early_job(app)
        late = app.job_service.start(make_spec("late", LATE, catalog_id="another"))
        assert app.job_service.wait(late.job_id, 60).status is JobStatus.SUCCEEDED
        # by another process: closing the file here would drop the lock on it
        subprocess.run(["cp", "-a", str(home), str(folder / "killed")], check=True)
    return Installation(home, folder / "killed")


def copy_of(picture: Path, target: Path) -> Config:
    """A copy to damage."""
    shutil.copytree(picture, target)
    return Config(target)


def _run_early_job(app: Application) -> None:
    """Half of the job, a backup, the other half."""
    service = app.job_service
    job = service.start(make_spec("early", EARLY, "delay=0.15", others=(make_course(99),)))
    while service.wait(job.job_id, 0.1).done < EARLY // 4:
        pass
    service.pause(job.job_id)
    assert service.wait(job.job_id, 60).status is JobStatus.PAUSED
    make_backup(app)
    service.resume(job.job_id)
    assert service.wait(job.job_id, 60).status is JobStatus.SUCCEEDED
