"""Which weights of an embedding model are read at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.embedding.registry import SENTENCE_TRANSFORMERS, create_encoder
from core.errors import ModelError


@pytest.mark.parametrize(
    "files",
    [
        ["pytorch_model.bin"],
        ["model.safetensors", "2_Dense/pytorch_model.bin"],
        ["0_Transformer/pytorch_model.bin", "1_Pooling/config.json"],
    ],
)
def test_weights_that_can_run_code_when_read_are_refused(tmp_path: Path, files: list[str]) -> None:
    for name in ("config.json", *files):
        path = tmp_path / "model" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
    with pytest.raises(ModelError, match="no safetensors weights"):
        create_encoder(SENTENCE_TRANSFORMERS, tmp_path / "model", "float32", "cpu")
