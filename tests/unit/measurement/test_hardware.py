from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.i18n import LANGUAGES, Translator
from core.measurement import hardware
from core.measurement.hardware import Gpu, get_device, get_optimal_dtype, machine_facts, usable_cores


def test_the_facts_are_of_a_real_machine() -> None:
    facts = machine_facts()
    assert facts.cpu
    assert 1 <= facts.usable_cores <= facts.physical_cores * 8
    assert 0 < facts.available_memory_mib <= facts.memory_mib


def test_asking_does_not_import_a_model_library() -> None:
    code = (
        "import sys; from core.measurement.hardware import *; machine_facts(); get_optimal_dtype(get_device());"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("device", "sets", "precision"),
    [
        ("cuda", (), "float16"),
        ("mps", (), "float16"),
        ("cpu", ("avx2", "avx512_bf16"), "bfloat16"),
        ("cpu", ("amx_bf16",), "bfloat16"),
        ("cpu", ("asimd", "bf16"), "bfloat16"),
        ("cpu", ("avx2", "avx512f"), "float32"),
        ("cpu", (), "float32"),
    ],
)
def test_the_first_guess_fits_the_machine(device: str, sets: tuple[str, ...], precision: str) -> None:
    choice = get_optimal_dtype(device, replace(machine_facts(), instruction_sets=sets))
    assert choice.precision == precision
    assert all(Translator(language).message(choice.reason) for language in LANGUAGES)


def test_a_card_without_a_torch_for_it_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_gpus", lambda: (Gpu("card", 8000),))
    monkeypatch.setattr(hardware.platform, "system", lambda: "Linux")
    monkeypatch.setattr(hardware, "_torch_is_built_for_cuda", lambda: False)
    assert get_device() == "cpu"
    monkeypatch.setattr(hardware, "_torch_is_built_for_cuda", lambda: True)
    assert get_device() == "cuda"


@pytest.mark.parametrize(("content", "cores"), [("150000 100000", 2), ("max 100000", None), ("", None), ("junk", None)])
def test_a_containers_quota_is_read(tmp_path: Path, content: str, cores: int | None) -> None:
    path = tmp_path / "cpu.max"
    path.write_text(content)
    assert hardware._quota_cores(path) == cores


def test_at_least_one_core_is_usable() -> None:
    assert usable_cores() >= 1
