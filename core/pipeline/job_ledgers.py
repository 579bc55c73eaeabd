"""The jobs of an installation by two ledgers: what their journals say, and what the database holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.config import Config
from core.errors import JobError
from core.jobs.entries import EntryReader, ItemDone, Line
from core.jobs.history import History
from core.jobs.outputs import MEASURE_ITEM, read_output
from core.jobs.spec import JobSpec
from core.jobs.supervisor import Supervisor
from core.pipeline.application import Application
from core.records import Enhancement, ItemState, Job, JobKind, JobStatus

_ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)
_ALL = 1_000_000_000
Results = Mapping[str, Sequence[Enhancement | None]]  # by item; None stands for what is no description


@dataclass(slots=True)
class JobLedger:
    """One job by its journal and by the database."""

    job: Job
    spec: JobSpec | None = None  # None: its folder is damaged or gone, so nothing can be compared
    item_count: int = 0  # stored items
    results: int = 0  # in the journal
    missing: set[str] = field(default_factory=set)  # items whose journalled result is not stored
    altered: list[Enhancement] = field(default_factory=list)  # stored otherwise; here as the journal has them
    strange: int = 0  # stored results that the journal does not know
    refused: int = 0  # damaged lines of the journal
    unsettled: set[str] = field(default_factory=set)  # items that stand otherwise than the journal says


def read_ledgers(app: Application) -> list[JobLedger]:
    """Every job that the database knows. The journal of a running one counts as far as it is stored."""
    supervisor = Supervisor(app.config)
    return [_read_ledger(app, supervisor, job) for job in app.jobs.list(limit=_ALL)]


def _read_ledger(app: Application, supervisor: Supervisor, job: Job) -> JobLedger:
    stored, states = _stored_results(app, job), app.jobs.item_states(job.job_id)
    try:
        spec = JobSpec.load(supervisor.folder(job.job_id))
    except JobError:
        return JobLedger(job, item_count=len(states))
    reader = EntryReader(supervisor.journal(job.job_id), spec)
    lines = list(reader.read_from())  # after what is stored, so that it holds all of that
    due = [line for line in lines if job.status not in _ACTIVE or line.next_position <= job.journal_position]
    ledger = JobLedger(job, spec, len(states), refused=reader.refused)
    _compare(ledger, _results_of(spec, due), _results_of(spec, lines), stored)
    if job.status not in _ACTIVE:
        settled = History(lines).states
        keys = {item.key for item in spec.items} | set(states)
        differing = {key for key in keys if states.get(key) != settled.get(key, ItemState.PENDING)}
        ledger.unsettled = differing - set(stored) if ledger.refused else differing
    return ledger


def _stored_results(app: Application, job: Job) -> Results:
    """The stored results of a job; of vectors only whether they are there."""
    if job.kind is JobKind.ENHANCE:
        found: dict[str, list[Enhancement | None]] = {}
        for made in app.enhancements.of_job(job.job_id):
            found.setdefault(made.course_key, []).append(made)
        return found
    done = [key for key, state in app.jobs.item_states(job.job_id).items() if state is ItemState.DONE]
    if job.kind is JobKind.LIFT:  # its texts stay in the journal
        is_stored = app.measurements.is_stored(job.job_id)
        return {key: [None] for key in done if key != MEASURE_ITEM or is_stored}
    missing = app.embeddings.missing(str(job.spec["model_ref"]), done)
    return {key: [None] for key in done if key not in missing}


def _results_of(spec: JobSpec, lines: Sequence[Line]) -> dict[str, Enhancement | None]:
    """The first result of each item."""
    results: dict[str, Enhancement | None] = {}
    for line in lines:
        if isinstance(line.entry, ItemDone) and line.entry.item not in results:
            output = read_output(spec, line.entry, line.at)
            is_draft = spec.kind is JobKind.ENHANCE
            results[line.entry.item] = output if is_draft and isinstance(output, Enhancement) else None
    return results


def _compare(
    ledger: JobLedger,
    due: Mapping[str, Enhancement | None],
    all_results: Mapping[str, Enhancement | None],
    stored: Results,
) -> None:
    ledger.results = len(due)
    ledger.missing = {key for key, wanted in due.items() if not _is_among(wanted, stored.get(key, ()))}
    for key, wanted in all_results.items():
        if wanted is not None and any(each and _essence(each) != _essence(wanted) for each in stored.get(key, ())):
            ledger.altered.append(wanted)
    surplus = sum(len(found) - (key in all_results) for key, found in stored.items())
    ledger.strange = 0 if ledger.refused else surplus  # a damaged line may have been theirs


def _is_among(wanted: Enhancement | None, found: Sequence[Enhancement | None]) -> bool:
    return any(wanted is None or (each and each.enhancement_id == wanted.enhancement_id) for each in found)


def _essence(made: Enhancement) -> tuple[str, str, str]:
    return made.course_key, made.source_hash, hashlib.sha256(made.text.encode()).hexdigest()


def has_begun(config: Config, job_id: str) -> bool:
    """Whether a worker ever wrote into the journal of a folder; without one the job was never acknowledged."""
    supervisor = Supervisor(config)
    try:
        spec = JobSpec.load(supervisor.folder(job_id))
    except JobError:
        return supervisor.journal(job_id).size() > 0
    return History(EntryReader(supervisor.journal(job_id), spec).read_from()).worker is not None
