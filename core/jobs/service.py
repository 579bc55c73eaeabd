"""Jobs as the app sees them: start, watch, control, and what they have come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.config import Config
from core.jobs.job_progress import JobProgress
from core.jobs.spec import JobSpec
from core.records import Enhancement, Job

if TYPE_CHECKING:
    from core.storage.enhancements import EnhancementStore
    from core.storage.jobs import JobStore

__all__ = ["JobProgress", "JobService"]


class JobService:
    """Starts workers, copies their journals into the store and notices when one dies or hangs.

    One a process; threads may share it. Nothing happens by itself until `watch` is called, `tick` does one round.
    """

    def __init__(self, config: Config, jobs: JobStore, enhancements: EnhancementStore) -> None:
        raise NotImplementedError

    def watch(self) -> None:
        """Start the thread that calls `tick`, once; adopts living workers and resumes the jobs of dead ones."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop watching. Workers go on; the next process adopts them."""
        raise NotImplementedError

    def tick(self) -> None:
        """Copy what is new in all journals and act on dead, hung and finished workers."""
        raise NotImplementedError

    def start(self, spec: JobSpec, cached: Mapping[str, Enhancement] | None = None) -> Job:
        """Start a job, or return the equal one that is already active.

        `cached` holds, by item key, texts made earlier from the same input with the same model and settings:
        those items are done at once and cost nothing. Raises JobError when there are no items.
        """
        raise NotImplementedError

    def pause(self, job_id: str) -> None:
        """Ask the worker to stop within about 2 s; the job can be resumed. Raises JobError when it has ended."""
        raise NotImplementedError

    def resume(self, job_id: str, current: JobSpec | None = None) -> Job:
        """Go on with what is missing.

        With `current`, what a new job would be today, a job whose model, prompt, settings or courses have changed
        since is refused: raises JobError naming the differences.
        """
        raise NotImplementedError

    def cancel(self, job_id: str) -> None:
        """Stop within about 2 s for good; finished items are kept. Does nothing when the job has ended."""
        raise NotImplementedError

    def retry_failed(self, job_id: str) -> Job:
        """Do the failed and set-aside items again. Raises JobError when there are none or the job is running."""
        raise NotImplementedError

    def progress(self, job_id: str) -> JobProgress:
        """Where a job stands, cheap enough for every 2 s. Raises JobError for an unknown job."""
        raise NotImplementedError

    def wait(self, job_id: str, timeout: float | None = None) -> Job:
        """Work until the job has ended or paused, or `timeout` seconds have passed; returns it as it is then."""
        raise NotImplementedError
