"""Twenty browser sessions while a job runs: `python -m tests.faults.load_campaign [--minutes M] [--sessions N]`.

Two of the sessions approve drafts of one queue, two save one weight set, the rest look at pages. Says how long pages
took, whether anything went wrong or was lost, and whether memory, threads and files of the server grew.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from core.config import Config
from core.pipeline.application import Application
from core.pipeline.embedding import start_embedding
from core.pipeline.enhancement import EnhancementOptions, EnhancementScope, plan_enhancement, start_enhancement
from core.pipeline.samples import load_sample, load_sample_students
from core.pipeline.settings import change_settings, read_settings
from core.pipeline.weight_sets import list_weight_sets
from core.records import JobStatus, ReviewState
from tests.e2e.conftest import Dashboard
from tests.faults.browsing import Drawn, Session
from tests.faults.checker import check
from tests.faults.ledger import spread, write_rows

PAGES = ("", "catalog", "enhance", "review", "students", "weights", "performance", "settings")
DRAFTS = 300
THINKING = (10.0, 30.0)  # seconds in which a person reads and thinks between two clicks
MAX_P95 = 2.0  # seconds, promised
MAX_GROWTH_MIB = 60.0  # of the server between the second and the last quarter, beyond that of its database
SAMPLE_SECONDS = 5.0
SET_NAME = "Shared"
TOLD_OF_ANOTHER = ("was changed by", "Other weights were published")  # nothing was saved then
SAMPLED = ("seconds", "mib", "threads", "files", "database_mib")


@dataclass
class Load:
    """What all sessions saw together."""

    seconds: dict[str, list[float]] = field(default_factory=dict)  # by page or button
    errors: Counter[str] = field(default_factory=Counter)
    approved: int = 0  # presses after which the next draft was drawn
    saved: int = 0
    refused: int = 0  # saves that were told of another person's
    samples: list[tuple[float, float, int, int, float]] = field(default_factory=list)  # as SAMPLED names them
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, drawn: Drawn) -> None:
        """Count one run of a page."""
        with self.lock:
            self.seconds.setdefault(what or "overview", []).append(drawn.seconds)
            self.errors.update(drawn.errors)


def prepare(home: Path) -> str:
    """The sample catalog and students, vectors, drafts to review, and a long job under way; returns that job's id."""
    with Application(Config(home)) as app:
        change_settings(app, replace(read_settings(app), actor="Kim", embedding_model="fake:"))
        catalog_id = load_sample(app, "rpi").catalog_id
        load_sample_students(app, catalog_id)
        fast = EnhancementOptions(engine="fake", model_ref="fake:")
        first = start_enhancement(app, plan_enhancement(app, catalog_id, EnhancementScope(limit=DRAFTS), fast))
        for job in (first, start_embedding(app, catalog_id)):
            assert job is not None
            assert app.job_service.wait(job.job_id, 300).status is JobStatus.SUCCEEDED
        slow = EnhancementOptions(engine="fake", model_ref="fake:delay=5")
        return start_enhancement(app, plan_enhancement(app, catalog_id, EnhancementScope(), slow)).job_id


def look(port: int, number: int, until: float, load: Load) -> None:
    """Go from page to page."""
    chance = random.Random(number)
    with Session(port) as session:
        while time.monotonic() < until:
            page = chance.choice(PAGES)
            load.note(page, session.open(page))
            time.sleep(chance.uniform(*THINKING))


def review(port: int, number: int, until: float, load: Load) -> None:
    """Approve one draft after the other, in the same queue as somebody else."""
    chance = random.Random(number)
    with Session(port) as session:
        drawn = session.open("review")
        load.note("review", drawn)
        while time.monotonic() < until and (approve := _approve_button(drawn)):
            time.sleep(chance.uniform(*THINKING) / 4)  # decisions come quicker than pages
            drawn = session.press(approve)
            conflict = any("Nothing was changed by you" in error for error in drawn.errors)
            load.note("approve", replace(drawn, errors=[] if conflict else drawn.errors))
            with load.lock:
                load.approved += not conflict
                load.refused += conflict


def _approve_button(drawn: Drawn) -> str:
    """The id of the button that approves the draft on the screen; '' when there is none."""
    return next((identity for key, identity in drawn.buttons.items() if key.startswith("review_approve")), "")


def tune(port: int, number: int, until: float, load: Load) -> None:
    """Save the same weight set as somebody else; one of two at the same time is told so and saves again."""
    chance = random.Random(number)
    with Session(port) as session:
        drawn = session.open("weights")
        load.note("weights", drawn)
        while time.monotonic() < until and "weights_save" in drawn.buttons:
            time.sleep(chance.uniform(*THINKING))
            drawn = session.press(drawn.buttons["weights_save"], {drawn.buttons["weights_name"]: SET_NAME})
            conflict = any(told in sentence for sentence in (*drawn.errors, *drawn.notices) for told in TOLD_OF_ANOTHER)
            load.note("save weights", replace(drawn, errors=[] if conflict else drawn.errors))
            with load.lock:
                load.saved += not (conflict or drawn.errors)
                load.refused += conflict
            if conflict or "weights_save" not in drawn.buttons:
                drawn = session.open("weights")


