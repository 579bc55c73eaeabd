"""A real profile of the embedded model, in real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import Config
from core.errors import JobError
from core.measurement.profile import PYTHON, family_of
from core.pipeline.application import Application
from core.pipeline.measuring import run_measuring
from core.pipeline.peaks import latest_peaks, plan_peaks
from core.pipeline.profile import latest_profile, plan_profile


def test_a_profile_shows_what_the_reference_engine_does(
    home_with_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSELIFT_THREADS", "1")  # several threads wait for each other on a machine that runs tests
    monkeypatch.setattr("core.pipeline.profile._NEW_TOKENS", 3)  # every token takes the same steps
    with Application(Config(home_with_models), watch_jobs=False) as app:
        with pytest.raises(JobError):
            plan_profile(app, ("float32", "float32"))
        run_measuring(app, plan_profile(app, ("float32", "bfloat16"), batch_size=1))
        view = latest_profile(app)
    assert view is not None
    assert (view.first.precision, view.second.precision) == ("float32", "bfloat16")
    names = [row.name for row in view.operators]
    assert PYTHON in names
    assert "product" in {family_of(name) for name in names[:5]}
    assert any("linear" in row.name for row in view.functions)
    assert view.first.new_tokens == view.second.new_tokens > 0
    assert sum(row.first_share for row in view.operators) == pytest.approx(1, abs=1e-6)
    assert view.machine["libraries"]["torch"]
    assert len(view.findings) == 4


def test_the_peaks_of_this_machine_are_measured_and_kept(home_with_models: Path) -> None:
    with Application(Config(home_with_models), watch_jobs=False) as app:
        run_measuring(app, plan_peaks(app))
        found = latest_peaks(app)
    assert found is not None
    assert set(found.gflops) == {"float32", "bfloat16", "float16"}
    assert all(value > 0 for value in (*found.gflops.values(), found.copy_gib_per_second))
