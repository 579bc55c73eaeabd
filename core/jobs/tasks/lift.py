"""Measuring lift: write descriptions as if there were none, then see how well they find the real ones."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.embedding.texts import Role, course_text
from core.evaluation.lift import LiftResult, LiftText, measure_lift, ranks_of
from core.evaluation.population import Doubles
from core.evaluation.tfidf import tfidf_similarity
from core.jobs.control import WorkerControl
from core.jobs.entries import EntryReader, ItemDone
from core.jobs.journal import Journal
from core.jobs.outputs import MEASURE_ITEM, read_vector
from core.jobs.spec import JobSpec, WorkItem
from core.jobs.tasks.base import Made, NotMade
from core.jobs.tasks.embed import EmbedTask
from core.jobs.tasks.enhance import EnhanceTask
from core.measurement.hardware import machine_facts
from core.measurement.monitor import PerformanceMonitor
from core.records import Course, JobKind, Message, Severity

Floats = npt.NDArray[np.float32]


class LiftTask:
    """Writes one description an item; the last item, MEASURE_ITEM, embeds and measures all of them.

    Its `request` holds `pool` (the descriptions to be searched), `targets` (course key -> position in the pool),
    `embedding` (model_ref, engine, precision, device, batch_size), `sample` (how the courses were chosen) and `seed`.
    """

    phase = "measuring_lift"
    refills = False

    def __init__(self, spec: JobSpec, journal: Journal) -> None:
        self._spec = spec
        self._journal = journal
        self._writer: EnhanceTask | None = EnhanceTask(replace(spec, kind=JobKind.ENHANCE))
        self._outputs: dict[str, Mapping[str, Any]] = {}  # what this worker wrote, by course key
        self.group_size = self._writer.group_size

    def load(self, monitor: PerformanceMonitor) -> None:
        """See core.jobs.tasks.base.Task."""
        if self._writer is not None:
            self._writer.load(monitor)

    def run(
        self, items: Iterable[WorkItem], control: WorkerControl, monitor: PerformanceMonitor
    ) -> Iterator[Made | NotMade]:
        """See core.jobs.tasks.base.Task."""
        taken = list(items)
        courses = [item for item in taken if item.key != MEASURE_ITEM]
        if courses and self._writer is not None:
            for outcome in self._writer.run(courses, control, monitor):
                if isinstance(outcome, Made):
                    self._outputs[outcome.item.key] = outcome.output
                yield outcome
        for item in taken:
            if item.key == MEASURE_ITEM and not control.should_stop():
                yield from self._measure(item, control, monitor)

    def _measure(self, item: WorkItem, control: WorkerControl, monitor: PerformanceMonitor) -> Iterator[Made | NotMade]:
        self._writer = None  # the generation model makes room for the embedding model
        gc.collect()
        written = self._written()
        courses = [each.course for each in self._spec.items if each.course is not None and each.key in written]
        if not courses:
            yield NotMade(item, Message("lift.nothing_written"))
            return
        texts = [str(written[course.course_key]["text"]) for course in courses]
        queries, pool = lift_queries(courses, texts), list(item.request["pool"])
        vectors = self._embed(item.request, queries, pool, control, monitor)
        if vectors is None:
            return
        with monitor.measure("measure"):
            target = np.array([item.request["targets"][course.course_key] for course in courses])
            ranks = _ranks(courses, queries, pool, vectors, target)
            departments = [course.department for course in courses]
            result = measure_lift(ranks, [course.language for course in courses], departments, item.request["seed"])
        about = self._about(item.request, courses, written, ranks, result)
        yield Made(item, {"rows": [asdict(row) for row in result.rows], "about": about}, 0.0)

    def _written(self) -> dict[str, Mapping[str, Any]]:
        """What this worker and those before it wrote, by course key."""
        lines = (line.entry for line in EntryReader(self._journal, self._spec).read_from())
        earlier = {entry.item: entry.output for entry in lines if isinstance(entry, ItemDone)}
        return {**earlier, **self._outputs}

    def _embed(
        self,
        request: Mapping[str, Any],
        queries: Mapping[LiftText, list[str]],
        pool: list[str],
        control: WorkerControl,
        monitor: PerformanceMonitor,
    ) -> dict[str, Floats] | None:
        """A vector of each text, by the text with its role before it; None when told to stop."""
        how = dict(request["embedding"])
        settings = {"batch_size": how.pop("batch_size")}
        encoder = EmbedTask(replace(self._spec, kind=JobKind.EMBED, settings=settings, items=(), **how))
        encoder.load(monitor)
        roles: dict[Role, list[str]] = {"passage": pool, "query": [text for each in queries.values() for text in each]}
        items = [
            WorkItem(f"{role} {text}", "", text=text, role=role)
            for role in roles
            for text in dict.fromkeys(roles[role])
        ]
        made = {each.item.key: read_vector(each.output) for each in encoder.run(items, control, monitor)}
        return made if len(made) == len(items) else None

    def _about(
        self,
        request: Mapping[str, Any],
        courses: Sequence[Course],
        written: Mapping[str, Mapping[str, Any]],
        ranks: Mapping[LiftText, Doubles],
        result: LiftResult,
    ) -> dict[str, Any]:
        """Everything that defines the measurement, as plain JSON values."""
        outputs = [written[course.course_key] for course in courses]
        findings = [{each["severity"] for each in output["findings"]} for output in outputs]
        return {
            **asdict(machine_facts()),
            "catalog_id": self._spec.catalog_id,
            **{name: outputs[0][name] for name in ("model", "engine", "precision", "device")},
            "model_ref": self._spec.model_ref,
            "prompt_version": self._spec.prompt_version,
            "settings": dict(self._spec.settings),
            **{name: request[name] for name in ("embedding", "sample", "seed")},
            "courses": len(courses),
            "not_written": len(self._spec.items) - 1 - len(courses),
            "pool": len(request["pool"]),
            "with_hard_findings": sum(Severity.HARD.value in each for each in findings),
            "strongest": result.strongest.value,
            "difference": asdict(result.difference),
            "verdict": result.verdict.value,
            "ranks": {
                course.course_key: {text.value: float(places[at]) for text, places in ranks.items()}
                for at, course in enumerate(courses)
            },
        }


def lift_queries(courses: Sequence[Course], generated: Sequence[str]) -> dict[LiftText, list[str]]:
    """What stands for each course, for every text that is searched by vectors."""
    with_category = [_lines(course.title, course.title_en, course.department, course.category) for course in courses]
    bare = [course_text(course, "") for course in courses]
    queries = {
        LiftText.TITLE: [_lines(course.title, course.title_en) for course in courses],
        LiftText.TITLE_DEPARTMENT: bare,
        LiftText.TITLE_DEPARTMENT_CATEGORY: with_category,
        LiftText.GENERATED: [course_text(course, text) for course, text in zip(courses, generated, strict=True)],
    }
    if with_category == bare:  # a catalog without categories
        del queries[LiftText.TITLE_DEPARTMENT_CATEGORY]
    return queries


def _ranks(
    courses: Sequence[Course],
    queries: Mapping[LiftText, list[str]],
    pool: list[str],
    vectors: Mapping[str, Floats],
    target: npt.NDArray[np.int_],
) -> dict[LiftText, Doubles]:
    matrix = np.stack([vectors[f"passage {text}"] for text in pool])
    ranks = {
        text: ranks_of(np.stack([vectors[f"query {each}"] for each in texts]) @ matrix.T, target)
        for text, texts in queries.items()
    }
    korean = sum(course.language == "ko" for course in courses)
    simple = queries.get(LiftText.TITLE_DEPARTMENT_CATEGORY, queries[LiftText.TITLE_DEPARTMENT])
    similarity = tfidf_similarity(simple, pool, "ko" if 2 * korean > len(courses) else "en")
    return {**ranks, LiftText.TFIDF: ranks_of(similarity, target)}


def _lines(*parts: str) -> str:
    return "\n".join(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))
