"""Every page in turn while an enhancement job keeps the machine busy: how long it takes and what it costs the server.

    python -m benchmarks.pages [--visits 20] [--idle] [--json]

In a state folder of its own with the RPI catalog, the 5,000 invented students, lists, and 300 drafts to review, a job
with the embedded model describes all that is left, on as many cores as it takes. Meanwhile one session opens the eight
pages in turn, `--visits` times each; the first round warms up and is not counted. A time holds everything from asking
for a page to the end of its script, but not the drawing in the browser, which `slider.py` measures. Processor seconds
are those of the server's process alone. `--idle` starts no job.

Needs the models (`python -m core models install`) and the packages of tests/requirements.txt.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import psutil

from benchmarks.slider import make_home
from core.config import Config, load_config
from core.pipeline.application import Application
from core.pipeline.enhancement import EnhancementOptions, EnhancementScope, plan_enhancement, start_enhancement
from core.pipeline.recommendation import recommend
from core.records import JobStatus
from tests.e2e.conftest import Dashboard
from tests.faults.browsing import Session

PAGES = ("", "catalog", "enhance", "review", "students", "weights", "performance", "settings")  # "": the overview
DRAFTS = 300
START_SECONDS = 300.0  # for the job to load its model and write the first texts


def prepare(home: Path, *, is_idle: bool) -> str | None:
    """Everything that pages show, and the job under way; its id, None for none."""
    (home / "models").symlink_to(load_config().models_folder)
    make_home(home)
    with Application(Config(home)) as app:
        catalog_id = app.catalogs.list()[0].catalog_id
        recommend(app, catalog_id)
        quick = EnhancementOptions(engine="fake", model_ref="fake:")
        drafts = start_enhancement(app, plan_enhancement(app, catalog_id, EnhancementScope(limit=DRAFTS), quick))
        assert app.job_service.wait(drafts.job_id, START_SECONDS).status is JobStatus.SUCCEEDED
        if is_idle:
            return None
        plan = plan_enhancement(app, catalog_id, EnhancementScope(), EnhancementOptions())
        job_id, deadline = start_enhancement(app, plan).job_id, time.monotonic() + START_SECONDS
        while not app.jobs.get(job_id).done:
            assert time.monotonic() < deadline, "the job has written nothing"
            time.sleep(1)
        return job_id


def visit(dashboard: Dashboard, visits: int) -> dict[str, list[tuple[float, float]]]:
    """For each page its (seconds, processor seconds of the server), one a visit."""
    found: dict[str, list[tuple[float, float]]] = {page: [] for page in PAGES}
    server = psutil.Process(dashboard.process.pid)
    with Session(dashboard.port) as session:
        for turn in range(visits + 1):
            for page in PAGES:
                before = _worked(server)
                drawn = session.open(page)
                assert not drawn.errors, drawn.errors
                if turn:
                    found[page].append((drawn.seconds, _worked(server) - before))
    return found


def _worked(server: psutil.Process) -> float:
    times = server.cpu_times()
    return times.user + times.system


def stop_job(home: Path, job_id: str) -> tuple[JobStatus, int]:
    """Where the job stood when the last page was drawn, and how many texts it had written; it is cancelled then."""
    with Application(Config(home)) as app:
        job = app.jobs.get(job_id)
        app.job_service.cancel(job_id)
        app.job_service.wait(job_id, 60)
        return job.status, job.done


def summary(values: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Median and 95th percentile of the seconds, median of the processor seconds."""
    seconds = [each for each, _ in values]
    return {
        "median_seconds": statistics.median(seconds),
        "p95_seconds": float(np.quantile(seconds, 0.95)),
        "median_cpu_seconds": statistics.median(cpu for _, cpu in values),
    }


def report(rows: Mapping[str, Mapping[str, float]], cores: int | None, job: tuple[JobStatus, int] | None) -> None:
    """One line a page, and one for all together."""
    state = "no job" if job is None else f"a job, {job[0].value} at the end, {job[1]} texts"
    print(f"{cores} cores, {state}")
    print(f"{'':<14}{'median s':>10}{'p95 s':>8}{'cpu s':>8}")
    for name, row in rows.items():
        print(f"{name:<14}{row['median_seconds']:>10.3f}{row['p95_seconds']:>8.3f}{row['median_cpu_seconds']:>8.3f}")


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=20, help="of each page")
    parser.add_argument("--idle", action="store_true", help="without a job")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        job_id = prepare(home, is_idle=options.idle)
        dashboard = Dashboard.start(home)
        try:
            found = visit(dashboard, options.visits)
        finally:
            dashboard.stop()
        job = None if job_id is None else stop_job(home, job_id)
    rows = {page or "overview": summary(values) for page, values in found.items()}
    rows["all"] = summary([each for values in found.values() for each in values])
    if options.json:
        print(json.dumps({"cores": os.cpu_count(), "job": job, "pages": rows}, indent=2))
    else:
        report(rows, os.cpu_count(), job)


if __name__ == "__main__":
    main()
