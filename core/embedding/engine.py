"""Texts to vectors, behind one small interface."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.embedding.texts import Role

Vectors = npt.NDArray[np.float32]
DEFAULT_BATCH_SIZE = 64


class Control(Protocol):
    """Hears that the encoder lives, and says whether it should stop."""

    def beat(self, tokens: int) -> None:
        """Called after each batch with its number of tokens."""

    def should_stop(self) -> bool:
        """Asked before each batch."""


@dataclass(frozen=True, slots=True)
class EncodedBatch:
    """The vectors of one batch."""

    indices: tuple[int, ...]  # positions in the texts that were given
    vectors: Vectors  # (len(indices), dimension), unit length
    tokens: int
    seconds: float


class Encoder(ABC):
    """What turns texts into vectors. Not for use from several threads at once."""

    dimension: int

    @abstractmethod
    def stream(
        self,
        texts: Sequence[str],
        batch_size: int = DEFAULT_BATCH_SIZE,
        role: Role = "passage",
        control: Control | None = None,
    ) -> Iterator[EncodedBatch]:
        """Vectors batch by batch, longest texts first, so that padding is small and memory peaks at the start.

        Ends early when `control` says stop.
        """

    def encode_batch(
        self, texts: Sequence[str], batch_size: int = DEFAULT_BATCH_SIZE, role: Role = "passage"
    ) -> Vectors:
        """Vectors of all texts in their order, float32 (n, dimension) of unit length."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for batch in self.stream(texts, batch_size, role):
            vectors[list(batch.indices)] = batch.vectors
        return vectors


class BatchEncoder(Encoder):
    """An encoder that works on one batch after the other."""

    @abstractmethod
    def _count_tokens(self, texts: Sequence[str], role: Role) -> list[int]:
        """How many tokens the model reads of each text."""

    @abstractmethod
    def _encode(self, texts: list[str], role: Role) -> Vectors:
        """Vectors of one batch, not yet of unit length."""

    def stream(
        self,
        texts: Sequence[str],
        batch_size: int = DEFAULT_BATCH_SIZE,
        role: Role = "passage",
        control: Control | None = None,
    ) -> Iterator[EncodedBatch]:
        """See Encoder.stream."""
        lengths = self._count_tokens(texts, role)
        order = sorted(range(len(texts)), key=lambda index: -lengths[index])
        for start in range(0, len(order), batch_size):
            if control is not None and control.should_stop():
                return
            indices = tuple(order[start : start + batch_size])
            began = time.perf_counter()
            vectors = unit_rows(self._encode([texts[index] for index in indices], role))
            tokens = sum(lengths[index] for index in indices)
            yield EncodedBatch(indices, vectors, tokens, time.perf_counter() - began)
            if control is not None:
                control.beat(tokens)


def unit_rows(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
