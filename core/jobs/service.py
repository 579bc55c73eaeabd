"""Jobs as the app sees them: start, watch, control, and what they have come to."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from core.config import Config
from core.errors import CourseLiftError, JobError
from core.failpoints import step
from core.jobs.control import CANCEL, PAUSE, clear_request, request_stop, requested_stop
from core.jobs.entries import ItemsReset, to_record
from core.jobs.folder import write_folder
from core.jobs.history import chunks
from core.jobs.job_progress import JobProgress, phase_of, working_progress
from core.jobs.measuring import refuse_while_measuring
from core.jobs.recovery import Troubles, catch_up
from core.jobs.spec import JobSpec, differences
from core.jobs.supervisor import Supervisor
from core.jobs.turns import is_rival, waits
from core.jobs.watch import JobWatch
from core.records import Enhancement, ItemState, Job, JobStatus
from core.storage.job_store import JobStore

__all__ = ["JobProgress", "JobService"]

TICK_SECONDS = 0.5
TROUBLE_SECONDS = 2.0  # between tries while the database does not work; a dead worker is still noticed within 5 s
_ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)
_RESET_AT_ONCE = 5_000  # keys in one record of the journal, which may have 1 MiB
_RETRIED = (ItemState.FAILED, ItemState.SET_ASIDE)

logger = logging.getLogger(__name__)


class JobService:
    """Starts workers, copies their journals into the store and notices when one dies or hangs.

    One a process; threads may share it. Nothing happens by itself until `watch` is called; `tick` does one round.
    """

    def __init__(self, config: Config, jobs: JobStore) -> None:
        self._config = config
        self._jobs = jobs
        self._supervisor = Supervisor(config)
        self._watches: dict[str, JobWatch] = {}
        self._has_caught_up = False
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self) -> None:
        """Start the thread that calls `tick`, once; adopts living workers and resumes the jobs of dead ones."""
        with self._lock:
            if self._thread is None:
                self._stopping.clear()
                self._thread = threading.Thread(target=self._run, name="job-service", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Stop watching. Workers go on; the next process adopts them."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                is_well = not self._round()
            except Exception:  # nothing may end the thread: it would leave every job running for ever
                logger.exception("jobs could not be looked after; next try in %.0f s", TROUBLE_SECONDS)
                is_well = False
            self._stopping.wait(TICK_SECONDS if is_well else TROUBLE_SECONDS)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """While this is open nothing is started, resumed or stored: every job is whole in its folder and the database.

        Workers go on writing their journals meanwhile.
        """
        with self._lock:
            yield

    def catch_up(self) -> int:
        """Store what the journals of ended and lost jobs hold and the database lacks; returns how many were behind.

        The first round does it too: after a restore or a damaged log the database knows less than they do.
        Raises the first StorageError or OSError after all jobs have had their turn.
        """
        with self._lock:
            behind, troubles = catch_up(self._jobs, self._supervisor)
            self._has_caught_up = not troubles
        _raise_first(troubles)
        return behind

    def tick(self) -> None:
        """Copy what is new in all journals and act on dead, hung and finished workers.

        Raises the first StorageError or OSError after all jobs have had their turn.
        """
        _raise_first(self._round())

    def _round(self) -> Troubles:
        """Look after every job; says which could not be, for now."""
        with self._lock:
            troubles = Troubles()
            if not self._has_caught_up:
                _, troubles = catch_up(self._jobs, self._supervisor)
                self._has_caught_up = not troubles
            everything = self._jobs.active()
            active = [job for job in everything if job.status in _ACTIVE]
            for job in active:
                try:
                    if not waits(job, everything):
                        self._tick_job(job)
                except (CourseLiftError, OSError) as error:  # the other jobs are looked after all the same
                    logger.exception("job %s could not be looked after", job.job_id)
                    troubles[job.job_id] = error
            for job_id in set(self._watches) - {job.job_id for job in active}:
                del self._watches[job_id]
            return troubles

    def _tick_job(self, job: Job) -> None:
        try:
            self._watch_of(job.job_id).tick()
        except JobError as error:
            logger.exception("job %s cannot go on", job.job_id)
            self._jobs.set_status(job.job_id, JobStatus.FAILED, error.message)

    def _watch_of(self, job_id: str) -> JobWatch:
        if job_id not in self._watches:
            self._watches[job_id] = JobWatch(self._jobs, self._supervisor, self._load(job_id))
        return self._watches[job_id]

    def _load(self, job_id: str) -> JobSpec:
        spec = JobSpec.load(self._supervisor.folder(job_id))
        if spec.settings_hash != self._jobs.get(job_id).settings_hash:
            raise JobError("jobs.folder_damaged", job=job_id)
        return spec

    def start(self, spec: JobSpec, cached: Mapping[str, Enhancement] | None = None, *, may_wait: bool = False) -> Job:
        """Start a job, or return the one that is already active for the same catalog and kind.

        With `may_wait` it is started after those that are active, however often this process is restarted meanwhile.
        `cached` holds, by item key, texts made earlier from the same input with the same model and settings
        (`JobSpec.cache_key`): those items are done at once and cost nothing. Raises JobError when there are no items.
        """
        if not spec.items:
            raise JobError("jobs.nothing_to_do")
        refuse_while_measuring(self._config)
        with self._lock:
            with step("job.folder"):
                write_folder(self._supervisor, spec, cached or {})
            wanted = Job(
                job_id=spec.job_id,
                kind=spec.kind,
                catalog_id=spec.catalog_id,
                status=JobStatus.QUEUED,
                spec=spec.header(),
                settings_hash=spec.settings_hash,
                created_at=datetime.now(UTC),
                total=len(spec.items),
            )
            with step("job.create"):
                keys = [item.key for item in spec.items]
                job = self._jobs.create(wanted, keys, spec.idempotency_key, may_wait=may_wait)
            if job.job_id != spec.job_id:
                shutil.rmtree(self._supervisor.folder(spec.job_id))
                return job
            if not waits(job, self._jobs.active()):
                self._tick_job(job)
            return self._jobs.get(job.job_id)

    def pause(self, job_id: str) -> None:
        """Ask the worker to stop within about 2 s; the job can be resumed. Raises JobError when it has ended.

        A job that is being cancelled stays that.
        """
        with self._lock:
            status = self._jobs.get(job_id).status
            if status.is_final:
                raise JobError("jobs.has_ended")
            if status in _ACTIVE and requested_stop(self._supervisor.folder(job_id)) != CANCEL:
                request_stop(self._supervisor.folder(job_id), PAUSE)
                self._watch_of(job_id).tick()

    def cancel(self, job_id: str) -> None:
        """Stop within about 2 s for good; finished items are kept. Does nothing when the job has ended."""
        with self._lock:
            status = self._jobs.get(job_id).status
            if status in _ACTIVE:
                request_stop(self._supervisor.folder(job_id), CANCEL)
                self._watch_of(job_id).tick()
            elif status is JobStatus.PAUSED:
                self._jobs.set_status(job_id, JobStatus.CANCELLED)

    def resume(self, job_id: str, current: JobSpec | None = None) -> Job:
        """Go on with what is missing, also after a failure or a cancel. A job that is running is left alone.

        With `current`, what a new job would be today, a job whose model, prompt, settings or courses have changed
        since is refused: raises JobError naming the differences.
        """
        with self._lock:
            job = self._jobs.get(job_id)
            if job.status in _ACTIVE:
                self._refuse_stopping(job_id)
                return job
            if job.pending == 0:
                raise JobError("jobs.nothing_to_do")
            self._refuse_to_go_on(job, current)
            return self._go_on(job)

    def retry_failed(self, job_id: str, current: JobSpec | None = None) -> Job:
        """Do the failed and set-aside items again, their attempts forgotten, and what else is missing.

        Raises JobError when there are none, the job is running, or something has changed: see `resume`.
        """
        with self._lock:
            job = self._jobs.get(job_id)
            if job.status in _ACTIVE:
                raise JobError("jobs.is_running")
            keys = tuple(key for key, state in self._jobs.item_states(job_id).items() if state in _RETRIED)
            if not keys:
                raise JobError("jobs.nothing_to_retry")
            self._refuse_to_go_on(job, current)  # all of it before the journal says that the items are to be done
            with self._supervisor.journal(job_id).lock() as journal:
                journal.append(*(to_record(ItemsReset(tuple(part)), job_id) for part in chunks(keys, _RESET_AT_ONCE)))
            return self._go_on(job)

    def _go_on(self, job: Job) -> Job:
        """Reopen a job that stands still and start its worker."""
        with step("resume.clear"):
            clear_request(self._supervisor.folder(job.job_id))
        self._watches.pop(job.job_id, None)
        with step("resume.reopen"):
            self._jobs.reopen(job.job_id, states=())
        watch = self._watch_of(job.job_id)
        with step("resume.ingest"):
            watch.ingest.run()
        watch.spawn(self._jobs.get(job.job_id))
        return self._jobs.get(job.job_id)

    def _refuse_to_go_on(self, job: Job, current: JobSpec | None) -> None:
        """Raise JobError when it has changed, something is measured, or another job of its kind does not wait."""
        spec, active = self._load(job.job_id), self._jobs.active()
        if current is not None and (changed := differences(spec, current)):
            raise JobError("jobs.has_changed", differences=changed)
        refuse_while_measuring(self._config)
        if any(is_rival(other, job) and not waits(other, active) for other in active):
            raise JobError("jobs.another_is_active")

    def _refuse_stopping(self, job_id: str) -> None:
        if requested_stop(self._supervisor.folder(job_id)) is not None:
            raise JobError("jobs.is_stopping")

    def progress(self, job_id: str) -> JobProgress:
        """Where a job stands, cheap enough for every 2 s. Raises StorageError for an unknown job."""
        job = self._jobs.get(job_id)
        watch = self._watches.get(job_id)
        heartbeat = self._supervisor.heartbeat(job_id)
        is_alive = job.status is JobStatus.RUNNING and self._supervisor.is_alive(job_id)
        stop_asked = requested_stop(self._supervisor.folder(job_id)) is not None
        phase = phase_of(job, heartbeat, is_alive, stop_asked)
        if watch is None or not is_alive or heartbeat is None:
            progress = JobProgress(job, phase, is_alive=is_alive)
        else:
            progress = working_progress(job, phase, heartbeat, pace=watch.ingest.pace, spec=watch.spec)
        return replace(progress, refused_records=0 if watch is None else watch.ingest.refused)

    def wait(self, job_id: str, timeout: float | None = None) -> Job:
        """Work until the job has ended or paused, or `timeout` seconds have passed; returns it as it is then.

        Raises StorageError or OSError when this job cannot be looked after; what troubles others is logged.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._thread is None and (trouble := self._round().get(job_id)) is not None:
                raise trouble
            job = self._jobs.get(job_id)
            if job.status not in _ACTIVE or (deadline is not None and time.monotonic() >= deadline):
                return job
            time.sleep(TICK_SECONDS / 2)


def _raise_first(troubles: Troubles) -> None:
    for error in troubles.values():
        raise error
