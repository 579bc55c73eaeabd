"""An app without a screen, to be killed: opens the state folder, starts or adopts its job, goes on until it ends.

`python -m tests.faults.app_process STATE_FOLDER COUNT BEHAVIOUR BATCH`. The behaviour is the fake engine's, or "real"
for the embedded model. A job that is paused or has given up is resumed, as a person would.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from uuid import uuid4

from core.generation.engine import GenerationSettings
from core.jobs.spec import JobSpec
from core.records import Job, JobStatus
from tests.jobs_lab import Lab, make_spec

MAX_RESUMES = 50
REAL_MODEL = "bundled:smollm2-135m-instruct"


def main(home: Path, count: int, behaviour: str, batch_size: int) -> None:
    """Watch as the dashboard does; the job is only started when there is none."""
    lab = Lab(home)
    lab.service.tick()  # first what the journals know, or a lost job would be begun anew
    lab.service.watch()
    found = lab.jobs.list()
    job = found[0] if found else lab.service.start(_spec(count, behaviour, batch_size))
    for _ in range(MAX_RESUMES):
        job = lab.service.wait(job.job_id)
        if job.status is JobStatus.SUCCEEDED:
            break
        job = _resume(lab, job)
    print(job.status.value, flush=True)
    lab.service.stop()
    lab.database.close()


def _spec(count: int, behaviour: str, batch_size: int) -> JobSpec:
    if behaviour != "real":
        return make_spec(uuid4().hex, count, behaviour, batch_size=batch_size)
    settings = GenerationSettings(batch_size=batch_size, max_new_tokens=48).as_dict()
    engine = {"engine": "openvino", "model_ref": REAL_MODEL, "precision": "float32", "settings": settings}
    return make_spec(uuid4().hex, count, **engine)


def _resume(lab: Lab, job: Job) -> Job:
    print(f"resumed by hand after {job.status.value}", flush=True)
    return lab.service.resume(job.job_id)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
