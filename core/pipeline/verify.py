"""Look whether everything that was promised still holds, and mend what journals and backups can mend.

What is looked at: the database can be read to its last row; every result in a job's journal is stored once, with the
same text (by SHA-256), on its own course, made from that course's source; the items of every job add up; uploaded
files are what they were; students' stored lists have the hash they were stored with; the access log is
unbroken; no backup since the last restore knows more. Nothing is deleted.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.access.actor import requires
from core.access.roles import Permission
from core.config import Config
from core.errors import StorageError
from core.failpoints import step
from core.jobs.ingest import Ingest
from core.jobs.supervisor import Supervisor
from core.pipeline.application import Application
from core.pipeline.backup import fuller_backup, list_backups, put_log_back, restore, restore_files, restore_newest
from core.pipeline.job_ledgers import JobLedger, has_begun, read_ledgers
from core.pipeline.student_access import take_in_notes
from core.records import Message


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str  # "database", "results", "items", "uploads", "access_log", "backups", "deletions"
    looked_at: int  # rows, results, items, files, entries
    faults: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()  # nothing is wrong, but worth knowing


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was found."""

    checks: tuple[Check, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def faults(self) -> tuple[Message, ...]:
        """Everything that is wrong."""
        return tuple(fault for check in self.checks for fault in check.faults)

    @property
    def summary(self) -> Message:
        """One sentence about all of it."""
        if self.faults:
            return Message("verify.faults", {"count": len(self.faults)})
        counts = {check.name: check.looked_at for check in self.checks}
        found = {"rows": counts["database"], "results": counts["results"], "uploads": counts["uploads"]}
        return Message("verify.holds", {**found, "accesses": counts["access_log"], "seconds": f"{self.seconds:.1f}"})


@dataclass(frozen=True, slots=True)
class Mended:
    """What journals and backups could mend."""

    jobs_read_again: int
    files_put_back: int  # uploads and files of jobs, from the backups

    @property
    def steps(self) -> tuple[Message, ...]:
        """What was done, a sentence each."""
        read = Message("verify.repaired", {"count": self.jobs_read_again})
        put_back = Message("verify.files_put_back", {"count": self.files_put_back})
        return (put_back, read) if self.files_put_back else (read,)


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair did, and what holds since."""

    mended: Mended
    restored_from: Path | None  # the copy that took the place of the database
    was_readable: bool  # whether the database before it could be read, and had only lost something
    set_aside: Path | None  # where the database that could not be read is now
    after: VerifyReport

    @property
    def steps(self) -> tuple[Message, ...]:
        """What was done, a sentence each."""
        steps = []
        if self.restored_from is not None:
            key = "verify.restored_fuller" if self.was_readable else "verify.restored_from"
            steps.append(Message(key, {"path": str(self.restored_from)}))
        elif self.set_aside is not None:
            steps.append(Message("verify.restored_nothing"))
        if self.set_aside is not None:
            steps.append(Message("verify.set_aside", {"path": str(self.set_aside)}))
        return (*steps, *self.mended.steps)


def verify(app: Application, *, every_list: bool = True) -> VerifyReport:
    """Look at everything; changes nothing but that notes about people come into the access log. May take seconds.

    Without `every_list` only the newest stored lists of each catalog are compared with their hash: one run of 50,000
    places takes 0.2 s, and a term of tuning stores hundreds.
    """
    started = time.perf_counter()
    database = _check_database(app)
    checks = [database]
    if not database.faults:
        ledgers = read_ledgers(app)
        checks += [_check_results(app, ledgers), _check_items(ledgers), _check_uploads(app), _check_access_log(app)]
        checks.append(_check_lists(app, every_list))
        checks += [_check_backups(app), _check_deletions(app)]
    return VerifyReport(tuple(checks), time.perf_counter() - started)


@requires(Permission.KEEP)
def repair(config: Config) -> RepairReport:
    """Mend an installation that no app has open: its database, missing files, and what its journals hold.

    A database that cannot be read gives way to the newest copy that can; one that has lost imports or decisions gives
    way to the newest copy, if that has them. Raises StorageError when another process holds the database.
    """
    restored_from, aside = None, None
    was_readable = _can_be_read(config)
    if not was_readable:
        with step("repair.restore"):
            restored_from, aside = restore_newest(config)
    elif (fuller := _fuller_backup(config)) is not None:
        with step("repair.switch"):
            restored_from, aside = fuller, restore(config, fuller)
    with Application(config, watch_jobs=False) as app:
        return RepairReport(mend(app), restored_from, was_readable, aside, verify(app))


@requires(Permission.KEEP)
def mend(app: Application) -> Mended:
    """Put missing and damaged files back from the backups, and bring the database up to its journals.

    Everything may go on meanwhile. Raises AccessError without the permission, StorageError when the disk is full.
    """
    with step("repair.files"):
        files = restore_files(app)
    with step("repair.journals"):
        return Mended(read_journals_again(app), files)


@requires(Permission.KEEP)
def read_journals_again(app: Application) -> int:
    """Bring the database up to its journals; returns how many jobs that concerned. Doing it again is harmless.

    Students whose deletion an older database lacks are deleted again. Raises AccessError without the permission.
    """
    put_log_back(app.database, app.access_log)  # first: no trouble with a job may keep deleted students here
    behind = app.job_service.catch_up()
    faulty = [ledger for ledger in read_ledgers(app) if ledger.missing or ledger.altered or ledger.unsettled]
    for ledger in faulty:
        if ledger.spec is None:
            continue
        journal = Supervisor(app.config).journal(ledger.job.job_id)
        Ingest(app.jobs, ledger.spec, journal, ledger.missing).reconcile()
        if ledger.altered:
            app.enhancements.put_back(ledger.altered)
    app.mark_changed()
    return behind + len(faulty)


def _can_be_read(config: Config) -> bool:
    try:
        with Application(config, watch_jobs=False) as app:
            app.database.read_every_row()
        return True
    except StorageError as error:
        if error.message.key != "storage.damaged":
            raise
        return False


def _fuller_backup(config: Config) -> Path | None:
    with Application(config, watch_jobs=False) as app:
        found = fuller_backup(app)
    return None if found is None else found.path


def _check_database(app: Application) -> Check:
    try:
        return Check("database", app.database.read_every_row())
    except StorageError as error:
        return Check("database", 0, (error.message,))


def _check_backups(app: Application) -> Check:
    fuller = fuller_backup(app)
    faults = () if fuller is None else (Message("verify.backup_knows_more", {"backup": fuller.path.name}),)
    return Check("backups", len(list_backups(app)), faults)


def _check_results(app: Application, ledgers: Sequence[JobLedger]) -> Check:
    faults: list[Message] = []
    for ledger in ledgers:
        job = ledger.job.job_id
        counts = {"missing": len(ledger.missing), "altered": len(ledger.altered), "strange": ledger.strange}
        faults += [Message(f"verify.results_{name}", {"job": job, "count": n}) for name, n in counts.items() if n]
        if ledger.spec is None:
            faults.append(Message("verify.folder_unreadable", {"job": job}))
    known = {ledger.job.job_id for ledger in ledgers}
    unknown = [job_id for job_id in Supervisor(app.config).job_ids() if job_id not in known]
    lost = [job_id for job_id in unknown if has_begun(app.config, job_id)]
    faults += [Message("verify.job_unknown", {"job": job_id}) for job_id in lost]
    refused = [ledger for ledger in ledgers if ledger.refused]
    notes = [Message("verify.lines_refused", {"job": it.job.job_id, "count": it.refused}) for it in refused]
    notes += [Message("verify.folder_unused", {"job": job_id}) for job_id in unknown if job_id not in lost]
    return Check("results", sum(ledger.results for ledger in ledgers), tuple(faults), tuple(notes))


def _check_items(ledgers: Sequence[JobLedger]) -> Check:
    faults = []
    for ledger in ledgers:
        job = ledger.job
        adds_up = ledger.item_count == job.total and job.pending >= 0
        if not adds_up:
            faults.append(
                Message("verify.items_count", {"job": job.job_id, "items": ledger.item_count, "total": job.total})
            )
        if ledger.unsettled:
            faults.append(Message("verify.items_differ", {"job": job.job_id, "count": len(ledger.unsettled)}))
    return Check("items", sum(ledger.item_count for ledger in ledgers), tuple(faults))


def _check_deletions(app: Application) -> Check:
    found = app.students.deletions()
    faults = (Message("deletion.unfinished"),) if any(it.finished_at is None for it in found) else ()
    return Check("deletions", len(found), faults)


def _check_uploads(app: Application) -> Check:
    """The files, by their place in this state folder, which may have moved since."""
    wanted = {Path(upload.stored_path).name: upload for upload in app.catalogs.uploads()}
    states = {name: _upload_state(app.config.uploads_folder / name, it.content_hash) for name, it in wanted.items()}
    faults = tuple(
        Message(f"verify.upload_{state}", {"file": wanted[name].file_name}) for name, state in states.items() if state
    )
    folder = app.config.uploads_folder
    unknown = sorted(path.name for path in folder.iterdir() if path.name not in wanted) if folder.is_dir() else []
    notes = tuple(Message("verify.upload_unknown", {"file": name}) for name in unknown)
    return Check("uploads", len(wanted), faults, notes)


def _upload_state(path: Path, content_hash: str) -> str:
    """What is wrong with an uploaded file: "missing", "changed" or nothing."""
    if not path.is_file():
        return "missing"
    with path.open("rb") as file:
        return "" if hashlib.file_digest(file, "sha256").hexdigest() == content_hash else "changed"


def _check_lists(app: Application, every_list: bool) -> Check:
    """Runs that were stored before there were hashes cannot be compared."""
    of_catalogs = [app.recommendations.runs(catalog.catalog_id) for catalog in app.catalogs.list()]
    runs = [run for runs in of_catalogs for run in (runs if every_list else runs[:1])]
    altered = [run for run in runs if run.lists_hash and app.recommendations.lists_hash(run.run_id) != run.lists_hash]
    faults = tuple(Message("verify.lists_altered", {"time": f"{run.created_at:%Y-%m-%d %H:%M}"}) for run in altered)
    return Check("lists", len(runs), faults)


def _check_access_log(app: Application) -> Check:
    take_in_notes(app)
    broken = app.access_log.first_broken()
    faults = () if broken is None else (Message("verify.access_log_broken", {"number": broken}),)
    missing = app.access_log.missing()
    if missing and broken is None:
        faults = (Message("access.entries_missing", {"first": missing[0], "count": len(missing)}),)
    newest = app.access_log.list(limit=1)
    return Check("access_log", newest[0].sequence if newest else 0, faults)
