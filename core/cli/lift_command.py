"""The verb `lift`: whether generated texts help to find courses."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from core.cli.data_commands import choose_catalog
from core.cli.job_commands import enhancement_options, wait_for
from core.cli.output import Console, Result
from core.errors import JobError
from core.pipeline.application import Application
from core.pipeline.lift import LiftView, latest_lift, start_lift
from core.records import JobStatus


def lift(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """Measures, waits until it is done, and tells figures and verdict. Ctrl-C pauses; `resume` goes on."""
    catalog_id = choose_catalog(app, options)
    means = enhancement_options(app, options)
    job = start_lift(app, catalog_id, courses=options.courses, seed=options.seed or 0, options=means)
    job = wait_for(app, job, console)
    view = latest_lift(app, catalog_id)
    if job.status is not JobStatus.SUCCEEDED or view is None or view.lift_id != job.job_id:
        if job.error is not None:
            raise JobError(job.error.key, **job.error.params)
        raise JobError("cli.not_finished", status=job.status, job=job.job_id)
    data = lift_values(view) | {"job": job.job_id, "catalog": catalog_id, "reason": console.t.message(view.reason)}
    lines = [
        console.t(
            "lift.cli.row",
            name=console.t(f"lift.text.{each.text}"),
            mrr=f"{each.reciprocal_rank.mean:.3f}",
            low=f"{each.reciprocal_rank.low:.3f}",
            high=f"{each.reciprocal_rank.high:.3f}",
            recall=f"{each.recall.mean:.0%}",
        )
        for each in view.figures
        if each.group == "all"
    ]
    return Result(data, [*lines, console.t.message(view.reason)])


def lift_values(view: LiftView) -> dict[str, Any]:
    """A measurement as plain JSON values; the place of each course's description is left out."""
    return {
        "lift": view.lift_id,
        "made_at": view.made_at.isoformat(),
        "verdict": view.verdict.value,
        "strongest": view.strongest.value,
        "difference": asdict(view.difference),
        "gain": asdict(view.gain),
        "figures": [asdict(each) for each in view.figures],
        "about": {name: value for name, value in view.about.items() if name != "ranks"},
    }
