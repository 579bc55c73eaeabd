"""Why another engine wrote than the planned one is said on the terminal and while a job runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.cli.main import main
from core.pipeline import jobs
from core.records import Message

NOTE = Message("calibration.engine.fell_back", {"reason": "It is of an unknown kind."})


def test_the_command_line_says_why_another_engine_wrote(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = tmp_path / "spring.csv"
    catalog.write_text("code,title,department,description\nMA1,Linear Algebra,Mathematics,\n")
    assert main(["intake", "catalog", str(catalog), "--json"]) == 0
    capsys.readouterr()
    monkeypatch.setattr(jobs, "fell_back", lambda app, job: NOTE)
    assert main(["enhance", "--engine", "fake", "--json", "--lang", "en"]) == 0
    output = capsys.readouterr()
    assert "transformers writes instead. It is of an unknown kind." in json.loads(output.out)["engine_note"]
    assert "It is of an unknown kind." in output.err


def test_a_running_job_shows_why_another_engine_writes() -> None:
    def page() -> None:
        from types import SimpleNamespace

        from core.i18n import Translator
        from core.records import Message
        from pages.widgets.job_view import draw_engine_note

        note = Message("calibration.engine.fell_back", {"reason": "It is of an unknown kind."})
        draw_engine_note(SimpleNamespace(engine_note=note), Translator("en"))
        draw_engine_note(SimpleNamespace(engine_note=None), Translator("en"))

    shown = AppTest.from_function(page, default_timeout=30).run()
    assert len(shown.info) == 1
    assert "It is of an unknown kind" in shown.info[0].value
