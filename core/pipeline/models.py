"""The embedded models: what is installed, and installing it in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass

from core.pipeline.application import Application
from core.records import Message


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One embedded model."""

    name: str  # "smollm2-135m-instruct"
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
    label: Message | None  # what it does now
    done: int
    total: int | None
    error: str  # "" when nothing failed


def list_models(app: Application) -> tuple[ModelStatus, ...]:
    """The embedded models and whether they are installed."""
    raise NotImplementedError


def start_install(app: Application) -> None:
    """Install the missing embedded models in the background; does nothing when that is under way."""
    raise NotImplementedError


def install_progress(app: Application) -> InstallProgress:
    """How far the installation is, whichever process started it."""
    raise NotImplementedError
