"""Exports an embedding model for OpenVINO: the encoder with its pooling, as one graph with free batch and length."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from core.embedding.sentence_transformers_engine import load_sentence_transformer
from core.errors import ModelError
from core.models.exports import Export, run_export
from core.models.openvino_runtime import import_openvino

GRAPH_FILE = "openvino_model.xml"
TOKENIZER_FILE = "tokenizer.json"
SETTINGS_FILE = "courselift-encoder.json"  # dimension, longest input, prompts, padding: beside the graph
ENCODER_EXPORT = Export("core.embedding.openvino_export", format="encoder-1")


def export_model(model: Path, target: Path) -> None:
    """Trace the sentence-transformers model of `model` and write graph, tokenizer and settings to `target`.

    Weights are stored in float16, half the disk; the precision of the arithmetic is chosen when the graph is loaded.
    Raises ModelError when the model cannot be loaded or needs more than tokens and a mask.
    """
    openvino = import_openvino()
    import torch

    loaded = load_sentence_transformer(model, "float32", "cpu")
    loaded.eval()
    if not hasattr(loaded.tokenizer, "backend_tokenizer"):
        raise ModelError("recommendation.error.slow_tokenizer", model=model.name)

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = loaded

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model({"input_ids": input_ids, "attention_mask": attention_mask})["sentence_embedding"]

    mask = torch.ones(2, 7, dtype=torch.int64)
    mask[1, 5:] = 0  # a padded text, so that the mask is traced too
    sample = {"input_ids": torch.ones_like(mask), "attention_mask": mask}
    with torch.no_grad():
        graph = openvino.convert_model(Encoder(), example_input=sample)
    target.mkdir(parents=True)
    openvino.save_model(graph, target / GRAPH_FILE, compress_to_fp16=True)
    loaded.tokenizer.backend_tokenizer.save(str(target / TOKENIZER_FILE))
    settings = {
        "dimension": int(loaded.get_embedding_dimension()),
        "max_tokens": int(loaded.max_seq_length),
        "padding_id": int(loaded.tokenizer.pad_token_id),
        "prompts": dict(loaded.prompts or {}),
    }
    (target / SETTINGS_FILE).write_text(json.dumps(settings), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run_export(export_model))
