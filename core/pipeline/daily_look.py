"""Looks once a day by itself whether everything holds, so that nobody has to think of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.pipeline.application import Application
from core.pipeline.verify import VerifyReport, verify

LOOK_SECONDS = 60.0  # between two times when it is asked whether a look is due
_EVERY = timedelta(days=1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What was found, and when."""

    at: datetime
    report: VerifyReport


def look(app: Application, *, every_list: bool = True) -> VerifyReport:
    """Look now, and keep what was found as the application's `last_look`. `every_list`: see `verify`."""
    report = verify(app, every_list=every_list)
    if not report.holds:
        report = verify(app, every_list=every_list)  # what somebody was just changing is whole the second time
    app.last_look = Look(datetime.now(UTC), report)
    if not report.holds:
        faulty = [check.name for check in report.checks if check.faults]
        logger.warning("%d things do not hold: %s", len(report.faults), ", ".join(faulty))
    return report


def look_when_due(app: Application) -> None:
    """Look unless it was done within the last day; a clock that was ahead does not put it off."""
    if app.last_look is None or not timedelta(0) <= datetime.now(UTC) - app.last_look.at < _EVERY:
        look(app, every_list=False)
