"""The Performance page with everything measured, and with a measurement under way, run by Streamlit's tester."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from core.config import PROJECT_FOLDER
from core.i18n import LANGUAGES, Translator
from core.jobs.measuring import claim, measuring_folder
from core.jobs.measuring_request import MeasuringKind, MeasuringRequest, trial_values
from core.measurement.calibration import Configuration, Trial
from core.pipeline import before_after, calibration, peaks
from core.pipeline.application import Application
from core.pipeline.settings import change_settings, read_settings
from pages.widgets.session import application

BEFORE, AFTER = Configuration("transformers", "float16", 1), Configuration("openvino", "bfloat16", 64, 1)
PARTS = [{"name": "aten::mm", "seconds": 2.0, "calls": 4}, {"name": "(python)", "seconds": 1.0, "calls": 1}]
PROFILE = {"precision": "float32", "seconds": 3.0, "new_tokens": 8, "peak_mib": 700.0, "others": 0.0}


class NavigatedPages(PagesManager):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        PagesManager.uses_pages_directory = False


@pytest.fixture
def app(own_state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    monkeypatch.setattr("streamlit.testing.v1.app_test.PagesManager", NavigatedPages)
    opened = application()
    change_settings(opened, replace(read_settings(opened), generation_model="fake:", embedding_model="fake:"))
    yield opened
    st.cache_resource.clear()


def open_page(language: str = "en") -> AppTest:
    at = AppTest.from_file(PROJECT_FOLDER / "app.py", default_timeout=120)
    at.query_params["lang"] = language
    at.run()
    at.switch_page("pages/performance.py").run()
    assert not at.exception
    return at


def keep_everything(app: Application) -> None:
    def request(kind: MeasuringKind) -> MeasuringRequest:
        return MeasuringRequest(kind.value, kind, "cpu", 60, "fake:", configurations=(BEFORE, AFTER), catalog="RPI")

    found = {"gflops": {"float32": 80.0, "bfloat16": 320.0}, "copy_gib_per_second": 12.5, "device": "cpu", "threads": 2}
    found["others"] = 0.0
    peaks.keep(app, request(MeasuringKind.PEAKS), found)
    trials = [Trial(BEFORE, 9, seconds=8, texts=("One.",)), Trial(AFTER, 9, seconds=1, texts=("One.",) * 4)]
    values = {"trials": [trial_values(trial) for trial in trials], "fidelities": []}
    calibration.keep(app, request(MeasuringKind.ENGINES), values)
    before_after.keep(app, request(MeasuringKind.BEFORE_AFTER), values)
    rows = [{**PROFILE, "operators": PARTS, "functions": PARTS}]
    rows.append({**rows[0], "precision": "float16", "seconds": 9.0})
    about = {"batch_size": 8, "usable_cores": 2, "model_ref": "m", "catalog": "RPI"}
    app.measurements.save_run(MeasuringKind.PROFILE, rows, about)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_was_measured_is_shown(app: Application, language: str) -> None:
    keep_everything(app)
    at, t = open_page(language), Translator(language)
    assert not at.error
    figures = {metric.label: metric.value for metric in at.metric}
    assert figures[t("performance.peak", precision="bfloat16")] == "320 GFLOP/s"
    assert figures[t("performance.bandwidth")] == "12.5 GiB/s"
    said = " ".join(element.value for element in (*at.success, *at.info)).replace("\\", "")
    assert "32" in said  # 0.25 s a course against 8 s
    assert "aten::mm" in said.replace("\u2060", "")
    columns = {column for frame in at.dataframe for column in frame.value.columns}
    assert {t("profile.column.operator"), t("performance.here_factor"), t("calibration.column.verdict")} <= columns


def test_while_something_is_measured_no_other_measurement_can_be_started(app: Application) -> None:
    with claim(measuring_folder(app.config)):
        at = open_page()
        starts = [button for button in at.button if button.key and button.key.endswith("_start")]
        assert len(starts) == 4
        assert all(button.disabled for button in starts)
        assert at.button(key="measuring_cancel")
