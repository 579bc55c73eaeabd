"""Measurements of this machine and its engines, kept with the machine they were taken on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
        values = [run_id, kind, to_stored_time(now()), to_json(list(rows)), to_json(machine)]
        with self._database.write() as cursor:
            cursor.execute(queries.ADD_MEASUREMENT, values)
        return run_id

    def list(self, kind: str | None = None, limit: int = 100) -> MeasurementRuns:
        """The newest runs first, of one kind when given."""
        with self._database.read() as cursor:
            found = cursor.execute(queries.LIST_MEASUREMENTS, {"kind": kind, "limit": limit}).fetchall()
        return [
            MeasurementRun(run_id, kind, from_stored_time(moment), tuple(from_json(rows)), from_json(machine))
            for run_id, kind, moment, rows, machine in found
        ]
