"""The verb `profile`: where the time of one generation goes, in two precisions."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from core.cli.output import Console, ConsoleProgress, Result
from core.measurement.profile import ComparedPart, PrecisionProfile
from core.pipeline.application import Application
from core.pipeline.measuring import run_measuring
from core.pipeline.profile import latest_profile, plan_profile

_LINES = 12  # of the table for people; the JSON object holds all


def profile(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """Profiles both precisions and tells the operators, what takes most time on top, and what follows."""
    request = plan_profile(app, options.precisions.split(","), options.batch_size, options.seconds)
    run_measuring(app, request, ConsoleProgress(console))
    view = latest_profile(app)
    assert view is not None  # noqa: S101  # run_measuring raises when nothing was found
    sentences = [console.t.message(finding) for finding in view.findings]
    lines = [
        console.t(
            "profile.row",
            name=row.name,
            first=row.first_seconds,
            first_share=row.first_share,
            second=row.second_seconds,
            second_share=row.second_share,
        )
        for row in view.operators[:_LINES]
    ]
    data = {
        "precisions": [_facts(view.first), _facts(view.second)],
        "operators": [_values(row) for row in view.operators],
        "functions": [_values(row) for row in view.functions],
        "findings": sentences,
        "batch_size": view.batch_size,
        "machine": dict(view.machine),
    }
    return Result(data, [*lines, *sentences])


def _facts(profile: PrecisionProfile) -> dict[str, object]:
    return {name: getattr(profile, name) for name in ("precision", "seconds", "new_tokens", "peak_mib")}


def _values(row: ComparedPart) -> dict[str, object]:
    return {**asdict(row), "difference": row.difference, "factor": row.factor}
