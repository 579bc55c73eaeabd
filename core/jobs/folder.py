"""A new job's folder: its spec, and a journal that begins with what the cache answers."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import JobError
from core.jobs.entries import ItemDone, to_record
from core.jobs.files import sync_folder
from core.jobs.outputs import cached_output
from core.jobs.spec import JobSpec
from core.jobs.supervisor import Supervisor
from core.records import Enhancement


def write_folder(supervisor: Supervisor, spec: JobSpec, cached: Mapping[str, Enhancement]) -> None:
    """Lay down what the worker is to do, and the texts in `cached` (by item key) as done.

    Raises JobError when the folder cannot be written.
    """
    folder = supervisor.folder(spec.job_id)
    records = [
        to_record(
            ItemDone(
                item=item.key,
                attempt=0,
                input_hash=item.input_hash,
                settings_hash=spec.settings_hash,
                output=cached_output(cached[item.key]),
                seconds=0.0,
            ),
            spec.job_id,
        )
        for item in spec.items
        if item.key in cached
    ]
    try:
        folder.mkdir(parents=True)
        sync_folder(folder.parent)
        spec.save(folder)
        with supervisor.journal(spec.job_id).lock() as journal:
            journal.append(*records)
    except OSError as error:
        raise JobError("jobs.cannot_write", reason=error.strerror) from error
