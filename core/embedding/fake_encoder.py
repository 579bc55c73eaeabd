"""An encoder without a model, for tests and dry runs: equal character sequences make near vectors."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from core.embedding.engine import BatchEncoder, Vectors
from core.embedding.texts import Role

_GRAM = 3  # characters


class FakeEncoder(BatchEncoder):
    """Counts character trigrams in hashed places: deterministic, on every machine the same."""

    dimension = 384

    def _count_tokens(self, texts: Sequence[str], role: Role) -> list[int]:
        return [len(text.split()) for text in texts]

    def _encode(self, texts: list[str], role: Role) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            padded = f" {text.casefold()} "
            grams = [padded[start : start + _GRAM] for start in range(max(1, len(padded) - _GRAM + 1))]
            places = [crc32(gram.encode()) % self.dimension for gram in grams]
            np.add.at(vectors[row], places, 1)
        return vectors
