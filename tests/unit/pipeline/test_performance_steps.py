from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from core.i18n import LANGUAGES, Translator
from core.jobs.measuring_request import MeasuringKind, MeasuringRequest
from core.jobs.spec import JobSpec, WorkItem
from core.measurement.profile import PrecisionProfile, ProfiledPart
from core.pipeline import peaks, profile
from core.pipeline.application import Application
from core.pipeline.forecasts import forecast_outcomes, record_of
from core.pipeline.performance import performance_view
from core.pipeline.performance_export import HEADER, performance_to_csv
from core.records import JobKind
from core.storage.journal_batch import JobForecast

SLOWER = [{"name": "aten::mm", "seconds": 6.0, "calls": 4}]
GFLOPS = {"float32": 80.0, "bfloat16": 320.0, "float16": 10.0}


def keep_peaks(app: Application) -> None:
    request = MeasuringRequest("r1", MeasuringKind.PEAKS, "cpu", 60)
    found = {"gflops": GFLOPS, "copy_gib_per_second": 12.5, "device": "cpu", "threads": 2, "others": 0.0}
    peaks.keep(app, request, found)


def keep_profile(app: Application) -> None:
    parts = [{"name": "aten::mm", "seconds": 2.0, "calls": 4}]
    row = {"seconds": 3.0, "new_tokens": 8, "peak_mib": 700.0, "operators": parts, "functions": parts, "others": 0.1}
    app.measurements.save_run(
        MeasuringKind.PROFILE,
        [{**row, "precision": "float32"}, {**row, "precision": "float16", "operators": SLOWER}],
        {
            "batch_size": 8,
            "usable_cores": 2,
            "model_ref": "bundled:x",
            "settings": {"seed": 7},
            "prompt_version": "en-v0-1",
        },
    )


def finish_a_job(app: Application) -> str:
    items = tuple(WorkItem(f"k{number}", "h", text="text", role="passage") for number in range(3))
    values = {"catalog_id": "c", "model_ref": "fake:", "engine": "fake", "precision": "none", "device": "cpu"}
    job = app.job_service.start(JobSpec(job_id="j1", kind=JobKind.EMBED, settings={"seed": 3}, items=items, **values))
    return app.job_service.wait(job.job_id, 60).job_id


def test_peaks_of_another_machine_are_not_shown(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_peaks(app)
    found = peaks.latest_peaks(app)
    assert found is not None
    assert dict(found.gflops) == GFLOPS
    monkeypatch.setattr(peaks, "machine_identity", lambda device: "another")
    assert peaks.latest_peaks(app) is None


def test_a_stored_profile_comes_back_side_by_side_with_its_findings(app: Application) -> None:
    assert profile.latest_profile(app) is None
    keep_profile(app)
    found = profile.latest_profile(app)
    assert found is not None
    assert found.second == PrecisionProfile(
        "float16", 3.0, 8, 700.0, (ProfiledPart("aten::mm", 6.0, 4),), (ProfiledPart("aten::mm", 2.0, 4),), 0.1
    )
    assert [row.factor for row in found.operators] == [3.0]
    assert found.findings[0].params["factor"] == 3


def test_a_forecast_is_held_against_what_came(app: Application) -> None:
    job = app.jobs.get(finish_a_job(app))
    last = max(sample.finished_at for sample in app.jobs.samples(job.job_id))
    app.jobs.add_forecast(job.job_id, JobForecast(last - timedelta(seconds=10), 30, 70, 12.0, 9.0, 15.0))
    app.jobs.add_forecast(job.job_id, JobForecast(datetime.now(UTC), 60, 40, 1.0, 1.0, 1.0))  # the first one stays
    (outcome,) = forecast_outcomes(app, [job])
    assert (outcome.after, outcome.remaining, outcome.seconds) == (30, 70, 12.0)
    assert outcome.actual_seconds == pytest.approx(10.0)
    assert outcome.error == pytest.approx(0.2)
    assert outcome.was_within_range
    record = record_of([outcome])
    assert record is not None
    assert (record.count, record.within) == (1, 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_holds_every_section_and_what_it_takes_to_repeat_it(app: Application, language: str) -> None:
    keep_peaks(app)
    keep_profile(app)
    finish_a_job(app)
    content = performance_to_csv(app, performance_view(app), Translator(language)).decode("utf-8-sig")
    header, *rows = list(csv.reader(io.StringIO(content)))
    assert tuple(header) == HEADER
    assert {row[0] for row in rows} >= {"machine made with", "peaks", "profile operator", "pipeline", "run"}
    values = {(section, figure): value for section, _, figure, value in rows}
    assert values["peaks", "gflops.bfloat16"] == "320.0"
    assert values["profile made with", "settings.seed"] == "7"
    assert values["profile made with", "prompt_version"] == "en-v0-1"
    assert values["run", "settings.seed"] == "3"
    assert values["machine made with", "libraries.torch"]
