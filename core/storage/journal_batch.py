"""What one step of reading a job's journal brings into the database, all of it in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from core.records import Enhancement, ItemState, Measurement, Message, Timing


@dataclass(frozen=True, slots=True)
class JobItem:
    """One item of a job and how it went."""

    item_key: str
    state: ItemState = ItemState.PENDING
    attempts: int = 0  # starts so far, this one included
    seconds: float = 0.0
    new_tokens: int = 0
    error: Message | None = None


@dataclass(frozen=True, slots=True)
class ItemSample:
    """One finished item as a point of the live charts."""

    item_key: str
    finished_at: datetime
    seconds: float
    new_tokens: int
    rss_mib: float  # memory of the worker at that moment
    batch_size: int


@dataclass(frozen=True, slots=True)
class JobWork:
    """The finished items of a job that took time, together."""

    items: int
    seconds: float
    new_tokens: int
    last_finished_at: datetime


@dataclass(frozen=True, slots=True)
class JobForecast:
    """What was foretold about the rest of a job while it ran."""

    made_at: datetime
    done: int  # items that it was made from
    remaining: int  # items it is about
    seconds: float
    low: float  # of the range that holds the true time in 80 % of cases
    high: float


@dataclass(frozen=True, slots=True)
class Embedding:
    """The vector of one text by one model."""

    model: str
    text_hash: str
    vector: npt.NDArray[np.float32]  # (dimensions,), unit length


@dataclass(frozen=True, slots=True)
class JournalBatch:
    """The effect of one stretch of the journal. An item that is named twice counts as its last mention says."""

    items: Sequence[JobItem] = ()
    enhancements: Sequence[Enhancement] = ()
    cache_keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # enhancement id -> key
    embeddings: Sequence[Embedding] = ()
    measurements: Sequence[Measurement] = ()
    timings: Sequence[Timing] = ()
    samples: Sequence[ItemSample] = ()
