"""The whole pipeline once, measured and scaled to the report's sizes, beside the report's figures.

    python -m benchmarks.pipeline [--quick] [--json FILE] [--descriptions 256] [--batch 64]

In a state folder of its own, through the same functions as the dashboard: load the sample catalog and students, write
descriptions (a job), make the vectors of the whole catalog (a job), rank all students and store their lists with
their reasons. The time to load the writing model is stated apart; the work is scaled to the report's sizes by the count
of what was made.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.config import Config, load_config
from core.generation.engine import GenerationSettings
from core.measurement.hardware import machine_facts
from core.pipeline.application import Application
from core.pipeline.embedding import start_embedding
from core.pipeline.enhancement import EnhancementOptions, EnhancementScope, plan_enhancement, start_enhancement
from core.pipeline.jobs import job_report
from core.pipeline.recommendation import recommend
from core.pipeline.samples import load_sample, load_sample_students
from core.records import DescriptionStatus

# Part -> what it is counted in, the report's count and its seconds.
REPORT = {
    "load the model": (1, 3.0),
    "vectors": (2_000, 40.0),
    "descriptions": (1_200, 24 * 60.0),
    "students": (5_000, 3 * 60.0),
}


def run(app: Application, descriptions: int, batch: int) -> dict[str, tuple[int, float]]:
    """Count and seconds of each part."""
    catalog = load_sample(app, "rpi").catalog_id
    load_sample_students(app, catalog)
    scope = EnhancementScope(frozenset(DescriptionStatus), limit=descriptions)
    options = EnhancementOptions(settings=GenerationSettings(batch_size=batch))
    job = start_enhancement(app, plan_enhancement(app, catalog, scope, options))
    job = app.job_service.wait(job.job_id)
    report = job_report(app, job.job_id)
    loading = sum(part.seconds for part in report.timings if part.name == "load_model")
    found = {"load the model": (1, loading), "descriptions": (job.done, report.seconds)}
    embedding = start_embedding(app, catalog)
    assert embedding is not None, "a fresh catalog has no vectors"
    vectors = app.job_service.wait(embedding.job_id)
    found["vectors"] = (vectors.done, job_report(app, vectors.job_id).seconds)
    began = time.perf_counter()
    students = recommend(app, catalog).students
    found["students"] = (students, time.perf_counter() - began)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="16 descriptions")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--descriptions", type=int, default=256)
    parser.add_argument("--batch", type=int, default=64, help="descriptions side by side")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "models").symlink_to(load_config().models_folder)
        os.environ["COURSELIFT_HOME"] = folder
        with Application(Config(Path(folder)), watch_jobs=False) as app:
            found = run(app, 16 if options.quick else options.descriptions, options.batch)
    rows: list[dict[str, Any]] = []
    for name, (count, reported) in REPORT.items():
        made, seconds = found[name]
        scaled = seconds / made * count
        rows.append({"part": name, "made": made, "seconds": seconds, "scaled_to": count, "scaled_seconds": scaled})
        rows[-1] |= {"reported_seconds": reported, "factor": reported / scaled}
    facts = machine_facts()
    print(f"{facts.cpu}, {facts.usable_cores} cores, {facts.memory_mib} MiB")
    print(f"{'':<16}{'made':>7}{'seconds':>9}{'scaled to':>11}{'seconds':>9}{'report':>8}{'factor':>8}")
    for row in rows:
        print(
            f"{row['part']:<16}{row['made']:>7}{row['seconds']:>9.1f}{row['scaled_to']:>11}"
            f"{row['scaled_seconds']:>9.1f}{row['reported_seconds']:>8.0f}{row['factor']:>8.1f}"
        )
    total = sum(row["scaled_seconds"] for row in rows)
    reported = sum(row["reported_seconds"] for row in rows)
    print(f"{'all':<16}{'':>27}{total:>9.1f}{reported:>8.0f}{reported / total:>8.1f}")
    if options.json:
        result = {"machine": asdict(facts), "rows": rows, "scaled_seconds": total, "reported_seconds": reported}
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
