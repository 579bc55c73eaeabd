"""`replay`: what a student's list was at some time, and whether it still is."""

from __future__ import annotations

import argparse
from datetime import datetime, time
from typing import Any

from core.cli.data_commands import choose_catalog, contribution_values
from core.cli.output import Console, Result
from core.pipeline.application import Application
from core.pipeline.replay import replay as replay_list
from core.pipeline.student_access import find_student, note_access


def moment(text: str) -> datetime:
    """A date or a time as ISO 8601 writes it; a date means its end, a time without a zone is this machine's.

    Raises ValueError for anything else.
    """
    found = datetime.fromisoformat(text)
    if len(text) <= len("2026-03-01"):
        found = datetime.combine(found, time.max)
    return found.astimezone()


def replay(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`replay --student ID [--at DATE]`. The look is noted in the access log; a list that was altered ends with 1."""
    catalog_id = choose_catalog(app, options)
    student_id = find_student(app, options.student)
    found = replay_list(app, catalog_id, student_id, options.at)
    note_access(app, "replay", [student_id])
    run, weight_set = found.run, found.weight_set
    verdict = [console.t.message(message) for message in found.verdict]
    data: dict[str, Any] = {
        "student": options.student,
        "run": run.run_id,
        "made_at": run.created_at.isoformat(),
        "weight_set": {"id": weight_set.weight_set_id, "name": weight_set.name, "version": weight_set.version},
        "weights": dict(weight_set.weights),
        "options": dict(weight_set.options),
        "embedding_model": run.embedding_model,
        "text_version": run.text_version,
        "release": None if found.release is None else {"id": run.release_id, "name": found.release.name},
        "data_version": run.data_version,
        "recommendations": [
            {
                "rank": place.stored.rank,
                "course": place.stored.course_key,
                "title": place.course.title if place.course else None,
                "score": place.stored.score,
                "contributions": contribution_values(place.stored.contributions),
            }
            for place in found.places
        ],
        "holds": found.holds,
        "is_unaltered": found.is_unaltered,
        "changed": list(found.changed),
        "is_same_now": found.is_same_now,
        "verdict": verdict,
    }
    made = {
        "name": weight_set.name,
        "version": weight_set.version,
        "made_at": f"{run.created_at.astimezone():%F %H:%M}",
    }
    lines = [console.t("tuning.replay.made", **made)]
    for place in found.places:
        name = f"{place.course.title} ({place.course.code or '-'})" if place.course else place.stored.course_key
        lines.append(f"{place.stored.rank:>2}. {name}  {place.stored.score:.3f}")
    return Result(data, [*lines, *verdict], exit_code=0 if found.holds else 1)
