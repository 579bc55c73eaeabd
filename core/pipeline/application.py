"""The open installation: one database, its stores and the job service, shared by pages and command line."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, TypeVar, cast

from core.catalog.isolation import remove_leftovers
from core.config import Config
from core.errors import CourseLiftError
from core.jobs.service import JobService
from core.pipeline.backup import back_up_when_due, put_log_back
from core.pipeline.reading_places import ReadingPlaces
from core.storage.access_log import AccessLog
from core.storage.catalog_store import CatalogStore
from core.storage.connection import Database
from core.storage.embedding_store import EmbeddingStore
from core.storage.enhancement_store import EnhancementStore
from core.storage.job_store import JobStore
from core.storage.measurement_store import MeasurementStore
from core.storage.prompt_store import PromptStore
from core.storage.recommendation_store import RecommendationStore
from core.storage.release_store import ReleaseStore
from core.storage.settings_store import SettingsStore
from core.storage.student_store import StudentStore
from core.storage.weight_store import WeightStore

if TYPE_CHECKING:
    from core.pipeline.daily_look import Look

T = TypeVar("T")
_BACKUP_SECONDS = 60.0  # between two looks whether a backup is due

logger = logging.getLogger(__name__)


class Application:
    """Owns the database of one state folder. Open one a process; threads may share it.

    Attributes are the stores by subject: `catalogs`, `enhancements`, `jobs`, `embeddings`, `students`,
    `recommendations`, `releases`, `weights`, `settings`, `measurements`, `prompts`, `access_log`,
    the `job_service`, `reading`: which draft each reviewer has before them, and `last_look`: what was found when
    it was last looked whether everything holds, None before the first time.

    Raises StorageError when another process holds the database.
    """

    def __init__(self, config: Config, *, watch_jobs: bool = True) -> None:
        """Open the database and start watching jobs (`watch_jobs=False`: only when asked, for commands that end)."""
        self.config = config
        self.database = Database(config.database_path, backups_folder=config.backups_folder)
        remove_leftovers(config.temporary_folder)  # nobody else has the database, so nobody else reads there
        self.catalogs = CatalogStore(self.database)
        self.enhancements = EnhancementStore(self.database)
        self.jobs = JobStore(self.database)
        self.embeddings = EmbeddingStore(self.database)
        self.students = StudentStore(self.database)
        self.recommendations = RecommendationStore(self.database)
        self.releases = ReleaseStore(self.database)
        self.weights = WeightStore(self.database)
        self.settings = SettingsStore(self.database)
        self.measurements = MeasurementStore(self.database)
        self.prompts = PromptStore(self.database)
        self.access_log = AccessLog(self.database, config.access_journal_path)
        self.job_service = JobService(config, self.jobs)
        self.reading = ReadingPlaces()
        self.last_look: Look | None = None
        self._cache: dict[str, tuple[object, object]] = {}
        self._cache_locks: defaultdict[str, RLock] = defaultdict(RLock)  # one a name: others do not wait meanwhile
        self._cache_lock = RLock()
        self._changes = time.time_ns()  # never again what it was in an application that was open before
        self._stopping = Event()
        self._repeating: list[Thread] = []
        self._delete_again()
        if watch_jobs:
            self.job_service.watch()
            self.repeat("backup", lambda: back_up_when_due(self), _BACKUP_SECONDS)

    def _delete_again(self) -> None:
        """However an older database came here (a restore that was killed, a copy put back by hand), students who were
        deleted since are not in it for anybody to see.
        """
        try:
            if self.access_log.lacks_deletions():
                put_log_back(self.database, self.access_log)
        except BaseException:
            self.database.close()
            raise

    def repeat(self, name: str, work: Callable[[], object], seconds: float) -> None:
        """Do `work` again and again in a thread of its own, `seconds` after it was last done, until `close`."""

        def go_on() -> None:
            while not self._stopping.wait(seconds):
                try:
                    work()
                except CourseLiftError as error:  # a full disk, mostly
                    logger.warning("%s: %s", name, error)
                except Exception:  # nothing may end the thread
                    logger.exception("%s: unexpected", name)

        thread = Thread(target=go_on, name=name, daemon=True)
        self._repeating.append(thread)
        thread.start()

    @property
    def changes(self) -> int:
        """Grows with every change of courses, published texts or students: the version of what was made from them."""
        return self._changes

    def mark_changed(self) -> None:
        """Tell that courses, published texts or students are not what they were."""
        with self._cache_lock:
            self._changes += 1

    def cached(self, name: str, version: object, make: Callable[[], T]) -> T:
        """The value of `make()` for this version of the data, made once; a new version replaces the old value."""
        with self._cache_lock:
            lock = self._cache_locks[name]
        with lock:
            known = self._cache.get(name)
            if known is not None and known[0] == version:
                return cast(T, known[1])
            value = make()
            self._cache[name] = (version, value)
            return value

    def close(self) -> None:
        """Stop watching jobs (workers go on) and close the database."""
        self._stopping.set()
        self.job_service.stop()
        self.database.close()
        for thread in self._repeating:
            thread.join()

    def __enter__(self) -> Application:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
