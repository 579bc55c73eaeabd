"""Turning texts into vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from core.config import load_config
from core.embedding.engine import DEFAULT_BATCH_SIZE, Encoder
from core.embedding.registry import FAKE, create_encoder
from core.embedding.texts import Role
from core.errors import JobError
from core.jobs.control import WorkerControl
from core.jobs.outputs import vector_output
from core.jobs.spec import JobSpec, WorkItem
from core.jobs.tasks.base import Made
from core.measurement.monitor import PerformanceMonitor
from core.models.references import resolve

_GROUP_BATCHES = 8  # batches in hand at once, so that sorting by length has something to sort


class EmbedTask:
    """Makes one vector an item."""

    phase = "embedding"
    refills = False

    def __init__(self, spec: JobSpec) -> None:
        self._spec = spec
        self._batch_size = int(spec.settings.get("batch_size", DEFAULT_BATCH_SIZE))
        self._encoder: Encoder | None = None
        self.group_size = self._batch_size * _GROUP_BATCHES

    def load(self, monitor: PerformanceMonitor) -> None:
        """See core.jobs.tasks.base.Task."""
        spec = self._spec
        folder = Path() if spec.engine == FAKE else resolve(spec.model_ref, load_config())
        with monitor.measure("load_model"):
            self._encoder = create_encoder(spec.engine, folder, spec.precision, spec.device)

    def run(self, items: Iterable[WorkItem], control: WorkerControl, monitor: PerformanceMonitor) -> Iterator[Made]:
        """See core.jobs.tasks.base.Task."""
        if self._encoder is None:
            raise JobError("jobs.not_loaded")
        taken = list(items)
        for role in sorted({item.role for item in taken}):
            chosen = [item for item in taken if item.role == role]
            texts = [item.text for item in chosen]
            batches = self._encoder.stream(texts, self._batch_size, cast(Role, role), control)
            while True:
                with monitor.measure("embed"):
                    batch = next(batches, None)
                if batch is None:
                    break
                share = batch.seconds / len(batch.indices)
                for index, vector in zip(batch.indices, batch.vectors, strict=True):
                    yield Made(chosen[index], vector_output(vector), share)
