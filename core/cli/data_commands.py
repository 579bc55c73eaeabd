"""Verbs that read or change data at once: intake, triage, approve, recommend, explain, export, status."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from core.cli.output import Console, Result, problem_values, write_output
from core.errors import CourseLiftError
from core.pipeline import export as exports
from core.pipeline import recommendation, review
from core.pipeline.application import Application
from core.pipeline.backup import back_up_when_due
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.settings import read_settings
from core.pipeline.status import overview
from core.pipeline.student_access import find_student, note_access
from core.pipeline.student_intake import apply_students, preview_students
from core.pipeline.students import RecommendedCourse, student_view
from core.pipeline.triage import triage_catalog
from core.recommendation.blend import Weights
from core.records import Contribution


def choose_catalog(app: Application, options: argparse.Namespace) -> str:
    """The catalog that `--catalog` names by id or name, the newest without it.

    Raises CourseLiftError when there is none.
    """
    catalogs = app.catalogs.list()
    wanted = options.catalog
    found = [it for it in catalogs if wanted in (None, it.catalog_id, it.name)]
    if not found:
        raise CourseLiftError("cli.no_catalog" if wanted is None else "cli.unknown_catalog", name=wanted or "")
    return found[-1].catalog_id


def intake(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`intake catalog FILE` and `intake students FILE`."""
    result = (_intake_catalog if options.intake == "catalog" else _intake_students)(app, options, console)
    back_up_when_due(app)
    return result


def _intake_catalog(app: Application, options: argparse.Namespace, console: Console) -> Result:
    catalog_id = choose_catalog(app, options) if options.catalog else _catalog_called(app, options.name)
    preview = preview_catalog(
        app, options.file, options.file.name, catalog_id=catalog_id, merge_sections=not options.keep_sections
    )
    done = apply_catalog(app, preview, name=options.name)
    data: dict[str, Any] = {
        "catalog": done.catalog_id,
        "import": done.import_id,
        "courses": done.courses,
        "added": done.added,
        "changed": done.changed,
        "renamed": done.renamed,
        "removed": done.removed,
        "unchanged": done.unchanged,
        "corrections_kept": done.corrections,
        "corrections_not_applied": done.corrections_not_applied,
        "columns": dict(preview.mapping.fields),
        "problem_count": len(done.problems),
        "problems": problem_values(done.problems, console.t),
        "seconds": round(done.seconds, 3),
    }
    return Result(data, [console.t("cli.catalog_stored", **data)])


def _catalog_called(app: Application, name: str) -> str | None:
    found = app.catalogs.find_by_name(name) if name else None
    return None if found is None else found.catalog_id


def _intake_students(app: Application, options: argparse.Namespace, console: Console) -> Result:
    catalog_id = choose_catalog(app, options) if options.catalog or app.catalogs.list() else None
    done = apply_students(app, preview_students(app, options.file, options.file.name, catalog_id=catalog_id))
    data = {
        "students": done.students,
        "departments": done.departments,
        "interests": done.interests,
        "problem_count": len(done.problems),
        "problems": problem_values(done.problems, console.t),
        "seconds": round(done.seconds, 3),
    }
    return Result(data, [console.t("cli.students_stored", **data)])


