"""The embedded models: what is installed, and installing it in a process of its own."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.access.actor import requires
from core.access.roles import Permission
from core.config import PROJECT_FOLDER, Config, quiet_environment
from core.embedding.openvino_export import ENCODER_EXPORT
from core.errors import CourseLiftError
from core.generation.openvino_export import DECODER_EXPORT
from core.generation.registry import default_engine
from core.jobs.files import is_locked, locked, write_atomically
from core.measurement.hardware import get_device
from core.models.bundled import BUNDLED, E5_SMALL, SMOLLM2, bundled_folder, install, is_installed, size_on_disk_mib
from core.models.exports import drop_unused_exports
from core.pipeline.application import Application
from core.progress import SILENT, Progress
from core.records import Message

_LOCK_FILE = ".install.lock"
_STATE_FILE = ".install.json"
_LOG_FILE = "install.log"
_START_SECONDS = 15.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One embedded model."""

    name: str  # "smollm2-135m-instruct"
    title: str  # "SmolLM2-135M-Instruct"
    ref: str  # "bundled:smollm2-135m-instruct"
    purpose: str  # "generation" or "embedding"
    is_installed: bool
    size_mib: float  # on disk, 0 when not installed
    licence: str
    languages: tuple[str, ...]  # it can work in: "ko", "en"


@dataclass(frozen=True, slots=True)
class InstallProgress:
    """How far an installation is."""

    is_running: bool
    model: str = ""  # the title of the one it is at
    label: Message | None = None  # what it does now
    done: int = 0
    total: int | None = None
    error: str = ""  # a sentence in English; "" when nothing failed


def list_models(app: Application) -> tuple[ModelStatus, ...]:
    """The embedded models and whether they are installed."""
    return models_of(app.config)


def models_of(config: Config) -> tuple[ModelStatus, ...]:
    """The same without opening the database."""
    return tuple(
        ModelStatus(
            name=model.name,
            title=model.title,
            ref=model.reference,
            purpose=model.purpose,
            is_installed=is_installed(model.name, config),
            size_mib=size_on_disk_mib(model.name, config),
            licence=model.licence,
            languages=model.languages,
        )
        for model in BUNDLED.values()
    )


@requires(Permission.CONFIGURE)
def start_install(app: Application) -> None:
    """Install the missing embedded models in a process of its own; does nothing when that is under way."""
    if install_progress(app).is_running:
        return
    app.config.models_folder.mkdir(parents=True, exist_ok=True)
    app.config.logs_folder.mkdir(parents=True, exist_ok=True)
    _write_state(app.config, InstallProgress(True))
    with (app.config.logs_folder / _LOG_FILE).open("wb") as log:
        subprocess.Popen(
            [sys.executable, "-m", "core", "models", "install"],
            cwd=PROJECT_FOLDER,
            env={**quiet_environment(), "COURSELIFT_HOME": str(app.config.home)},
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def install_progress(app: Application) -> InstallProgress:
    """How far the installation is, whichever process started it."""
    state = _read_state(app.config)
    return InstallProgress(
        is_running=is_locked(app.config.models_folder / _LOCK_FILE) or _is_starting(app.config, state),
        model=state.get("model", ""),
        label=Message(state["label"]["key"]) if state.get("label") else None,
        done=state.get("done", 0),
        total=state.get("total"),
        error=state.get("error", ""),
    )


@requires(Permission.CONFIGURE)
def install_models(config: Config, progress: Progress = SILENT) -> tuple[Path, ...]:
    """Install what is missing, here and now; a second process waits for the first. Raises ModelError.

    Imports a model library: call it in a process of its own, never in the app's.
    """
    config.models_folder.mkdir(parents=True, exist_ok=True)
    with locked(config.models_folder / _LOCK_FILE):
        try:
            folders = tuple(
                install(name, config, _Reporter(config, model.title, progress)) for name, model in BUNDLED.items()
            )
        except CourseLiftError as error:
            _write_state(config, InstallProgress(False, error=str(error)))
            raise
        _prepare_openvino(config, progress)
        _write_state(config, InstallProgress(False))
    return folders


def _prepare_openvino(config: Config, progress: Progress) -> None:
    """Export the embedded models where OpenVINO would run them, so that the first job need not wait.

    Without an export the model still works, so a failure is no failed installation: the first job tries again.
    """
    if default_engine(get_device()) != "openvino":
        return
    try:
        for model, export in ((SMOLLM2, DECODER_EXPORT), (E5_SMALL, ENCODER_EXPORT)):
            export.ensure(bundled_folder(model.name, config), _Reporter(config, model.title, progress))
        drop_unused_exports()
    except CourseLiftError as error:
        logger.warning("no OpenVINO export: %s", error)


class _Reporter(Progress):
    """Passes progress on and keeps its newest state in a file that the app reads."""

    def __init__(self, config: Config, model: str, other: Progress) -> None:
        self._config = config
        self._model = model
        self._other = other
        self._state = InstallProgress(True, model)

    def start(self, label: str, total: int | None = None) -> None:
        self._other.start(label, total)
        self._set(InstallProgress(True, self._model, Message(label), 0, total))

    def advance(self, steps: int = 1) -> None:
        self._other.advance(steps)
        state = self._state
        self._set(InstallProgress(True, self._model, state.label, state.done + steps, state.total))

    def finish(self) -> None:
        self._other.finish()

    def _set(self, state: InstallProgress) -> None:
        self._state = state
        _write_state(self._config, state)


def _write_state(config: Config, state: InstallProgress) -> None:
    write_atomically(config.models_folder / _STATE_FILE, json.dumps(asdict(state)).encode(), durable=False)


def _read_state(config: Config) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((config.models_folder / _STATE_FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return state


def _is_starting(config: Config, state: dict[str, Any]) -> bool:
    """Whether an installation was asked for and its process has not had the time to take the lock."""
    if not state.get("is_running"):
        return False
    return time.time() - (config.models_folder / _STATE_FILE).stat().st_mtime < _START_SECONDS
