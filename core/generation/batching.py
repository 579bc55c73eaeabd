"""Which prompts are written side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

FIRST_BATCH = 4  # so that the first texts are there soon: a full batch takes several times as long


def plan_batches(lengths: Sequence[int], batch_size: int, first_batch: int | None = None) -> Iterator[list[int]]:
    """Groups of positions with similar lengths, shortest first, so that little is padded.

    `lengths` are prompt tokens. The first group has at most `first_batch` members when that is given.
    """
    order = sorted(range(len(lengths)), key=lambda position: lengths[position])
    start = 0
    while start < len(order):
        size = batch_size if start or first_batch is None else min(first_batch, batch_size)
        yield order[start : start + size]
        start += size
