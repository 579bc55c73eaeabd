"""What can be said about a model before it is loaded, from the heads of its files: nothing large is read."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from core.errors import ModelError

BYTES_PER_VALUE = {"float32": 4, "bfloat16": 2, "float16": 2}
_MAX_HEADER_BYTES = 100 * 2**20  # the safetensors format's own limit
# Measured with 135 million weights and 32 texts at once: 500 to 600 MiB beside the weights, of which 370 are libraries.
_WORKING_SHARE = 0.15  # of the weights, for activations and the key-value cache
_WORKING_MIB = 500


def read_config(folder: Path) -> dict[str, Any]:
    """The model folder's config.json. Raises ModelError when it is not readable."""
    try:
        values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError("models.broken_file", model=folder.name, reason="config.json") from error
    if not isinstance(values, dict):
        raise ModelError("models.broken_file", model=folder.name, reason="config.json")
    return values


def count_values(model: Path) -> int:
    """How many numbers the weights of a model folder or .gguf file hold. Raises ModelError when they are damaged."""
    if model.is_file():
        return _count_gguf(model)
    files = sorted(model.glob("*.safetensors"))
    if not files:
        raise ModelError("models.no_weights", model=model.name)
    return sum(math.prod(shape) for path in files for shape in _safetensors_shapes(path))


def _safetensors_shapes(path: Path) -> Iterator[list[int]]:
    """Layout: 8 bytes header size, JSON header with shapes and offsets, data (safetensors' README)."""
    try:
        with path.open("rb") as file:
            (header_bytes,) = struct.unpack("<Q", file.read(8))
            if header_bytes > _MAX_HEADER_BYTES:
                raise ValueError("header size")
            header = json.loads(file.read(header_bytes))
        header.pop("__metadata__", None)
        expected = 8 + header_bytes + max((item["data_offsets"][1] for item in header.values()), default=0)
        if path.stat().st_size < expected:
            raise ValueError(f"{path.stat().st_size} < {expected} bytes")
        yield from [item["shape"] for item in header.values()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise ModelError("models.broken_file", model=f"{path.parent.name}/{path.name}", reason=str(error)) from error


def _count_gguf(path: Path) -> int:
    from gguf import GGUFReader

    try:
        return sum(int(tensor.n_elements) for tensor in GGUFReader(path).tensors)
    except (OSError, ValueError, KeyError, IndexError, struct.error) as error:
        raise ModelError("models.broken_file", model=path.name, reason=str(error)) from error


def needed_memory_mib(model: Path, precision: str) -> float:
    """An estimate of the memory that using the model takes: weights, and what works on them."""
    weights_mib = count_values(model) * BYTES_PER_VALUE[precision] / 2**20
    return weights_mib * (1 + _WORKING_SHARE) + _WORKING_MIB


def require_memory(model: Path, precision: str, available_mib: float | None = None) -> None:
    """Raise ModelError when the model will not fit into the free memory (main memory unless given)."""
    needed = needed_memory_mib(model, precision)
    free = psutil.virtual_memory().available / 2**20 if available_mib is None else available_mib
    if needed > free:
        raise ModelError("models.no_memory", model=model.name, needed=round(needed), free=round(free))
