"""Jobs that stopped before their end: pages say why and what is left, and do not say that they go on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.i18n import Translator
from core.pipeline.application import Application
from core.records import Job, JobKind, JobStatus, Message
from pages.widgets.display import plain
from tests.pages_lab import catalog_of, figures, open_dashboard, open_page, run, shown

FULL = Message("jobs.disk_full")


def store_job(
    app: Application, kind: JobKind, reason: Message | None = None, status: JobStatus = JobStatus.PAUSED
) -> Job:
    job = Job("stopped", kind, catalog_of(app), status, {}, "settings", datetime.now(UTC), 2, error=reason)
    return app.jobs.create(job, ["C1", "C2"])


@pytest.mark.usefixtures("whole_dashboard")
@pytest.mark.parametrize("page", ["enhance", "overview"])
def test_a_run_that_a_full_disk_paused_says_so(uploaded: Application, page: str) -> None:
    store_job(uploaded, JobKind.ENHANCE, FULL)
    assert plain(Translator("en").message(FULL)) in shown(open_dashboard(page))


def test_vectors_of_drafts_that_are_paused_are_not_said_to_be_made(seeded: Application, language: str) -> None:
    store_job(seeded, JobKind.EMBED)
    at, t = open_page("review", seeded, language), Translator(language)
    assert t("effects.finding_out") not in shown(at)
    assert at.button(key="effects_paused")


def test_a_paused_measurement_can_go_on(seeded: Application) -> None:
    store_job(seeded, JobKind.LIFT)
    at = open_page("review", seeded)
    at.session_state["review_view"] = "publish"
    assert run(at).button(key="lift_resume")


@pytest.mark.usefixtures("whole_dashboard")
def test_a_run_that_was_cancelled_says_what_is_left(uploaded: Application) -> None:
    job = store_job(uploaded, JobKind.ENHANCE, status=JobStatus.CANCELLED)
    at = open_dashboard("enhance")
    at.session_state["watched_job"] = job.job_id
    assert figures(run(at))[Translator("en")("widgets.left")] == "2"
