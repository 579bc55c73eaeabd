"""Verbs about the installation: models, backup, restore."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict

from core.cli.output import Console, ConsoleProgress, Result
from core.config import Config
from core.errors import StorageError
from core.pipeline import backup as backups
from core.pipeline.application import Application
from core.pipeline.models import ModelStatus, install_models, models_of


def models(config: Config, options: argparse.Namespace, console: Console) -> Result:
    """`models install` and `models list`."""
    started = time.perf_counter()
    if options.models == "install":
        install_models(config, ConsoleProgress(console))
    found = models_of(config)
    data = {"models": [asdict(model) for model in found], "seconds": round(time.perf_counter() - started, 2)}
    return Result(data, [_line(model, console) for model in found])


def backup(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`backup`: a copy of the database in the backups folder."""
    made = backups.make_backup(app)
    data = {"path": str(made.path), "size_mib": round(made.size_mib, 2)}
    return Result(data, [console.t("cli.backup", path=made.path)])


def restore(config: Config, options: argparse.Namespace, console: Console) -> Result:
    """`restore FILE`: puts a copy in place of the database."""
    if not options.file.is_file():
        raise StorageError("cli.no_backup", path=options.file)
    aside = backups.restore(config, options.file)
    data = {"restored": str(options.file), "set_aside": None if aside is None else str(aside)}
    return Result(data, [console.t("cli.restored", path=options.file)])


def _line(model: ModelStatus, console: Console) -> str:
    state = console.t("cli.installed" if model.is_installed else "cli.not_installed")
    return f"{model.ref}  {state}  {model.size_mib:.0f} MiB  {model.licence}  {', '.join(model.languages)}"
