from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from core.errors import ModelError
from core.models.inspection import count_values, needed_memory_mib, read_config, require_memory


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_file({"a": np.zeros((300, 1000), np.float32), "b": np.zeros(7, np.float32)}, tmp_path / "model.safetensors")
    return tmp_path


def test_values_are_counted_over_all_files(folder: Path) -> None:
    save_file({"c": np.zeros((2, 3), np.float32)}, folder / "model-2.safetensors")
    assert count_values(folder) == 300_000 + 7 + 6


def test_half_precision_needs_less_memory(folder: Path) -> None:
    assert needed_memory_mib(folder, "bfloat16") < needed_memory_mib(folder, "float32")


def test_a_model_larger_than_the_memory_is_refused_with_both_figures(folder: Path) -> None:
    require_memory(folder, "float32", available_mib=10_000)
    with pytest.raises(ModelError, match="10 MiB are free"):
        require_memory(folder, "float32", available_mib=10)


def test_a_folder_without_safetensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").touch()
    with pytest.raises(ModelError, match="safetensors"):
        count_values(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(size=st.integers(0, 1_200_000))
def test_a_cut_file_is_seen(folder: Path, size: int) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    cut = folder / "cut"
    cut.mkdir(exist_ok=True)
    (cut / "model.safetensors").write_bytes(whole[: min(size, len(whole) - 1)])
    with pytest.raises(ModelError, match="damaged"):
        count_values(cut)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(content=st.binary(max_size=200))
def test_junk_is_a_broken_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match="damaged"):
        count_values(tmp_path)


def test_a_junk_gguf_is_a_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + bytes(40))
    with pytest.raises(ModelError, match="damaged"):
        count_values(path)


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_damaged_config_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelError, match=r"config\.json"):
        read_config(tmp_path)
