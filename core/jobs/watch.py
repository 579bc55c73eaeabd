"""One job under watch: its journal is copied, its worker is stopped when asked and replaced when it dies."""

from __future__ import annotations

import logging
import signal
import time
from dataclasses import astuple
from datetime import UTC, datetime

from core.failpoints import step
from core.jobs.control import CANCEL, PAUSE, requested_stop
from core.jobs.entries import EntryReader, SessionEnded
from core.jobs.history import History
from core.jobs.ingest import Ingest
from core.jobs.job_progress import time_left
from core.jobs.reasons import as_message
from core.jobs.spec import JobSpec
from core.jobs.supervisor import Supervisor
from core.jobs.worker import EXIT_DISK_FULL
from core.records import Job, JobStatus, Message
from core.storage.job_store import JobStore
from core.storage.journal_batch import JobForecast

TERMINATE_AFTER = 10.0  # seconds after a stop was asked for
KILL_AFTER = 20.0
CANCEL_AFTER = 1.2  # seconds: a cancel drops what is in hand anyway, and must not wait for a long step of a model
START_DEADLINE = 60.0  # seconds until the first sign of life
LOAD_DEADLINE = 900.0  # seconds for a model to load: there is no sign of life meanwhile
MAX_FRUITLESS_RESTARTS = 3
FORECAST_ITEMS = 30  # finished ones from which the rest is foretold for the record
BACKOFF_SECONDS = 0.5  # before the first restart; doubles with each fruitless one
_FREE_SET_ASIDES = 2  # set-asides in a row that count as progress; when every item kills, something else is wrong

logger = logging.getLogger(__name__)


