"""The verb `calibrate`: which engine, precision and batch size is best here."""

from __future__ import annotations

import argparse

from core.cli.output import Console, ConsoleProgress, Result
from core.errors import JobError
from core.pipeline.application import Application
from core.pipeline.calibration import run_calibration


def calibrate(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """Measures within the time budget, tells the rows, and sets the winner as the default."""
    view = run_calibration(app, options.seconds, ConsoleProgress(console))
    if view is None:
        raise JobError("calibration.nothing")
    reason = console.t.message(view.reason)
    lines = [
        console.t(
            "calibration.row",
            name=f"{row['engine']} {row['precision']} x{row['batch_size']}",
            rate=row["courses_per_minute"],
            low=row["low"],
            high=row["high"],
            peak=row["peak_mib"],
            same=row["agreement"],
            verdict=console.t(f"calibration.verdict.{row['verdict']}"),
        )
        for row in view.rows
    ]
    if view.was_busy:
        lines.append(console.t("calibration.busy"))
    data = {"rows": list(view.rows), "machine": dict(view.machine), "reason": reason, "was_busy": view.was_busy}
    return Result(data, [*lines, reason])
