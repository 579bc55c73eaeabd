"""An app without a screen, to be killed: opens the state folder, starts or adopts its job, goes on until it ends.

`python -m tests.faults.app_process STATE_FOLDER COUNT BEHAVIOUR BATCH`
"""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import uuid4

from tests.jobs_lab import Lab, make_spec


def main(home: Path, count: int, behaviour: str, batch_size: int) -> None:
    """Watch as the dashboard does; the job is only started when there is none."""
    lab = Lab(home)
    lab.service.watch()
    found = lab.jobs.list()
    job = found[0] if found else lab.service.start(make_spec(uuid4().hex, count, behaviour, batch_size=batch_size))
    print(lab.service.wait(job.job_id).status.value, flush=True)
    lab.service.stop()
    lab.database.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
