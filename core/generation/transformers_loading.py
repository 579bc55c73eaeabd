"""Loads a causal language model with transformers, and says in a sentence why one cannot be loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.config import cpu_threads
from core.errors import ModelError
from core.generation.chats import require_chat_template
from core.measurement.hardware import usable_cores
from core.models.inspection import read_config, require_memory

_DEFAULT_CONTEXT = 2048  # for the few models that do not say how far they reach


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that is ready to write."""

    model: Any
    tokenizer: Any
    end_ids: frozenset[int]  # tokens that end a text
    pad_id: int
    context_length: int  # prompt and new tokens together


def load_model(folder: Path, precision: str, device: str) -> LoadedModel:
    """Load model and tokenizer of a model folder or .gguf file, with the weights in `precision` on `device`.

    Raises ModelError: not enough memory, a broken file, an unsupported architecture, no chat template.
    """
    import torch

    if folder.is_dir():
        read_config(folder)
    if device == "cpu":
        torch.set_num_threads(cpu_threads() or usable_cores())
    require_memory(folder, precision, _free_device_mib(device))
    tokenizer = _load_tokenizer(folder)
    require_chat_template(tokenizer, folder.name)
    model = _load_weights(folder, getattr(torch, precision)).to(device).eval()
    end_ids = _end_ids(model, tokenizer)
    pad_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else min(end_ids)
    text_config = model.config.get_text_config()
    context = getattr(text_config, "max_position_embeddings", None) or _DEFAULT_CONTEXT
    return LoadedModel(model, tokenizer, end_ids, pad_id, context)


def _free_device_mib(device: str) -> float | None:
    """Free memory of a graphics card in MiB; None where the main memory counts."""
    if device != "cuda":
        return None
    import torch

    free_bytes, _ = torch.cuda.mem_get_info()
    return float(free_bytes) / 2**20


def _source(path: Path) -> tuple[str, dict[str, Any]]:
    """What transformers wants to hear about where the files are."""
    if path.is_file():
        return str(path.parent), {"gguf_file": path.name, "local_files_only": True}
    return str(path), {"local_files_only": True, "trust_remote_code": False}


def _load_tokenizer(path: Path) -> Any:
    from transformers import AutoTokenizer

    source, options = _source(path)
    try:
        return AutoTokenizer.from_pretrained(source, **options)
    except Exception as error:  # tokenizer libraries raise all kinds, bare Exception among them
        raise ModelError("models.broken_tokenizer", model=path.name, reason=_first_line(error)) from error


def _load_weights(path: Path, dtype: Any) -> Any:
    from transformers import AutoConfig, AutoModelForCausalLM, GgufConfig
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    source, options = _source(path)
    try:
        config = AutoConfig.from_pretrained(source, **options)
    except (ValueError, KeyError, OSError) as error:
        raise ModelError("models.unsupported", model=path.name, reason=_first_line(error)) from error
    if type(config) not in AutoModelForCausalLM._model_mapping:
        raise ModelError("models.unsupported", model=path.name, reason=str(config.model_type))
    if path.is_file():
        options["quantization_config"] = GgufConfig(dequantize=True)
    else:
        options["use_safetensors"] = True
    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            source, config=config, dtype=dtype, output_loading_info=True, **options
        )
    except Exception as error:  # safetensors has its own error type; all of them mean that the files do not fit
        raise ModelError("models.broken_file", model=path.name, reason=_first_line(error)) from error
    if report.get("missing_keys") or report.get("mismatched_keys"):
        # transformers would fill these with noise and go on
        raise ModelError("models.incomplete", model=path.name, count=_count_missing(report))
    return model


def _count_missing(report: dict[str, Any]) -> int:
    return len(report.get("missing_keys", ())) + len(report.get("mismatched_keys", ()))


def _end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    declared = model.generation_config.eos_token_id
    ids = set(declared if isinstance(declared, list) else [declared]) | {tokenizer.eos_token_id}
    return frozenset(token for token in ids if token is not None)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
