from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.cli import profile_command
from core.cli.main import main
from core.config import Config
from core.jobs.measuring_request import MeasuringKind, MeasuringRequest
from core.pipeline.application import Application
from core.pipeline.settings import change_settings, read_settings

PARTS = [{"name": "aten::mm", "seconds": 2.0, "calls": 4}]
ROW = {"seconds": 3.0, "new_tokens": 8, "peak_mib": 700.0, "others": 0.0, "operators": PARTS, "functions": PARTS}


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_a_profile_is_told_side_by_side(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def measure(app: Application, request: MeasuringRequest, progress: object) -> None:
        rows = [{**ROW, "precision": "float32"}, {**ROW, "precision": "float16"}]
        app.measurements.save_run(MeasuringKind.PROFILE, rows, {"batch_size": 8, "usable_cores": 2})

    request = MeasuringRequest("r", MeasuringKind.PROFILE, "cpu", 60)
    monkeypatch.setattr(profile_command, "plan_profile", lambda *_: request)
    monkeypatch.setattr(profile_command, "run_measuring", measure)
    assert main(["profile", "--json"]) == 0
    found = answer(capsys)
    assert set(found) == {"precisions", "operators", "functions", "findings", "batch_size", "machine"}
    assert main(["profile", "--lang", "en"]) == 0
    assert "aten::mm" in capsys.readouterr().out


def test_a_made_up_model_is_refused_with_a_sentence(own_state_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Application(Config(own_state_folder), watch_jobs=False) as app:
        change_settings(app, replace(read_settings(app), generation_model="fake:"))
    assert main(["profile", "--json", "--lang", "en"]) == 1
    assert "made-up" in str(answer(capsys)["error"])
