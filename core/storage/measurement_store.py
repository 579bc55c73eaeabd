"""Measurements of this machine and its engines, kept with the machine they were taken on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.records import Measurement
from core.storage.connection import Database
from core.storage.conversion import from_json, from_stored_time, new_id, now, to_json, to_stored_time
from core.storage.queries import records as queries


@dataclass(frozen=True, slots=True)
class MeasurementRun:
    """One set of measurements taken together."""

    run_id: str
    kind: str  # for example "calibration"
    created_at: datetime
    rows: tuple[Mapping[str, Any], ...]
    machine: Mapping[str, Any]  # the facts of the machine then


MeasurementRuns = list[MeasurementRun]  # the method `list` hides the type's own name inside the class


class MeasurementStore:
    """Reads and writes measurement runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_run(self, kind: str, rows: Sequence[Mapping[str, Any]], machine: Mapping[str, Any]) -> str:
        """Store a run of JSON-like rows and return its id."""
        run_id = new_id()
        self.save_once(Measurement(run_id, kind, rows, machine))
        return run_id

    def save_once(self, measured: Measurement) -> None:
        """Store a run under its own id; one that is stored already stays as it is.

        Inside a `write()` of the same thread it is part of that transaction.
        """
        about = [to_stored_time(now()), to_json(list(measured.rows)), to_json(measured.machine)]
        with self._database.write() as cursor:
            cursor.execute(queries.ADD_MEASUREMENT, [measured.run_id, measured.kind, *about])

    def is_stored(self, run_id: str) -> bool:
        """Whether there is a run with this id."""
        return self._database.fetch_one(queries.HAS_MEASUREMENT, [run_id]) is not None

    def list(self, kind: str | None = None, limit: int = 100) -> MeasurementRuns:
        """The newest runs first, of one kind when given."""
        with self._database.read() as cursor:
            found = cursor.execute(queries.LIST_MEASUREMENTS, {"kind": kind, "limit": limit}).fetchall()
        return [
            MeasurementRun(run_id, kind, from_stored_time(moment), tuple(from_json(rows)), from_json(machine))
            for run_id, kind, moment, rows, machine in found
        ]
