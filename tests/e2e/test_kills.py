"""kill -9 of the worker and of the dashboard in the middle of a run: it goes on, and every course is done once."""

from __future__ import annotations

import json
import signal
import time
from os import kill
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.config import Config
from core.pipeline.application import Application
from core.pipeline.samples import load_sample
from core.records import JobStatus
from tests.e2e.conftest import Dashboard, open_page, press, settle

COURSES = 16


@pytest.fixture
def home(tmp_path: Path, installed_models: Config) -> Path:
    """A state folder with the sample catalog and the embedded models."""
    folder = tmp_path / "killed"
    folder.mkdir()
    (folder / "models").symlink_to(installed_models.models_folder)
    with Application(Config(folder), watch_jobs=False) as app:
        load_sample(app, "rpi")
    return folder


def results(folder: Path) -> int:
    """Finished courses in a job's journal."""
    return (folder / "journal.log").read_bytes().count(b'"kind":"result"')


def wait_for_results(home: Path, more_than: int) -> Path:
    """The only job's folder, once its journal holds more finished courses than that."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        folders = [journal.parent for journal in (home / "jobs").glob("*/journal.log")]
        if folders and results(folders[0]) > more_than:
            return folders[0]
        time.sleep(0.1)
    raise AssertionError("nothing was written in two minutes")


def test_a_run_survives_the_kill_of_its_worker_and_of_the_dashboard(home: Path, page: Page) -> None:
    dashboard = Dashboard.start(home)
    try:
        open_page(page, dashboard, "enhance")
        limit = page.locator(".st-key-scope_limit input")
        limit.fill(str(COURSES))
        limit.press("Enter")
        settle(page)
        press(page, "start_enhancement")
        folder = wait_for_results(home, more_than=0)
        kill(json.loads((folder / "heartbeat.json").read_text())["pid"], signal.SIGKILL)
        wait_for_results(home, more_than=results(folder))
        dashboard.kill()
        dashboard = Dashboard.start(home, dashboard.port)
        open_page(page, dashboard, "enhance")
        expect(page.locator("[class*='st-key-past_jobs'], .st-key-job_result").first).to_be_visible(timeout=240_000)
    finally:
        dashboard.stop()
    with Application(Config(home), watch_jobs=False) as app:
        (job,) = app.jobs.list()
        texts = app.enhancements.of_job(job.job_id)
    assert job.status is JobStatus.SUCCEEDED
    assert (job.done, job.failed, job.set_aside) == (COURSES, 0, 0)
    assert len({text.course_key for text in texts}) == len(texts) == COURSES
