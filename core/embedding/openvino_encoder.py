"""Encodes with OpenVINO. Neither torch nor transformers is imported, so it is ready at once.

One stream of inference per core (OpenVINO's throughput hint), each with a batch of its own. Batches hold about as many
tokens each, texts of like length together, and lengths are rounded up so that the kernels made for one shape serve
many batches: see benchmarks/embedding.py for what each of these is worth.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.embedding.engine import DEFAULT_BATCH_SIZE, Control, EncodedBatch, Encoder, unit_rows
from core.embedding.openvino_export import ENCODER_EXPORT, GRAPH_FILE, SETTINGS_FILE, TOKENIZER_FILE
from core.embedding.texts import Role
from core.errors import ModelError
from core.models.openvino_runtime import import_openvino

TOKENS_PER_BATCH = 2048  # padding included: more no longer fits the caches of a core
LENGTH_STEP = 16  # tokens
_PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
_Ids = npt.NDArray[np.int64]


class OpenVinoEncoder(Encoder):
    """Encodes with the OpenVINO graph of a sentence-transformers model folder."""

    def __init__(self, folder: Path, precision: str = "bfloat16") -> None:
        """Load the model of `folder`, exporting it first if that was never done; `precision` is that of arithmetic.

        Raises ModelError when the folder is no model that can be exported, or OpenVINO cannot run it.
        """
        from tokenizers import Tokenizer

        openvino = import_openvino()
        exported = ENCODER_EXPORT.ensure(folder)
        settings = json.loads((exported / SETTINGS_FILE).read_text(encoding="utf-8"))
        self.dimension = int(settings["dimension"])
        self._prompts: dict[str, str] = settings["prompts"]
        self._padding_id = int(settings["padding_id"])
        self._tokenizer: Any = Tokenizer.from_file(str(exported / TOKENIZER_FILE))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(settings["max_tokens"])
        options = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": _PRECISIONS[precision]}
        try:
            compiled = openvino.Core().compile_model(exported / GRAPH_FILE, "CPU", options)
        except RuntimeError as error:  # the only kind that OpenVINO raises
            raise ModelError("recommendation.error.encoder", model=folder.name, reason=str(error)) from error
        count = compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        self._requests: list[Any] = [compiled.create_infer_request() for _ in range(count)]

    def stream(
        self,
        texts: Sequence[str],
        batch_size: int = DEFAULT_BATCH_SIZE,
        role: Role = "passage",
        control: Control | None = None,
    ) -> Iterator[EncodedBatch]:
        """See core.embedding.engine.Encoder.stream. `batch_size` is the most texts that a batch may hold."""
        ids = self._tokenize(texts, role)
        free = list(self._requests)
        running: deque[tuple[tuple[int, ...], Any]] = deque()
        since = time.perf_counter()
        batches = token_batches([len(row) for row in ids], batch_size)
        try:
            while running or batches:
                while free and batches and not (control is not None and control.should_stop()):
                    indices = batches.popleft()
                    request = free.pop()
                    request.start_async(self._inputs([ids[index] for index in indices]))
                    running.append((indices, request))
                if not running:
                    return
                indices, request = running.popleft()
                request.wait()
                free.append(request)
                vectors = unit_rows(np.array(request.get_output_tensor(0).data, np.float32))
                now = time.perf_counter()
                tokens = sum(len(ids[index]) for index in indices)
                yield EncodedBatch(indices, vectors, tokens, now - since)
                since = time.perf_counter()
                if control is not None:
                    control.beat(tokens)
        finally:
            for _, request in running:  # whoever listened has left: no request may run into the next call
                request.wait()

    def _tokenize(self, texts: Sequence[str], role: Role) -> list[list[int]]:
        prompt = self._prompts.get(role) or ""
        return [encoding.ids for encoding in self._tokenizer.encode_batch([prompt + text for text in texts])]

    def _inputs(self, rows: Sequence[Sequence[int]]) -> list[_Ids]:
        """Token ids and mask, both int64 (texts, padded length)."""
        length = padded_length(max(len(row) for row in rows))
        ids = np.full((len(rows), length), self._padding_id, np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        return [ids, mask]


def padded_length(tokens: int) -> int:
    """The number of tokens that a text of this length is padded to."""
    return -(-max(tokens, 1) // LENGTH_STEP) * LENGTH_STEP


def token_batches(lengths: Sequence[int], batch_size: int) -> deque[tuple[int, ...]]:
    """Places of texts, longest first, in batches of at most TOKENS_PER_BATCH tokens (or one text) and `batch_size`."""
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    batches: deque[tuple[int, ...]] = deque()
    while order:
        count = max(1, min(batch_size, TOKENS_PER_BATCH // padded_length(lengths[order[0]])))
        batches.append(tuple(order[:count]))
        order = order[count:]
    return batches
