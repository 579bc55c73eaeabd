from __future__ import annotations

import pytest

from core.jobs import watch
from tests.jobs_lab import Lab, make_spec


def test_a_forecast_is_kept_once_enough_is_seen(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "FORECAST_ITEMS", 4)
    job = lab.service.start(make_spec(count=12, behaviour="delay=0.2", batch_size=2))
    lab.finish(job.job_id)
    made = lab.jobs.forecast(job.job_id)
    assert made is not None
    assert made.done >= 4
    assert 0 < made.remaining <= 8
    assert made.low <= made.seconds <= made.high
    assert job.started_at is not None
    assert made.made_at > job.started_at


def test_a_job_that_ends_before_enough_is_seen_has_none(lab: Lab) -> None:
    job = lab.finish(lab.service.start(make_spec(count=3)).job_id)
    assert lab.jobs.forecast(job.job_id) is None