def triage(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`triage`: judges every description of a catalog."""
    catalog_id = choose_catalog(app, options)
    report = triage_catalog(app, catalog_id)
    statuses = {status.value: count for status, count in report.statuses.items()}
    data = {
        "catalog": catalog_id,
        "courses": len(report.courses),
        "statuses": statuses,
        "thresholds": report.thresholds.as_dict(),
        "departments": [
            {"department": it.department, "courses": it.total, "insufficient": it.insufficient}
            for it in report.departments
        ],
    }
    lines = [f"{console.t(f'cli.status.{status}')}: {count}" for status, count in statuses.items()]
    return Result(data, lines)


def approve(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`approve --job ID --passing`: approves the job's drafts that have no hard finding."""
    job = app.jobs.get(options.job)
    by = options.by or read_settings(app).actor or "cli"
    done = review.approve_passing(app, job.catalog_id, by=by, job_id=job.job_id)
    data = {"job": job.job_id, "catalog": job.catalog_id, **asdict(done)}
    return Result(data, [console.t("cli.approved", approved=done.approved, held_back=done.held_back)])


def recommend(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`recommend`: ranks all students and stores their lists."""
    started = time.perf_counter()
    catalog_id = choose_catalog(app, options)
    weights = Weights.parse(options.weights).as_mapping() if options.weights else None
    done = recommendation.recommend(app, catalog_id, weights, top_k=options.top)
    data = {
        "run": done.run_id,
        "catalog": catalog_id,
        "students": done.students,
        "recommendations": done.recommendations,
        "top": done.top_k,
        "weights": dict(done.weight_set.weights),
        "weight_set": done.weight_set.weight_set_id,
        "ranking_seconds": round(done.seconds, 3),
        "seconds": round(time.perf_counter() - started, 3),
    }
    return Result(data, [console.t("cli.recommended", **data)])


def explain(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`explain --student ID`: the student's stored list with reasons. The look is noted in the access log."""
    catalog_id = choose_catalog(app, options)
    run = recommendation.latest_run(app, catalog_id)
    outdated = [] if run is None else [console.t.message(change) for change in run.outdated]
    view = student_view(app, catalog_id, find_student(app, options.student))
    note_access(app, "explain", [view.student.student_id])
    data = {
        "student": options.student,
        "department": view.student.department,
        "interests": list(view.student.interests),
        "run": view.run_id,
        "outdated": outdated,
        "weights": dict(view.weights),
        "recommendations": [_place(item, console) for item in view.recommendations],
    }
    lines = [console.t("students.lists_outdated", changes=" ".join(outdated))] if view.run_id and outdated else []
    for item in view.recommendations:
        lines.append(f"{item.rank:>2}. {item.course.title} ({item.course.code or '-'})  {item.score:.3f}")
        lines += [f"      {item_reason}" for item_reason in map(console.t.message, item.reasons)]
    return Result(data, lines or [console.t("pipeline.error.no_run")])


def _place(item: RecommendedCourse, console: Console) -> dict[str, Any]:
    return {
        "rank": item.rank,
        "course": item.course.course_key,
        "title": item.course.title,
        "department": item.course.department,
        "score": item.score,
        "contributions": contribution_values(item.contributions),
        "reasons": [console.t.message(reason) for reason in item.reasons],
    }


def contribution_values(contributions: Sequence[Contribution]) -> list[dict[str, Any]]:
    """The addends of a score as plain JSON values."""
    return [
        {"signal": each.signal, "weight": each.weight, "value": each.value, "amount": each.amount}
        for each in contributions
    ]


def export(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`export`: the catalog with its published descriptions as a file."""
    catalog_id = choose_catalog(app, options)
    content = exports.export_catalog(app, catalog_id, options.format, console.t.language)
    if options.output is None:
        path = exports.write_export(app, content, exports.export_name(app, catalog_id, options.format))
    else:
        path = options.output
        write_output(path, content)
    data = {"catalog": catalog_id, "path": str(path), "format": options.format.value, "bytes": len(content)}
    return Result(data, [console.t("cli.exported", path=path)])


def status(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`status`: where the term stands and what to do next."""
    catalog_id = choose_catalog(app, options) if options.catalog else None
    now = overview(app, catalog_id)
    current = now.current
    data: dict[str, Any] = {
        "catalogs": [{"id": it.catalog_id, "name": it.name, "courses": it.course_count} for it in now.catalogs],
        "students": now.student_count,
        "models_are_ready": now.models_are_ready,
        "active_jobs": [
            {"job": it.job_id, "kind": it.kind.value, "status": it.status.value, "done": it.done, "total": it.total}
            for it in now.active_jobs
        ],
        "next": [console.t.message(step.message) for step in now.next_steps],
        "catalog": None,
    }
    if current is not None:
        data["catalog"] = {
            "id": current.catalog.catalog_id,
            "name": current.catalog.name,
            "statuses": {each.value: count for each, count in current.statuses.items()},
            "review": {each.value: count for each, count in current.review.items()},
            "published": current.published,
            "unreleased": current.unreleased,
            "withdrawn": current.withdrawn,
            "embedded": current.embedded,
            "unembedded": current.unembedded,
            "recommended_students": current.recommended_students,
            "lists_are_outdated": current.lists_are_outdated,
        }
    lines = [f"{it.name}  {it.catalog_id}  {it.course_count}" for it in now.catalogs]
    return Result(data, [*lines, *(f"→ {step}" for step in data["next"])])
