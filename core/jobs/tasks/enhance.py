"""Writing descriptions: from a prompt to a draft that was trimmed and checked."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.config import load_config
from core.enhancement.checks import CourseIndex
from core.enhancement.enhancer import DescriptionEnhancer, EnhancementRequest
from core.errors import JobError, ModelError
from core.generation.engine import GenerationEngine, GenerationSettings
from core.generation.registry import create_engine
from core.jobs.control import WorkerControl
from core.jobs.outputs import text_output
from core.jobs.spec import JobSpec, WorkItem
from core.jobs.tasks.base import Made, NotMade
from core.measurement.monitor import PerformanceMonitor
from core.models.references import resolve
from core.records import FinishReason, Message

# What says that an engine cannot take a model, rather than that the model is at fault.
_ENGINE_REFUSALS = ("models.export_failed", "models.no_openvino")

logger = logging.getLogger(__name__)


class EnhanceTask:
    """Writes one description an item."""

    phase = "generating"

    def __init__(self, spec: JobSpec) -> None:
        self._spec = spec
        self._settings = GenerationSettings.from_mapping(spec.settings)
        self._engine: GenerationEngine | None = None
        self._others = CourseIndex(spec.others) if spec.others else None
        self.group_size = self._settings.batch_size
        self.refills = False

    def load(self, monitor: PerformanceMonitor) -> None:
        """See core.jobs.tasks.base.Task."""
        folder = resolve(self._spec.model_ref, load_config())
        with monitor.measure("load_model"):
            self._engine = self._load_engine(folder)
        self.refills = self._engine.refills

    def _load_engine(self, folder: Path) -> GenerationEngine:
        """The engine of the job, or its fallback; each text's provenance names the one that wrote it."""
        spec = self._spec
        engine = create_engine(spec.engine)
        try:
            engine.load(folder, spec.precision, spec.device)
        except ModelError as error:
            if not spec.fallback_engine or error.message.key not in _ENGINE_REFUSALS:
                raise
            logger.warning("%s cannot take the model (%s): %s instead", spec.engine, error, spec.fallback_engine)
            engine = create_engine(spec.fallback_engine)
            engine.load(folder, spec.precision, spec.device)
        return engine

    def run(
        self, items: Iterable[WorkItem], control: WorkerControl, monitor: PerformanceMonitor
    ) -> Iterator[Made | NotMade]:
        """See core.jobs.tasks.base.Task."""
        if self._engine is None:
            raise JobError("jobs.not_loaded")
        info = self._engine.describe()
        made_by = {"model": info.model, "engine": info.engine, "precision": info.precision, "device": info.device}
        enhancer = DescriptionEnhancer(self._engine, self._settings, monitor, self._others)
        taken: list[WorkItem] = []
        for draft in enhancer.enhance(_requests(items, taken), control):
            item = taken[draft.index]
            if draft.error is not None:
                yield NotMade(item, draft.error)
            elif draft.finish_reason is FinishReason.CANCELLED:
                continue
            elif not draft.text:
                yield NotMade(item, Message("jobs.empty_text"))
            else:
                output = text_output(draft.text, draft.finish_reason, draft.findings, draft.seed, made_by)
                yield Made(item, output, draft.seconds, draft.prompt_tokens, draft.new_tokens)


def _requests(items: Iterable[WorkItem], taken: list[WorkItem]) -> Iterator[EnhancementRequest]:
    for item in items:
        if item.course is None:
            raise JobError("jobs.no_course", item=item.key)
        taken.append(item)
        yield EnhancementRequest(item.course, item.chat)
