"""Bring the database up to its journals: after a restore, or a damaged log, it knows less than they do.

Where an active job stands is left to its watch; here it is settled for the jobs that had ended or paused by the
database's account, and for those it has never heard of.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from core.errors import CourseLiftError, JobError
from core.failpoints import step
from core.jobs.entries import EntryReader
from core.jobs.history import History
from core.jobs.ingest import Ingest
from core.jobs.spec import SPEC_FILE, JobSpec
from core.jobs.supervisor import Supervisor
from core.records import Job, JobStatus, Message
from core.storage.job_store import JobStore

Troubles = dict[str, CourseLiftError | OSError]  # by the job that could not be looked after

_ALL = 1_000_000_000
_ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)

logger = logging.getLogger(__name__)


def catch_up(jobs: JobStore, supervisor: Supervisor) -> tuple[int, Troubles]:
    """Store what journals hold and the database lacks; returns how many jobs were behind, and what to try again.

    A job whose folder is damaged is left as it is, and logged. Doing it again is harmless.
    """
    known = {job.job_id: job for job in jobs.list(limit=_ALL)}
    behind, troubles = 0, Troubles()
    for job_id in supervisor.job_ids():
        try:
            job = known.get(job_id) or _recover(jobs, supervisor, job_id)
            if job is not None:
                with step("recovery.job"):
                    behind += _catch_up_job(jobs, supervisor, job)
        except JobError as error:
            logger.warning("job %s is left as it is: %s", job_id, error)
        except (CourseLiftError, OSError) as error:  # a full disk, for example; the other jobs go on
            logger.exception("job %s could not be brought up to its journal", job_id)
            troubles[job_id] = error
    return behind, troubles


def _catch_up_job(jobs: JobStore, supervisor: Supervisor, job: Job) -> bool:
    """Read on where the database stands; whether anything was new."""
    journal = supervisor.journal(job.job_id)
    is_behind = journal.size() != job.journal_position
    if is_behind:
        spec = JobSpec.load(supervisor.folder(job.job_id))
        Ingest(jobs, spec, journal).run()
    found = jobs.get(job.job_id)
    is_behind = is_behind and found.journal_position != job.journal_position
    if job.status in _ACTIVE:
        return is_behind
    if journal.is_locked():  # its worker goes on: let it be watched
        jobs.reopen(job.job_id, states=())
    elif is_behind and found.pending == 0:
        jobs.reopen(job.job_id, states=())
        jobs.set_status(job.job_id, JobStatus.SUCCEEDED)
    elif is_behind and job.status is JobStatus.SUCCEEDED:  # items were to be tried again when the app was killed
        jobs.reopen(job.job_id, states=())
    if is_behind:
        logger.warning("job %s: the database was behind its journal", job.job_id)
    return is_behind


def _recover(jobs: JobStore, supervisor: Supervisor, job_id: str) -> Job | None:
    """A job that the database has lost, to be resumed or watched; None where no work ever began."""
    folder = supervisor.folder(job_id)
    spec = JobSpec.load(folder)
    if spec.job_id != job_id:
        raise JobError("jobs.folder_damaged", job=job_id)
    history = History(EntryReader(supervisor.journal(job_id), spec).read_from())
    if history.worker is None:
        return None
    is_at_work = supervisor.journal(job_id).is_locked()
    lost = Job(
        job_id=job_id,
        kind=spec.kind,
        catalog_id=spec.catalog_id,
        status=JobStatus.QUEUED if is_at_work else JobStatus.FAILED,
        spec=spec.header(),
        settings_hash=spec.settings_hash,
        created_at=datetime.fromtimestamp((folder / SPEC_FILE).stat().st_mtime, UTC),
        total=len(spec.items),
        error=None if is_at_work else Message("verify.recovered_job"),
    )
    with step("recovery.recover"):
        return jobs.recover(lost, [item.key for item in spec.items])
