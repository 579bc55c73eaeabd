"""A CourseLift job as a contender: from the click to the texts in the database."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from core.config import Config
from core.generation.engine import GenerationSettings
from core.jobs.journal import JOURNAL_FILE, Journal
from core.pipeline.application import Application
from core.pipeline.enhancement import EnhancementOptions, EnhancementScope, plan_enhancement, start_enhancement
from core.pipeline.forecasts import forecast_outcomes
from core.pipeline.samples import load_sample
from core.records import DescriptionStatus


def ours(request: dict[str, Any]) -> dict[str, Any]:
    """A job as the dashboard starts it, in a state folder of its own: plan, worker, journal, checks, store.

    `seconds` is from the first attempt's record to the last result on the disk; `total_seconds` from the click to the
    end of the job in the database, with the worker's start and the model's loading.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "models").symlink_to(request["models"])
        os.environ["COURSELIFT_HOME"] = folder
        settings = GenerationSettings(
            max_new_tokens=request["max_new_tokens"],
            do_sample=request["sampled"],
            repetition_penalty=1.1 if request["sampled"] else 1.0,
            batch_size=request["batch"],
        )
        with Application(Config(home), watch_jobs=False) as app:
            catalog = load_sample(app, request["catalog"]).catalog_id
            scope = EnhancementScope(frozenset(DescriptionStatus), course_keys=frozenset(request["courses"]))
            options = EnhancementOptions(engine="openvino", precision=request["precision"], settings=settings)
            plan = plan_enhancement(app, catalog, scope, options)
            began = time.perf_counter()
            job = start_enhancement(app, plan)
            job = app.job_service.wait(job.job_id)
            total = time.perf_counter() - began
            made, samples = app.enhancements.of_job(job.job_id), app.jobs.samples(job.job_id)
            parts = {part.name: part.seconds for part in app.jobs.timings(job.job_id)}
            seconds = _journal_seconds(app.config.jobs_folder / job.job_id)
            foretold = [asdict(each) | {"job": None} for each in forecast_outcomes(app, [job])]
    return {
        "load_seconds": total - seconds,
        "seconds": seconds,
        "total_seconds": total,
        "parts": parts,
        "forecasts": foretold,
        "new_tokens": sum(each.new_tokens for each in made),
        "prompt_tokens": sum(each.prompt_tokens for each in made),
        "texts": len(made),
        "cpu_seconds": resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime,
        "peak_mib": max((sample.rss_mib for sample in samples), default=0.0),
        "example": made[0].text if made else "",
    }


def _journal_seconds(folder: Path) -> float:
    times: dict[str, list[str]] = {}
    for line in Journal(folder / JOURNAL_FILE).read_from():
        if line.record is not None:
            times.setdefault(line.record["kind"], []).append(line.record["at"])
    return (datetime.fromisoformat(times["result"][-1]) - datetime.fromisoformat(times["started"][0])).total_seconds()
