from __future__ import annotations

import subprocess
import sys

import pytest

from core.generation import registry
from core.generation.registry import ENGINE_NAMES, create_engine, default_engine


def test_engines_are_made_by_name() -> None:
    assert [create_engine(name).name for name in ENGINE_NAMES] == list(ENGINE_NAMES)


def test_graphics_cards_are_left_to_transformers() -> None:
    assert default_engine("cuda") == "transformers"


def test_without_openvino_transformers_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_engine("cpu") == "openvino"
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    assert default_engine("cpu") == "transformers"


def test_engines_are_made_without_their_libraries() -> None:
    code = (
        "import sys; from core.generation.registry import *; [create_engine(name) for name in ENGINE_NAMES];"
        "sys.exit(bool({'torch', 'transformers', 'openvino'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
