from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ModelError
from core.generation.openvino_export import DECODER_EXPORT
from core.models.exports import Export
from core.pipeline import engine_choice
from core.pipeline.application import Application
from core.pipeline.engine_choice import Winner, choose_engine, store_winner, winner_for
from core.records import Message

REASON = Message("calibration.engine.calibrated")


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(engine_choice, "default_engine", lambda device: "openvino")
    folder = tmp_path / "own-model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder


def test_before_calibration_auto_is_the_usual_engine_and_may_fall_back(app: Application, model: Path) -> None:
    choice = choose_engine(app, str(model), model, "cpu", "auto", "auto")
    assert (choice.engine, choice.fallback_engine) == ("openvino", "transformers")
    assert choice.engine_reason.key == "calibration.engine.rule"
    assert choice.batch_size == 64


def test_after_calibration_auto_is_the_winner_of_this_model(app: Application, model: Path) -> None:
    store_winner(app, str(model), "cpu", Winner("transformers", "float16", 12, REASON, threads=3))
    choice = choose_engine(app, str(model), model, "cpu", "auto", "auto")
    assert (choice.engine, choice.precision, choice.precision_reason) == ("transformers", "float16", REASON)
    assert (choice.batch_size, choice.threads) == (12, 3)
    other = choose_engine(app, "another", model, "cpu", "auto", "auto")
    assert other.engine == "openvino"


def test_a_winner_of_another_machine_does_not_count(
    app: Application, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_winner(app, str(model), "cpu", Winner("transformers", "float16", 8, REASON))
    monkeypatch.setattr(engine_choice, "machine_identity", lambda device: "another machine")
    assert winner_for(app, str(model), "cpu") is None


def test_what_a_person_chose_stays_and_does_not_fall_back(app: Application, model: Path) -> None:
    store_winner(app, str(model), "cpu", Winner("transformers", "float16", 8, REASON))
    choice = choose_engine(app, str(model), model, "cpu", "openvino", "float32")
    assert (choice.engine, choice.precision, choice.fallback_engine) == ("openvino", "float32", "")


def test_a_model_that_could_not_be_exported_is_planned_with_transformers_and_the_reason(
    app: Application, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ModelError("models.export_failed", model="own-model", reason="an operator")

    monkeypatch.setattr(Export, "in_child", refuse)
    with pytest.raises(ModelError):
        DECODER_EXPORT.ensure(model)
    choice = choose_engine(app, str(model), model, "cpu", "auto", "auto")
    assert (choice.engine, choice.fallback_engine) == ("transformers", "")
    assert choice.engine_reason.params["reason"] == Message(
        "models.export_failed", {"model": "own-model", "reason": "an operator"}
    )
