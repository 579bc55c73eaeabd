"""Calibration: try engine, precision and batch size on the user's own prompts, and let "auto" mean the best."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from core.catalog.courses import build_courses
from core.catalog.export_safety import escape_cell
from core.catalog.isolation import read_table_isolated
from core.catalog.mapping import propose_mapping
from core.config import PROJECT_FOLDER, quiet_environment
from core.enhancement.prompts import build_messages, template_for
from core.errors import JobError
from core.i18n import Translator
from core.jobs import calibration_request as files
from core.jobs.calibration_request import CalibrationRequest
from core.jobs.calibration_rounds import run_rounds
from core.jobs.files import is_locked
from core.jobs.reasons import as_message, as_values
from core.measurement.calibration import Decision, Row, decide
from core.measurement.hardware import MachineFacts, get_device, get_optimal_dtype, machine_facts
from core.models.languages import can_write
from core.models.references import resolve
from core.pipeline.application import Application
from core.pipeline.calibration_choices import MAX_PROMPTS, configurations_for
from core.pipeline.engine_choice import Winner, store_winner
from core.pipeline.prompts import current_prompts
from core.pipeline.samples import SAMPLES
from core.pipeline.settings import change_settings, read_settings
from core.progress import SILENT, Progress
from core.records import Course, JobStatus, Message
from core.storage.conversion import new_id

DEFAULT_SECONDS = 120.0
BUSY_SHARE = 0.5  # of the cores: with more load than this the figures are said to be taken on a busy machine
_KIND = "calibration"
_NEW_TOKENS = 32  # a text's speed settles long before its end
_START_SECONDS = 15.0
_COLLECT_LOCK = threading.Lock()  # several pages may look at the same moment


@dataclass(frozen=True, slots=True)
class CalibrationProgress:
    """How far a calibration is."""

    is_running: bool
    share: float = 0.0  # of the time budget, 0 to 1
    label: Message | None = None


@dataclass(frozen=True, slots=True)
class CalibrationView:
    """A stored calibration."""

    made_at: datetime
    model_ref: str
    catalog: str
    device: str
    rows: tuple[Mapping[str, Any], ...]  # Row's fields flat, with engine, precision and batch_size; see `flat_row`
    machine: Mapping[str, Any]
    reason: Message
    was_busy: bool  # something else used the machine before a trial


def start_calibration(app: Application, seconds: float = DEFAULT_SECONDS) -> None:
    """Calibrate in the background; does nothing when that is under way. Raises JobError while a job runs."""
    if calibration_progress(app).is_running:
        return
    folder = _folder(app)
    _plan(app, seconds).save(folder)
    files.write_state(folder, {"is_running": True, "done": 0, "label": "calibration.step.starting"})
    app.config.logs_folder.mkdir(parents=True, exist_ok=True)
    with (app.config.logs_folder / "calibrate.log").open("wb") as log:
        subprocess.Popen(
            [sys.executable, "-m", "core.jobs.calibration_rounds", str(folder)],
            cwd=PROJECT_FOLDER,
            env={**quiet_environment(), "COURSELIFT_HOME": str(app.config.home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def run_calibration(
    app: Application, seconds: float = DEFAULT_SECONDS, progress: Progress = SILENT
) -> CalibrationView | None:
    """Calibrate here and now and store what came of it. Raises JobError while a job runs or another calibration does.

    None when the budget was over before anything was tried.
    """
    if calibration_progress(app).is_running:
        raise JobError("calibration.already_running")
    _plan(app, seconds).save(_folder(app))
    progress.start("calibration.step.running")
    run_rounds(_folder(app))
    progress.finish()
    _collect(app)
    return latest_calibration(app)


def calibration_progress(app: Application) -> CalibrationProgress:
    """How far a calibration is, whichever process started it; the trials of a finished one are stored now."""
    folder = _folder(app)
    state = files.read_state(folder)
    if is_locked(folder / files.LOCK_FILE) or _is_starting(folder, state):
        label = state.get("label", "calibration.step.starting")
        return CalibrationProgress(True, state.get("done", 0.0), Message(label, state.get("configuration", {})))
    _collect(app)
    return CalibrationProgress(False)


def latest_calibration(app: Application) -> CalibrationView | None:
    """The newest stored calibration; None before the first."""
    runs = app.measurements.list(_KIND, 1)
    if not runs:
        return None
    about = runs[0].machine
    busy = any(row["load_average"] > BUSY_SHARE * about["usable_cores"] for row in runs[0].rows)
    return CalibrationView(
        made_at=runs[0].created_at,
        model_ref=about["model_ref"],
        catalog=about["catalog"],
        device=about["device"],
        rows=runs[0].rows,
        machine=about,
        reason=as_message(about["reason"]),
        was_busy=busy,
    )


def calibration_to_csv(view: CalibrationView, t: Translator) -> bytes:
    """The rows and what is needed to repeat them, as CSV with a UTF-8 mark, safe against formula injection."""
    about = {name: str(view.machine[name]) for name in ("cpu", "usable_cores", "memory_mib", "system", "seconds")}
    about |= {"model": view.model_ref, "device": view.device, "made_at": view.made_at.isoformat()}
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for number, row in enumerate(view.rows):
        values = {**{name: value for name, value in row.items() if name != "error"}, **about}
        values["error"] = t.message(as_message(row["error"])) if row["error"] else ""
        if number == 0:
            writer.writerow(values)
        writer.writerow([escape_cell("" if value is None else str(value)) for value in values.values()])
    return out.getvalue().encode("utf-8-sig")


def _plan(app: Application, seconds: float) -> CalibrationRequest:
    """What to try. Raises JobError while a job runs, ModelError without a model."""
    if any(job.status in (JobStatus.QUEUED, JobStatus.RUNNING) for job in app.jobs.active()):
        raise JobError("calibration.job_running")
    settings = read_settings(app)
    folder = resolve(settings.generation_model, app.config)
    device = get_device()
    catalog, courses = _sample_courses(app, folder)
    prompts = current_prompts(app)
    return CalibrationRequest(
        request_id=new_id(),
        model_ref=settings.generation_model,
        device=device,
        seconds=seconds,
        settings=replace(settings.generation, max_new_tokens=_NEW_TOKENS).as_dict(),
        configurations=configurations_for(settings.generation_model, device, machine_facts()),
        catalog=catalog,
        chats=tuple(build_messages(course, template_for(course, prompts)) for course in courses),
    )


def _sample_courses(app: Application, folder: Path) -> tuple[str, list[Course]]:
    """Courses of the user's newest catalog that the model can write about, spread over it; else of the sample."""
    for catalog in sorted(app.catalogs.list(), key=lambda each: each.is_sample):
        courses = [
            each for each in app.catalogs.courses(catalog.catalog_id) if can_write(folder, each.language or "en")
        ]
        if courses:
            return catalog.name, courses[:: -(-len(courses) // MAX_PROMPTS)]
    table = read_table_isolated(SAMPLES[0].path, SAMPLES[0].path.name)
    return SAMPLES[0].name, list(build_courses(table, propose_mapping(table)).courses[:MAX_PROMPTS])


def _collect(app: Application) -> None:
    """Store the trials of a finished calibration, once, and let the winner be the default."""
    with _COLLECT_LOCK:
        folder = _folder(app)
        trials = files.read_trials(folder)
        if not trials:
            return
        request, facts = CalibrationRequest.load(folder), machine_facts()
        known = app.measurements.list(_KIND, 1)
        if known and known[0].machine.get("request_id") == request.request_id:
            return
        decision = decide(trials, request.configurations[0], _precision_reasons(request.device, facts))
        about = {
            **asdict(facts),
            "request_id": request.request_id,
            "model_ref": request.model_ref,
            "catalog": request.catalog,
            "device": request.device,
            "seconds": request.seconds,
            "settings": dict(request.settings),
            "reason": as_values(decision.reason),
        }
        app.measurements.save_run(_KIND, [flat_row(row) for row in decision.rows], about)
        _make_default(app, request, decision)


def _make_default(app: Application, request: CalibrationRequest, decision: Decision) -> None:
    best = decision.winner
    if best is None:
        return
    winner = Winner(best.engine, best.precision, best.batch_size, decision.reason)
    store_winner(app, request.model_ref, request.device, winner)
    settings = read_settings(app)
    if settings.generation_model == request.model_ref:
        generation = replace(settings.generation, batch_size=best.batch_size)
        change_settings(app, replace(settings, generation=generation))


def flat_row(row: Row) -> dict[str, Any]:
    """A row as plain JSON values, its configuration's fields first."""
    values = asdict(row)
    values["error"] = None if row.error is None else as_values(row.error)
    return {**values.pop("configuration"), **values}


def _precision_reasons(device: str, facts: MachineFacts) -> dict[str, Message]:
    rule = get_optimal_dtype(device, facts)
    return {rule.precision: rule.reason}


def _folder(app: Application) -> Path:
    return app.config.home / "calibration"


def _is_starting(folder: Path, state: Mapping[str, Any]) -> bool:
    """Whether a calibration was asked for and its process has not had the time to take the lock."""
    if not state.get("is_running"):
        return False
    return time.time() - (folder / files.STATE_FILE).stat().st_mtime < _START_SECONDS
