"""Measuring lift: write descriptions as if there were none, then see how well the real ones find their courses."""

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

    Its `request` holds `hidden` (course key -> the hidden description), `others` (the texts of all other courses),
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
        hidden = [item.request["hidden"][course.course_key] for course in courses]
        stand_ins, others = lift_texts(courses, texts), list(item.request["others"])
        passages = [*others, *(text for each in stand_ins.values() for text in each)]
        vectors = self._embed(item.request["embedding"], hidden, passages, control, monitor)
        if vectors is None:
            return
        with monitor.measure("measure"):
            ranks = _ranks(courses, hidden, stand_ins, others, vectors)
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
        means: Mapping[str, Any],
        queries: Sequence[str],
        passages: Sequence[str],
        control: WorkerControl,
        monitor: PerformanceMonitor,
    ) -> dict[str, Floats] | None:
        """A vector of each text, by the text with its role before it; None when told to stop."""
        settings = {"batch_size": means["batch_size"]}
        how = {name: value for name, value in means.items() if name != "batch_size"}
        encoder = EmbedTask(replace(self._spec, kind=JobKind.EMBED, settings=settings, items=(), **how))
        encoder.load(monitor)
        roles: tuple[tuple[Role, Sequence[str]], ...] = (("passage", passages), ("query", queries))
        items = [
            WorkItem(f"{role} {text}", "", text=text, role=role)
            for role, texts in roles
            for text in dict.fromkeys(texts)
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
            "others": len(request["others"]),
            "with_hard_findings": sum(Severity.HARD.value in each for each in findings),
            "strongest": result.strongest.value,
            "difference": asdict(result.difference),
            "gain": asdict(result.gain),
            "verdict": result.verdict.value,
            "ranks": {
                course.course_key: {text.value: float(places[at]) for text, places in ranks.items()}
                for at, course in enumerate(courses)
            },
        }


def lift_texts(courses: Sequence[Course], generated: Sequence[str]) -> dict[LiftText, list[str]]:
    """What stands for each course, for every text that is found by vectors."""
    with_category = [
        _lines(course.title, course.title_en, course.department_name, course.category) for course in courses
    ]
    bare = [course_text(course, "") for course in courses]
    texts = {
        LiftText.TITLE: [_lines(course.title, course.title_en) for course in courses],
        LiftText.TITLE_DEPARTMENT: bare,
        LiftText.TITLE_DEPARTMENT_CATEGORY: with_category,
        LiftText.GENERATED: [course_text(course, text) for course, text in zip(courses, generated, strict=True)],
    }
    if with_category == bare:  # a catalog without categories
        del texts[LiftText.TITLE_DEPARTMENT_CATEGORY]
    return texts


def _ranks(
    courses: Sequence[Course],
    hidden: list[str],
    stand_ins: Mapping[LiftText, list[str]],
    others: list[str],
    vectors: Mapping[str, Floats],
) -> dict[LiftText, Doubles]:
    own = np.arange(len(courses))
    queries = np.stack([vectors[f"query {text}"] for text in hidden])
    ranks = {}
    for name, texts in stand_ins.items():
        documents = np.stack([vectors[f"passage {text}"] for text in [*texts, *others]])
        ranks[name] = ranks_of(queries @ documents.T, own)
    korean = sum(course.language == "ko" for course in courses)
    simple = stand_ins.get(LiftText.TITLE_DEPARTMENT_CATEGORY, stand_ins[LiftText.TITLE_DEPARTMENT])
    similarity = tfidf_similarity(hidden, [*simple, *others], "ko" if 2 * korean > len(courses) else "en")
    return {**ranks, LiftText.TFIDF: ranks_of(similarity, own)}


def _lines(*parts: str) -> str:
    return "\n".join(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))
