"""Verbs that run a job and wait for it. Ctrl-C pauses the job; `resume` goes on."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from core.cli.data_commands import choose_catalog
from core.cli.output import Console, Result
from core.errors import JobError
from core.i18n import Translator
from core.models.endpoints import confirm_endpoint, parse_endpoint
from core.pipeline import jobs
from core.pipeline.application import Application
from core.pipeline.embedding import plan_embedding, start_embedding
from core.pipeline.enhancement import (
    EnhancementOptions,
    EnhancementPlan,
    EnhancementScope,
    plan_enhancement,
    start_enhancement,
)
from core.pipeline.releases import unpublished, withdrawn
from core.pipeline.settings import change_settings, read_settings
from core.records import Job, JobKind, JobStatus

_POLL_SECONDS = 1.0
_PAUSE_SECONDS = 20.0  # how long to wait for a worker to pause


def enhance(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`enhance`: writes descriptions and waits until the job ends."""
    catalog_id = choose_catalog(app, options)
    plan = plan_enhancement(app, catalog_id, EnhancementScope(limit=options.limit), enhancement_options(app, options))
    refused = {
        "refused": len(plan.refused),
        "refused_reasons": [
            {"reason": console.t.message(reason), "courses": count} for reason, count in plan.refused_by_reason
        ],
        "already_written": plan.already_written,
    }
    for reason, count in plan.refused_by_reason:
        console.say(console.t("cli.refused", count=count, reason=reason))
    if not plan.courses and not plan.cached:
        if plan.refused:
            raise JobError("pipeline.error.all_refused", reason=plan.refused[0].reason)
        return Result(_nothing(catalog_id, plan) | refused, [console.t("pipeline.error.nothing_to_write")])
    job = wait_for(app, start_enhancement(app, plan), console)
    return _job_result(app, job, console, refused)


def resume(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`resume`: goes on with a paused job and waits until it ends."""
    return _job_result(app, wait_for(app, jobs.resume_job(app, options.job), console), console, {})


def embed(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`embed`: makes the missing vectors and waits until the job ends."""
    if options.model:
        change_settings(app, replace(read_settings(app), embedding_model=options.model))
    catalog_id = choose_catalog(app, options)
    plan = plan_embedding(app, catalog_id)
    known = {"already_embedded": plan.embedded, "model": plan.model_ref}
    if waiting := unpublished(app, catalog_id):
        console.say(console.t("release.cli.unpublished", count=waiting))
    if dropped := withdrawn(app, catalog_id):
        console.say(console.t("release.cli.withdrawn", count=dropped))
    job = start_embedding(app, catalog_id)
    if job is None:
        data = {"job": None, "catalog": catalog_id, "done": 0, "seconds": 0.0, **known}
        return Result(data, [console.t("cli.nothing_to_embed")])
    return _job_result(app, wait_for(app, job, console), console, known)


def _confirm_endpoint(app: Application, reference: str | None) -> None:
    settings = read_settings(app)
    endpoint = parse_endpoint(reference or settings.generation_model)
    confirm_endpoint(app.config, endpoint, settings.actor)


def enhancement_options(app: Application, options: argparse.Namespace) -> EnhancementOptions:
    """How to write, from the arguments and the settings; an endpoint that is to be confirmed is confirmed."""
    if options.confirm_endpoint:
        _confirm_endpoint(app, options.model)
    settings = read_settings(app).generation
    given = {"max_new_tokens": options.max_new_tokens, "batch_size": options.batch_size, "seed": options.seed}
    settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    if options.greedy:
        settings = replace(settings, do_sample=False)
    return EnhancementOptions(options.engine, options.model, options.precision, settings)


def _nothing(catalog_id: str, plan: EnhancementPlan) -> dict[str, Any]:
    return {"job": None, "catalog": catalog_id, "status": JobStatus.SUCCEEDED.value, "courses": 0, "done": 0}


def wait_for(app: Application, job: Job, console: Console) -> Job:
    """Show progress until the job ends or is paused; Ctrl-C pauses it."""
    try:
        while True:
            job = app.job_service.wait(job.job_id, _POLL_SECONDS)
            console.show(_progress_line(app, job, console.t))
            if job.status.is_final or job.status is JobStatus.PAUSED:
                return job
    except KeyboardInterrupt:
        console.say(console.t("cli.pausing"))
        jobs.pause_job(app, job.job_id)
        return app.job_service.wait(job.job_id, _PAUSE_SECONDS)


def _progress_line(app: Application, job: Job, t: Translator) -> str:
    progress = jobs.job_progress(app, job.job_id)
    parts = [t.message(progress.phase), f"{job.total - job.pending}/{job.total}"]
    if progress.tokens_per_second:
        parts.append(t("cli.speed", tokens=f"{progress.tokens_per_second:.0f}"))
    if progress.time_left is not None and not job.status.is_final:
        parts.append(t("cli.time_left", seconds=f"{progress.time_left.seconds:.0f}"))
    return " · ".join(parts)


def _job_result(app: Application, job: Job, console: Console, more: dict[str, Any]) -> Result:
    report = jobs.job_report(app, job.job_id)
    is_text = job.kind is JobKind.ENHANCE
    data: dict[str, Any] = {
        "job": job.job_id,
        "catalog": job.catalog_id,
        "status": job.status.value,
        "courses" if is_text else "texts": job.total,
        "done": job.done,
        "failed": job.failed,
        "set_aside": job.set_aside,
        "cached": report.cached,
        "seconds": round(report.seconds, 3),
        **{name: job.spec.get(name) for name in ("engine", "precision", "device")},
        "model": job.spec.get("model_ref"),
        "engine_note": None if report.engine_note is None else console.t.message(report.engine_note),
        "timings": [
            {"name": part.name, "seconds": round(part.seconds, 3), "share": round(part.share, 4), "count": part.count}
            for part in report.timings
        ],
        **more,
    }
    if data["engine_note"]:
        console.say(data["engine_note"])
    if is_text:
        written = app.enhancements.of_job(job.job_id)
        data["tokens"] = report.new_tokens
        data["tokens_per_second"] = round(report.tokens_per_second, 2)
        data["with_hard_findings"] = sum(each.has_hard_finding for each in written)
    if job.status is JobStatus.SUCCEEDED:
        return Result(data, _lines(data, is_text, console.t))
    reason = job.error if job.error is not None else None
    sentence = console.t.message(reason) if reason else console.t("cli.not_finished", status=job.status, job=job.job_id)
    console.say(sentence)
    return Result({"error": sentence, **data}, exit_code=1)


def _lines(data: dict[str, Any], is_text: bool, t: Translator) -> list[str]:
    lines = [t("cli.enhanced" if is_text else "cli.embedded", **data)]
    lines += [f"  {part['name']:<16}{part['seconds']:>10.2f} s {part['share']:>7.1%}" for part in data["timings"]]
    return lines
