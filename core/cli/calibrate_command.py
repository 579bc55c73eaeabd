"""The verb `calibrate`: which engine, precision and batch size is best here."""

from __future__ import annotations

import argparse

from core.cli.output import Console, ConsoleProgress, Result
from core.errors import JobError
from core.pipeline.application import Application
from core.pipeline.calibration import latest_calibration, plan_calibration
from core.pipeline.measuring import run_measuring


def calibrate(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """Measures within the time budget, tells the rows, and sets the winner as the default."""
    request = plan_calibration(app, options.seconds)
    run_measuring(app, request, ConsoleProgress(console))
    view = latest_calibration(app)
    if view is None or view.machine["request_id"] != request.request_id:
        raise JobError("measuring.nothing")
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
        lines.append(console.t("measuring.busy"))
    data = {"rows": list(view.rows), "machine": dict(view.machine), "reason": reason, "was_busy": view.was_busy}
    return Result(data, [*lines, reason])
