"""Worker processes from outside: start them, see whether they live, stop them. Never the wrong one."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from core.config import PROJECT_FOLDER, Config, quiet_environment
from core.errors import JobError
from core.jobs.heartbeat import HEARTBEAT_FILE, Heartbeat, process_start
from core.jobs.journal import JOURNAL_FILE, Journal
from core.jobs.reasons import speaks_of_memory

LOG_FILE = "worker.log"
_LOG_TAIL = 4096  # bytes

logger = logging.getLogger(__name__)


class Supervisor:
    """Knows the workers of one installation by their job folders. Threads may share it."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def job_ids(self) -> list[str]:
        """The jobs that have a folder."""
        if not self._config.jobs_folder.is_dir():
            return []
        return sorted(path.name for path in self._config.jobs_folder.iterdir() if path.is_dir())

    def folder(self, job_id: str) -> Path:
        """Where a job keeps its files."""
        return self._config.jobs_folder / job_id

    def journal(self, job_id: str) -> Journal:
        """A job's journal, for reading, or for writing while no worker has it."""
        return Journal(self.folder(job_id) / JOURNAL_FILE)

    def spawn(self, job_id: str, threads: int = 0) -> int:
        """Start a worker in a session of its own, so that it outlives this process; returns its process id.

        `threads` are for libraries to compute with, 0 for as many as usual. Should another worker have the job after
        all, the new one sees its lock and leaves. Raises JobError when the system lets no process start.
        """
        folder = self.folder(job_id)
        (folder / HEARTBEAT_FILE).unlink(missing_ok=True)
        environment = {**quiet_environment(threads), "COURSELIFT_HOME": str(self._config.home)}
        try:
            with (folder / LOG_FILE).open("ab") as log:
                child = subprocess.Popen(
                    [sys.executable, "-m", "core.jobs.worker", str(folder)],
                    cwd=PROJECT_FOLDER,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            raise JobError("jobs.cannot_start", reason=error.strerror) from error
        with self._lock:
            self._children[job_id] = child
        logger.info("job %s: worker %d started", job_id, child.pid)
        return child.pid

    def is_alive(self, job_id: str) -> bool:
        """Whether a worker has the job: a child of ours that has not ended, or anyone who holds the journal's lock."""
        child = self._child(job_id)
        return (child is not None and child.poll() is None) or self.journal(job_id).is_locked()

    def exit_status(self, job_id: str) -> int | None:
        """How our own worker ended, negative for a signal; None while it lives, or when it was not ours."""
        child = self._child(job_id)
        return None if child is None else child.poll()

    def forget(self, job_id: str) -> None:
        """Drop what is known of an ended worker."""
        with self._lock:
            self._children.pop(job_id, None)

    def heartbeat(self, job_id: str) -> Heartbeat | None:
        """The newest sign of life of a job's worker; None when there is none yet."""
        return Heartbeat.read(self.folder(job_id))

    def send(self, job_id: str, signal_number: signal.Signals) -> bool:
        """Send a signal to the job's worker; whether there was one to send it to.

        A worker that is not our child is found by its heartbeat, and only believed while the lock is held and the
        process with that id began when the worker did: ids are given anew.
        """
        child = self._child(job_id)
        if child is not None and child.poll() is None:
            child.send_signal(signal_number)
            return True
        heartbeat = self.heartbeat(job_id)
        if heartbeat is None or not self.journal(job_id).is_locked():
            return False
        if process_start(heartbeat.pid) != heartbeat.process_start:
            return False
        try:
            os.kill(heartbeat.pid, signal_number)
        except ProcessLookupError:  # it died this moment
            return False
        return True

    def died_of_memory(self, job_id: str) -> bool:
        """Whether the system killed our worker (it does when memory runs out), or its log ends in such an error."""
        if self.exit_status(job_id) == -signal.SIGKILL:
            return True
        try:
            with (self.folder(job_id) / LOG_FILE).open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _LOG_TAIL))
                tail = log.read().decode(errors="replace")
        except OSError:
            return False
        return speaks_of_memory(tail)

    def _child(self, job_id: str) -> subprocess.Popen[bytes] | None:
        with self._lock:
            return self._children.get(job_id)
