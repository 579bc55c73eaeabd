from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.config import load_config
from core.models import exports
from core.models.atomic_folder import exclusive, working_folder
from core.models.exports import Export, drop_unused_exports

EXPORT = Export("nowhere", format=1)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def build(self: Export, model: Path, target: Path) -> None:
        target.mkdir()
        (target / "graph.bin").write_bytes(b"g" * 2**20)

    monkeypatch.setattr(Export, "in_child", build)
    monkeypatch.setattr(exports, "_libraries", lambda: {"torch": "1"})
    folder = tmp_path / "own-model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder


def exported() -> set[Path]:
    folder = load_config().models_folder / "openvino"
    return {path for path in folder.iterdir() if path.is_dir()}


def test_an_export_that_can_be_used_stays(model: Path) -> None:
    target = EXPORT.ensure(model)
    assert drop_unused_exports() == 0
    assert EXPORT.ensure(model) == target
    assert exported() == {target}


def test_the_export_of_a_changed_model_goes_when_the_new_one_is_there(model: Path) -> None:
    EXPORT.ensure(model)
    (model / "config.json").write_text('{"other": 1}')
    target = EXPORT.ensure(model)
    assert exported() == {target}


def test_the_export_of_a_model_that_is_gone_goes(model: Path) -> None:
    EXPORT.ensure(model)
    model.rename(model.with_name("elsewhere"))
    assert drop_unused_exports() == pytest.approx(1, abs=0.1)
    assert exported() == set()


def test_exports_by_other_libraries_go_even_where_their_source_is_not_known(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = EXPORT.ensure(model)
    target.with_name(f"{target.name}.source.txt").unlink()
    assert drop_unused_exports() == 0
    monkeypatch.setattr(exports, "_libraries", lambda: {"torch": "2"})
    drop_unused_exports()
    assert exported() == set()


def test_what_a_killed_export_left_is_taken_away_by_the_next(tmp_path: Path) -> None:
    target = tmp_path / "model-1"
    left = tmp_path / ".model-1.abc"
    left.mkdir()
    other = tmp_path / ".model-10.abc"
    other.mkdir()
    found: list[Any] = []
    with exclusive(target), working_folder(target) as work:
        found += [left.exists(), other.exists(), work.exists()]
    assert found == [False, True, True]
