"""Texts to vectors, behind one small interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.embedding.texts import Role

Vectors = npt.NDArray[np.float32]
DEFAULT_BATCH_SIZE = 64


class Control(Protocol):
    """Hears that the encoder lives, and says whether it should stop."""

    def beat(self, tokens: int) -> None:
        """Called after each batch with the number of tokens so far."""

    def should_stop(self) -> bool:
        """Asked before each batch."""


@dataclass(frozen=True, slots=True)
class EncodedBatch:
    """The vectors of one batch."""

    indices: tuple[int, ...]  # positions in the texts that were given
    vectors: Vectors  # (len(indices), dimension), unit length
    tokens: int
    seconds: float


class Encoder(Protocol):
    """What turns texts into vectors: EmbeddingEngine, or FakeEncoder for tests."""

    dimension: int

    def stream(
        self,
        texts: Sequence[str],
        batch_size: int = DEFAULT_BATCH_SIZE,
        role: Role = "passage",
        control: Control | None = None,
    ) -> Iterator[EncodedBatch]:
        """Vectors batch by batch, shortest texts first; ends early when the control says stop."""

    def encode_batch(
        self,
        texts: Sequence[str],
        batch_size: int = DEFAULT_BATCH_SIZE,
        role: Role = "passage",
        control: Control | None = None,
    ) -> Vectors:
        """Vectors of all texts in their order, float32 (n, dimension) of unit length."""


class EmbeddingEngine:
    """Encodes with a sentence-transformers model folder."""

    def __init__(self, folder: Path, precision: str = "float32", device: str = "cpu") -> None:
        raise NotImplementedError
