"""The worker process of one job: `python -m core.jobs.worker <job folder>`.

It owns the model and the journal and never opens the database. Exit status: see the constants.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

from core.config import keep_files_private
from core.errors import JobError
from core.failpoints import step
from core.jobs.control import CANCEL, StoppedWhileLoading, WorkerControl
from core.jobs.entries import EntryReader, SessionEnded, SessionStarted, to_record
from core.jobs.heartbeat import Pulse
from core.jobs.history import History
from core.jobs.journal import JOURNAL_FILE, Journal, JournalFullError
from core.jobs.reasons import as_values, reason_of
from core.jobs.session import Session, parts_measured
from core.jobs.spec import JobSpec
from core.jobs.tasks import create_task
from core.measurement.monitor import PerformanceMonitor

EXIT_OK = 0  # finished, paused or cancelled; the journal says which
EXIT_FAILED = 3  # the job cannot go on; the journal says why
EXIT_ALREADY_RUNNING = 4  # another worker has the job
EXIT_DISK_FULL = 5  # nothing more can be written down

# Under load nice 10 leaves a worker about a tenth of the weight of a page's process, so that pages answer at once;
# an idle processor is still all its own. 19 would starve it beside any other background work.
NICENESS = 10

logger = logging.getLogger(__name__)


def main(folder: Path) -> int:
    """Work on the job in `folder` until it is done or a stop is asked for; returns the exit status."""
    journal = Journal(folder / JOURNAL_FILE)
    try:
        journal.lock()
    except JobError:
        logger.warning("another worker has this job")
        return EXIT_ALREADY_RUNNING
    with journal:
        pulse = Pulse(folder)
        pulse.enter("starting")
        control = WorkerControl(folder, pulse)
        try:
            ended = _work(folder, journal, control, pulse)
            with step("worker.end"):
                journal.append(to_record(ended, folder.name))
        except JournalFullError:
            logger.exception("the disk is full")
            return EXIT_DISK_FULL
    logger.info("ended: %s", ended.how)
    return EXIT_FAILED if ended.how == "failed" else EXIT_OK


def _work(folder: Path, journal: Journal, control: WorkerControl, pulse: Pulse) -> SessionEnded:
    """All that may fail in a way that staff can be told about."""
    journal.append(to_record(SessionStarted(os.getpid()), folder.name))
    try:
        with step("worker.load_spec"):
            spec = JobSpec.load(folder)
        history = History(line for line in EntryReader(journal, spec).read_from())
        task = create_task(spec, journal)
        control.loading(True)
        pulse.enter("loading_model")
        monitor = PerformanceMonitor()
        with step("worker.load_model"):
            task.load(monitor)
        control.loading(False)
        journal.append(to_record(parts_measured(monitor), spec.job_id))
    except StoppedWhileLoading:
        return SessionEnded("cancelled" if control.request == CANCEL else "paused")
    except JournalFullError:
        raise
    except Exception as error:
        logger.exception("the job cannot go on")
        return SessionEnded("failed", as_values(reason_of(error)))
    return Session(spec, journal, history, task, control, pulse).run()


if __name__ == "__main__":
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(level=logging.INFO, format="%(asctime)sZ %(levelname)s %(name)s: %(message)s")
    os.nice(NICENESS)
    keep_files_private()
    status = main(Path(sys.argv[1]).resolve())
    logging.shutdown()
    os._exit(status)  # at once: model libraries take seconds to come down, and everything is on the disk
