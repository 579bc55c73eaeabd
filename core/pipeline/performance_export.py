"""Every figure of the Performance page as one CSV file, with all that is needed to repeat the measurements."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from core.catalog.export_safety import escape_cell
from core.i18n import Translator
from core.jobs.measuring_request import MeasuringKind
from core.measurement.profile import ComparedPart
from core.pipeline.application import Application
from core.pipeline.before_after import latest_before_after
from core.pipeline.forecasts import ForecastOutcome
from core.pipeline.measuring_plans import library_versions
from core.pipeline.performance import PerformanceView, RunRow
from core.pipeline.profile import latest_profile

HEADER = ("section", "item", "figure", "value")
Line = tuple[str, str, str, Any]


def performance_to_csv(app: Application, view: PerformanceView, t: Translator) -> bytes:
    """One line a figure: section, item, figure, value; UTF-8 with a mark, safe against formula injection.

    Each measurement is followed by what it was made with: machine, library versions, model, settings with the seed,
    the prompts' version. Texts are in the reader's language, names of figures are those of the program.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    for line in _lines(app, view, t):
        writer.writerow([escape_cell("" if cell is None else str(cell)) for cell in line])
    return out.getvalue().encode("utf-8-sig")


def _lines(app: Application, view: PerformanceView, t: Translator) -> Iterator[Line]:
    yield from _about("machine", {**asdict(view.machine), "device": view.device, "libraries": library_versions()})
    for kind in (MeasuringKind.PEAKS, MeasuringKind.ENGINES):
        for run in app.measurements.list(kind, 1):
            for row in run.rows:
                item = " ".join(
                    str(row[name]) for name in ("engine", "precision", "batch_size", "threads") if name in row
                )
                yield from _values(kind, item, row)
            yield from _about(kind, {"made_at": run.created_at.isoformat(), **run.machine})
    yield from _before_after(app)
    yield from _profile(app)
    for figure in view.figures:
        name = t.message(figure.name)
        yield "pipeline", name, "reported_seconds", figure.reported_seconds
        yield "pipeline", name, "measured_seconds", figure.measured_seconds
        yield "pipeline", name, "items", figure.items
    for outcome in view.outcomes:
        yield from _values("forecast", outcome.job.job_id, _outcome(outcome))
    for run_row in view.runs:
        yield from _values("run", run_row.job.job_id, _run(run_row))
        yield from (
            (f"run timing {run_row.job.job_id}", it.name, "seconds", it.seconds)
            for it in app.jobs.timings(run_row.job.job_id)
        )


def _before_after(app: Application) -> Iterator[Line]:
    found = latest_before_after(app)
    if found is None:
        return
    for way in found.ways:
        values = {**asdict(way), **asdict(way.configuration), "error": None if way.error is None else way.error.key}
        yield from _values("before_after", way.name, {**values, "configuration": None})
    yield from _about("before_after", {"made_at": found.made_at.isoformat(), **found.machine})


def _profile(app: Application) -> Iterator[Line]:
    found = latest_profile(app)
    if found is None:
        return
    for profile in (found.first, found.second):
        for name in ("seconds", "new_tokens", "peak_mib"):
            yield "profile", profile.precision, name, getattr(profile, name)
    for section, rows in (("profile operator", found.operators), ("profile function", found.functions)):
        yield from _parts(section, rows, (found.first.precision, found.second.precision))
    yield from _about("profile", {"made_at": found.made_at.isoformat(), **found.machine})


def _parts(section: str, rows: Sequence[ComparedPart], precisions: tuple[str, str]) -> Iterator[Line]:
    first, second = precisions
    for row in rows:
        yield section, row.name, f"{first}_seconds", row.first_seconds
        yield section, row.name, f"{first}_share", row.first_share
        yield section, row.name, f"{second}_seconds", row.second_seconds
        yield section, row.name, f"{second}_share", row.second_share
        yield section, row.name, "calls", row.calls


def _outcome(outcome: ForecastOutcome) -> dict[str, Any]:
    names = ("after", "remaining", "seconds", "low", "high", "actual_seconds", "was_interrupted", "error")
    return {name: getattr(outcome, name) for name in (*names, "was_within_range")}


def _run(run: RunRow) -> dict[str, Any]:
    names = ("finished_at", "items", "seconds", "seconds_per_item", "tokens_per_second")
    return {**{name: getattr(run, name) for name in names}, **run.job.spec}


def _about(section: str, about: Mapping[str, Any]) -> Iterator[Line]:
    return _values(f"{section} made with", "", about)


def _values(section: str, item: str, values: Mapping[str, Any]) -> Iterator[Line]:
    """Nested values become figures of their own, joined by dots; what is not there is left out."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from ((section, item, f"{name}.{inner}", each) for _, _, inner, each in _values("", "", value))
        elif value is not None:
            yield section, item, name, value