def watch(process: psutil.Process, database: Path, until: float, load: Load) -> None:
    """Note what the server holds, and how large its database is: each list that is stored for all students stays."""
    began = time.monotonic()
    while time.monotonic() < until:
        memory = process.memory_info().rss / 2**20
        seconds, size = time.monotonic() - began, database.stat().st_size / 2**20
        load.samples.append((seconds, memory, process.num_threads(), process.num_fds(), size))
        time.sleep(SAMPLE_SECONDS)


def browse(dashboard: Dashboard, database: Path, sessions: int, minutes: float) -> Load:
    """Let all of them at it."""
    load, until = Load(), time.monotonic() + 60 * minutes
    roles = [review, review, tune, tune, *[look] * max(0, sessions - 4)]
    faults: list[BaseException] = []

    def run(role: object, number: int) -> None:
        try:
            role(dashboard.port, number, until, load)  # type: ignore[operator]
        except BaseException as error:  # a session that breaks off is a fault, not the end of the others
            faults.append(error)

    threads = [threading.Thread(target=run, args=(role, number)) for number, role in enumerate(roles)]
    threads.append(threading.Thread(target=watch, args=(psutil.Process(dashboard.process.pid), database, until, load)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.errors.update(f"session broke off: {error!r}" for error in faults)
    return load


def lost_updates(home: Path, job_id: str, load: Load) -> list[str]:
    """What was acknowledged and is not stored, or the other way round."""
    with Application(Config(home)) as app:
        status = app.job_service.cancel(job_id) or app.job_service.wait(job_id, 60).status
        catalog_id = app.catalogs.list()[0].catalog_id
        made = [each for job in app.jobs.list() for each in app.enhancements.of_job(job.job_id)]
        approved = sum(each.state is ReviewState.APPROVED for each in made)
        versions = sorted(each.version for each in list_weight_sets(app, catalog_id) if each.name == SET_NAME)
    faults = [] if status.is_final else [f"the job is {status.value}"]
    if approved != load.approved:
        faults.append(f"{approved} drafts are approved, {load.approved} times that was said")
    if versions != list(range(1, load.saved + 1)):
        faults.append(f"versions {versions}, and {load.saved} saves were acknowledged")
    return [*faults, *check(home).faults]


def growth(load: Load) -> tuple[str, list[str]]:
    """What the server held in the second and in the last quarter of the time."""
    quarter = max(1, len(load.samples) // 4)
    early, late = load.samples[quarter : 2 * quarter] or load.samples[:1], load.samples[-quarter:]
    middle = [tuple(sorted(values)[len(values) // 2] for values in zip(*part, strict=True)) for part in (early, late)]
    (_, memory, threads, files, stored), (_, memory_late, threads_late, files_late, stored_late) = middle
    sentence = (
        f"memory {memory:.0f} -> {memory_late:.0f} MiB, database {stored:.0f} -> {stored_late:.0f} MiB, "
        f"threads {threads} -> {threads_late}, files {files} -> {files_late}"
    )
    gained = memory_late - memory - (stored_late - stored)  # DuckDB keeps of its file what it has room for
    return sentence, [f"the server grew: {sentence}"] if gained > MAX_GROWTH_MIB else []


def main(minutes: float, sessions: int) -> int:
    """The whole campaign; 0 when nothing failed, was lost, was slow or grew."""
    with tempfile.TemporaryDirectory(prefix="courselift-load-") as name:
        home = Path(name)
        job_id = prepare(home)
        dashboard = Dashboard.start(home)
        try:
            load = browse(dashboard, Config(home).database_path, sessions, minutes)
        finally:
            dashboard.stop()
        faults = lost_updates(home, job_id, load)
    everything = sorted(value for values in load.seconds.values() for value in values)
    for what, seconds in sorted(load.seconds.items()):
        print(f"{what}: {spread(seconds)}")
    sentence, grown = growth(load)
    p95 = everything[int(len(everything) * 0.95)]
    faults += [*grown, *(f"{count} times: {error}" for error, count in load.errors.items())]
    faults += [f"p95 is {p95:.2f} s"] if p95 > MAX_P95 else []
    path = write_rows("load", SAMPLED, load.samples)
    print(f"{sessions} sessions for {minutes:g} minutes: {len(everything)} pages, {spread(everything)}; {sentence}")
    print(
        f"{load.approved} approved, {load.saved} weight sets saved, {load.refused} told of another; samples in {path}"
    )
    print(f"load: {len(faults)} faults")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--sessions", type=int, default=20)
    options = parser.parse_args()
    sys.exit(main(options.minutes, options.sessions))
