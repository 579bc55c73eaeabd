"""The open installation: one database, its stores and the job service, shared by pages and command line."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from core.config import Config

if TYPE_CHECKING:
    from core.jobs.service import JobService
    from core.storage.database import Database

T = TypeVar("T")


class Application:
    """Owns the database of one state folder. Open one a process; threads may share it.

    Attributes are the stores by subject: `catalogs`, `enhancements`, `jobs`, `embeddings`, `students`,
    `recommendations`, `weights`, `settings`, `measurements`, `access_log`, and the `job_service`.

    Raises StorageError when another process holds the database.
    """

    def __init__(self, config: Config, *, watch_jobs: bool = True) -> None:
        """Open the database and start watching jobs (`watch_jobs=False`: only when asked, for commands that end)."""
        raise NotImplementedError

    def cached(self, name: str, version: object, make: Callable[[], T]) -> T:
        """The value of `make()` for this version of the data, made once; a new version replaces the old value."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop watching jobs (workers go on) and close the database."""
        raise NotImplementedError

    def __enter__(self) -> Application:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