class JobWatch:
    """What one app process knows about one active job. Not for use from several threads at once."""

    def __init__(self, jobs: JobStore, supervisor: Supervisor, spec: JobSpec) -> None:
        self._jobs = jobs
        self._supervisor = supervisor
        self.spec = spec
        self.ingest = Ingest(jobs, spec, supervisor.journal(spec.job_id))
        self._seen_alive = time.monotonic()  # when the present worker was started or first met
        self._worker: int | None = None  # process id of the worker that was started here
        self._stop_asked: float | None = None
        self._is_terminated = False
        self._was_hung = False
        self._restarts = 0
        self._restart_at: float | None = None
        self._finished_before = 0  # items done or failed when the present worker was started
        self._aside_before = 0
        self._free_set_asides = _FREE_SET_ASIDES
        self._has_foretold = False

    def spawn(self, job: Job) -> None:
        """Start a worker and note where the job stands."""
        self._restart_at = None
        self._finished_before, self._aside_before = job.done + job.failed, job.set_aside
        with step("worker.spawn"):
            self._worker = self._supervisor.spawn(job.job_id, self.spec.threads)
        self._seen_alive = time.monotonic()
        self._is_terminated = self._was_hung = False
        self._jobs.set_status(job.job_id, JobStatus.RUNNING)

    def tick(self) -> JobStatus:
        """Copy what is new in the journal and act on the worker; returns where the job stands then."""
        job_id = self.spec.job_id
        is_alive = self._supervisor.is_alive(job_id)
        self.ingest.run()  # after the look at the worker: once it is dead nothing can be added
        job = self._jobs.get(job_id)
        if is_alive:
            self._foretell(job)
            self._look_after(job)
        elif self._restart_at is None:
            self._settle(job)
        elif time.monotonic() >= self._restart_at or requested_stop(self._supervisor.folder(job_id)):
            self._restart(job)
        return self._jobs.get(job_id).status

    def _foretell(self, job: Job) -> None:
        """Once enough is seen, keep what can be said about the rest, so that it can be held against what comes."""
        if self._has_foretold or len(self.ingest.pace.seconds) < FORECAST_ITEMS:
            return
        self._has_foretold = True
        rest = time_left(self.ingest.pace, job, self.spec)
        if rest is not None and job.pending:
            made = JobForecast(datetime.now(UTC), len(self.ingest.pace.seconds), job.pending, *astuple(rest))
            self._jobs.add_forecast(job.job_id, made)

    def _look_after(self, job: Job) -> None:
        self._restart_at = None
        has_ended = self._supervisor.exit_status(job.job_id) is not None
        if has_ended and self._supervisor.journal(job.job_id).is_locked():  # ours found another one at work
            self._supervisor.forget(job.job_id)
            self._worker = None
        if job.status is JobStatus.QUEUED:
            self._jobs.set_status(job.job_id, JobStatus.RUNNING)
        if requested_stop(self._supervisor.folder(job.job_id)) is not None:
            self._enforce_stop(job.job_id)
        elif (silence := self._silence()) > self._deadline():
            logger.warning("job %s: no sign of life for %.0f s, the worker is killed", job.job_id, silence)
            self._was_hung = True
            self._supervisor.send(job.job_id, signal.SIGKILL)

    def _enforce_stop(self, job_id: str) -> None:
        now = time.monotonic()
        if self._stop_asked is None:
            self._stop_asked = now
        patience = CANCEL_AFTER if requested_stop(self._supervisor.folder(job_id)) == CANCEL else KILL_AFTER
        if now - self._stop_asked >= patience:
            self._supervisor.send(job_id, signal.SIGKILL)
        elif not self._is_terminated and (now - self._stop_asked >= TERMINATE_AFTER or self._is_loading()):
            self._is_terminated = self._supervisor.send(job_id, signal.SIGTERM)

    def _is_loading(self) -> bool:
        heartbeat = self._supervisor.heartbeat(self.spec.job_id)
        return heartbeat is not None and heartbeat.phase == "loading_model"

    def _silence(self) -> float:
        """Seconds since the last sign of life, or since the worker was started when there was none."""
        heartbeat = self._supervisor.heartbeat(self.spec.job_id)
        return heartbeat.age if heartbeat is not None else time.monotonic() - self._seen_alive

    def _deadline(self) -> float:
        heartbeat = self._supervisor.heartbeat(self.spec.job_id)
        if heartbeat is None or heartbeat.phase == "starting":
            return START_DEADLINE
        return LOAD_DEADLINE if heartbeat.phase == "loading_model" else self.spec.item_deadline_seconds

    def _settle(self, job: Job) -> None:
        """There is no worker: decide once where the job stands."""
        job_id = job.job_id
        request = requested_stop(self._supervisor.folder(job_id))
        ended = self._last_words()
        if job.pending == 0:
            self._end(JobStatus.SUCCEEDED)
        elif request == CANCEL:
            self._end(JobStatus.CANCELLED)
        elif request == PAUSE or (ended is not None and ended.how in ("paused", "cancelled")):
            self._end(JobStatus.PAUSED)
        elif ended is not None and ended.how == "failed":
            self._end(JobStatus.FAILED, as_message(ended.reason) if ended.reason else Message("jobs.failed"))
        elif self._supervisor.exit_status(job_id) == EXIT_DISK_FULL:
            self._end(JobStatus.PAUSED, Message("jobs.disk_full"))
        elif job.status is JobStatus.QUEUED:
            self.spawn(job)
        else:
            self._plan_restart(job, ended)

    def _last_words(self) -> SessionEnded | None:
        """How the last worker ended by its own account; None when it was killed or there was none."""
        journal = self._supervisor.journal(self.spec.job_id)
        history = History(EntryReader(journal, self.spec).read_from())
        is_of_another = self._worker is not None and history.worker != self._worker  # ours died before its first word
        return None if is_of_another else history.ended

    def _plan_restart(self, job: Job, ended: SessionEnded | None) -> None:
        if ended is not None:  # it believed to be finished: something it wrote has not arrived
            self.ingest.reconcile()
        if job.done + job.failed > self._finished_before:
            self._restarts, self._free_set_asides = 0, _FREE_SET_ASIDES
        elif job.set_aside > self._aside_before and self._free_set_asides:
            self._restarts, self._free_set_asides = 0, self._free_set_asides - 1
        if self._restarts >= MAX_FRUITLESS_RESTARTS:
            self._end(JobStatus.FAILED, self._cause_of_death())
            return
        self._restart_at = time.monotonic() + BACKOFF_SECONDS * 2**self._restarts
        self._restarts += 1
        logger.warning("job %s: its worker died (%s), restart %d", job.job_id, self._exit_text(), self._restarts)

    def _restart(self, job: Job) -> None:
        self._restart_at = None
        if requested_stop(self._supervisor.folder(job.job_id)) or job.pending == 0:
            self._settle(job)
        else:
            self.spawn(job)

    def _cause_of_death(self) -> Message:
        times = MAX_FRUITLESS_RESTARTS + 1
        if self._was_hung:
            return Message("jobs.hung", {"times": times, "seconds": round(self.spec.item_deadline_seconds)})
        if self._supervisor.died_of_memory(self.spec.job_id):
            return Message("jobs.died_of_memory", {"times": times})
        return Message("jobs.died", {"times": times, "ending": self._exit_text()})

    def _exit_text(self) -> str:
        status = self._supervisor.exit_status(self.spec.job_id)
        if status is None:
            return "?"
        return signal.Signals(-status).name if status < 0 else str(status)

    def _end(self, status: JobStatus, error: Message | None = None) -> None:
        with step("job.end"):
            self._jobs.set_status(self.spec.job_id, status, error)
        self._supervisor.forget(self.spec.job_id)
        logger.info("job %s: %s", self.spec.job_id, status.value)
