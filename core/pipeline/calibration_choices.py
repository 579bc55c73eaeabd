"""Which configurations a calibration tries, the most promising first."""

from __future__ import annotations

from core.generation.registry import default_engine
from core.measurement.calibration import Configuration
from core.measurement.hardware import MachineFacts, get_optimal_dtype
from core.models.languages import FAKE_PREFIX

MAX_PROMPTS = 128  # as many as the largest batch
_BATCHES = {"openvino": (64, 128), "transformers": (8,)}  # padding makes transformers slower with more on a CPU
_GPU_BATCHES = (64, 16)


def configurations_for(model_ref: str, device: str, facts: MachineFacts) -> tuple[Configuration, ...]:
    """All that make sense here, the reference (float32 by transformers) first.

    Precisions that the device does not compute natively come last, so that they are tried when time allows.
    """
    if model_ref.startswith(FAKE_PREFIX):
        return tuple(Configuration("fake", "none", batch) for batch in (16, 1))
    first = get_optimal_dtype(device, facts).precision
    precisions = list(dict.fromkeys((first, "float32", "float16")))
    engines = ("openvino", "transformers") if default_engine(device) == "openvino" else ("transformers",)
    found = [Configuration("transformers", "float32", 8)]
    for precision in precisions:
        for engine in engines:
            batches = _BATCHES[engine] if device == "cpu" else _GPU_BATCHES
            found += [Configuration(engine, precision, batch) for batch in batches]
    return tuple(dict.fromkeys(found))
