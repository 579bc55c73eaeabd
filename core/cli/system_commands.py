"""Verbs about the installation: models, backup, restore."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from typing import Any

from core.cli.output import Console, ConsoleProgress, Result
from core.config import Config
from core.errors import StorageError
from core.pipeline import backup as backups
from core.pipeline import verify as verifying
from core.pipeline.application import Application
from core.pipeline.models import ModelStatus, install_models, models_of
from core.records import Message


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


def verify(config: Config, options: argparse.Namespace, console: Console) -> Result:
    """`verify`: whether all is as it was stored; with `--repair` mends first what can be mended."""
    steps: tuple[Message, ...] = ()
    data: dict[str, Any] = {}
    if options.repair:
        done = verifying.repair(config)
        report, steps = done.after, done.steps
        places = {"restored_from": done.restored_from, "set_aside": done.set_aside}
        data = asdict(done.mended)
        data |= {name: None if path is None else str(path) for name, path in places.items()}
    else:
        with Application(config, watch_jobs=False) as app:
            report = verifying.verify(app)
    data |= {"holds": report.holds, "seconds": round(report.seconds, 3)}
    data["checks"] = [
        {
            "name": check.name,
            "looked_at": check.looked_at,
            "faults": [console.t.message(fault) for fault in check.faults],
            "notes": [console.t.message(note) for note in check.notes],
        }
        for check in report.checks
    ]
    found = [message for check in report.checks for message in (*check.faults, *check.notes)]
    lines = [console.t.message(message) for message in (*steps, *found)]
    if report.holds:
        return Result(data, [*lines, console.t.message(report.summary)])
    left = Message("verify.faults_left", {"count": len(report.faults)})
    sentence = console.t.message(left if options.repair else report.summary)
    console.say(sentence)
    return Result({"error": sentence, **data}, lines, exit_code=1)


def _line(model: ModelStatus, console: Console) -> str:
    state = console.t("cli.installed" if model.is_installed else "cli.not_installed")
    return f"{model.ref}  {state}  {model.size_mib:.0f} MiB  {model.licence}  {', '.join(model.languages)}"
