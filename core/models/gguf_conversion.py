"""Turns a GGUF file of a language model into an ordinary model folder, with transformers' own reader."""

from __future__ import annotations

from pathlib import Path

from core.errors import ModelError


def convert_gguf(source: Path, target: Path) -> None:
    """Write model and tokenizer of `source` to the folder `target`.

    Weights are dequantised once and kept in float32. A 4-bit weight is scale times nibble plus minimum, both float16:
    that needs more bits than bfloat16 or float16 have, and float32 is the reference by which all faster precisions
    are judged, so it has to be exact. It costs disk (538 MB for SmolLM2-135M, half of that in bfloat16) but not
    memory: weights are cast to the chosen precision as they are read.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    try:
        model = AutoModelForCausalLM.from_pretrained(
            str(source.parent),
            gguf_file=source.name,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.float32,
            local_files_only=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(str(source.parent), gguf_file=source.name, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError, IndexError) as error:
        raise ModelError("models.broken_file", model=source.name, reason=_first_line(error)) from error
    if not tokenizer.chat_template:
        raise ModelError("models.no_chat_template", model=source.name)
    model.save_pretrained(str(target))
    tokenizer.save_pretrained(str(target))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
