"""Exports a writing model for OpenVINO.

transformers' own exporter traces the decoder with its key-value cache as a stateful graph whose batch and lengths are
free. The trace is in float32: one export serves every precision, which is chosen when the graph is loaded. It takes
about a minute for a model of 135 million weights, once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.models.exports import Export, run_export

if TYPE_CHECKING:
    from core.generation.transformers_loading import LoadedModel

GENERATION_FILE = "courselift-generation.json"  # end signs and context length, beside the graph
DECODER_EXPORT = Export("core.generation.openvino_export", format=1)


def export_model(model: Path, target: Path) -> None:
    """Trace `model` and write the graph, the tokenizer and the generation settings to `target`."""
    from core.models.openvino_runtime import import_openvino

    import_openvino()
    from transformers.exporters.exporter_openvino import OpenVINOConfig, OpenVINOExporter

    from core.generation.transformers_loading import load_model

    loaded = load_model(model, "float32", "cpu")
    inputs, shapes = _sample_inputs(loaded.model)
    config = OpenVINOConfig(
        dynamic=True, dynamic_shapes=shapes, prefer_deferred_runtime_asserts_over_guards=True, stateful=True
    )
    exported = OpenVINOExporter().export(loaded.model, inputs, config=config)
    target.mkdir(parents=True)
    exported.save_pretrained(target)
    loaded.tokenizer.save_pretrained(str(target))
    generation = {"end_ids": sorted(loaded.end_ids), "context_length": _safe_context(loaded)}
    (target / GENERATION_FILE).write_text(json.dumps(generation), encoding="utf-8")


def _safe_context(loaded: LoadedModel) -> int:
    """The context length; with sliding windows only as far as a window, because paged attention may not know of it."""
    config = loaded.model.config.get_text_config()
    slides = "sliding_attention" in (getattr(config, "layer_types", None) or ())
    return min(loaded.context_length, config.sliding_window) if slides else loaded.context_length


def _sample_inputs(model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two texts of three tokens after four cached ones, and which sizes are free.

    Naming the free sizes saves the tracer from finding them out, which takes several times as long.
    """
    import torch
    from torch.export import Dim
    from transformers import DynamicCache

    free = Dim.DYNAMIC
    cache = DynamicCache()  # one plain layer each, also for sliding windows: see _safe_context
    with torch.no_grad():  # not inference mode: its tensors cannot be traced
        model(torch.ones(2, 4, dtype=torch.int64), past_key_values=cache, use_cache=True)
    inputs = {
        "input_ids": torch.ones(2, 3, dtype=torch.int64),
        "attention_mask": torch.ones(2, 7, dtype=torch.int64),
        "position_ids": torch.arange(4, 7).repeat(2, 1),
        "past_key_values": cache,
    }
    shapes: dict[str, Any] = {name: {0: free, 1: free} for name in ("input_ids", "attention_mask", "position_ids")}
    shapes["past_key_values"] = [{0: free, 2: free}] * (2 * len(cache.layers))
    return inputs, shapes


if __name__ == "__main__":
    sys.exit(run_export(export_model))
