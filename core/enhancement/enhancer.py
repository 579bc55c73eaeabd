"""DescriptionEnhancer: a batch of courses in, checked drafts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.enhancement.checks import CourseIndex, check_text
from core.enhancement.trimming import cut_to_sentences, is_enough
from core.generation.engine import NO_CONTROL, Chat, Control, Generation, GenerationEngine, GenerationSettings
from core.measurement.monitor import PerformanceMonitor
from core.records import Course, Finding, FinishReason, Message, Severity

MAX_SENTENCES = 3  # as the prompt asks; a small model mostly invents what it adds, so that is not written
_RETRY_SEED_STEP = 7919  # far from the seeds that people choose


@dataclass(frozen=True, slots=True)
class EnhancementRequest:
    """One course and the chat that asks for its description."""

    course: Course
    chat: Chat


@dataclass(frozen=True, slots=True)
class Draft:
    """What became of one request."""

    index: int  # position of the request in the batch
    course_key: str
    text: str  # whole sentences only
    finish_reason: FinishReason
    prompt_tokens: int
    new_tokens: int  # of all attempts
    seconds: float  # of all attempts
    seed: int  # of the attempt that the text is from
    findings: tuple[Finding, ...] = ()
    error: Message | None = None  # why there is no text

    @property
    def hard_findings(self) -> int:
        """How many findings keep the draft from being approved in bulk."""
        return sum(finding.severity is Severity.HARD for finding in self.findings)


class DescriptionEnhancer:
    """Writes, trims and checks descriptions. A draft with a hard finding is written once more with another seed.

    The engine must be loaded. Work is measured under "generate" and "check" when a monitor is given. `others` are the
    courses with which a text may have been mixed up.
    """

    def __init__(
        self,
        engine: GenerationEngine,
        settings: GenerationSettings,
        monitor: PerformanceMonitor | None = None,
        others: CourseIndex | None = None,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._monitor = monitor or PerformanceMonitor()
        self._others = others

    def enhance(self, requests: Iterable[EnhancementRequest], control: Control = NO_CONTROL) -> Iterator[Draft]:
        """Drafts in the order in which they are finished, one a request; fewer when `control` stops.

        Requests are taken when the engine has room for them. Second attempts come when none are left.

        Drafts under way when stopped come with finish reason CANCELLED and are not checked.
        """
        taken: list[EnhancementRequest] = []
        weak: list[Draft] = []
        for draft in self._attempt(_noting(requests, taken), taken, self._settings, control):
            if draft.hard_findings and self._settings.do_sample:
                weak.append(draft)
            else:
                yield draft
        if weak:
            yield from self._retry(taken, weak, control)

    def _retry(self, requests: Sequence[EnhancementRequest], weak: list[Draft], control: Control) -> Iterator[Draft]:
        settings = replace(self._settings, seed=self._settings.seed + _RETRY_SEED_STEP)
        first = {draft.index: draft for draft in weak}
        again = [requests[index] for index in first]
        for second in self._attempt(again, again, settings, control):
            yield _better(first.pop(weak[second.index].index), second)
        yield from first.values()

    def _attempt(
        self,
        requests: Iterable[EnhancementRequest],
        taken: Sequence[EnhancementRequest],  # those of `requests` that the engine has asked for
        settings: GenerationSettings,
        control: Control,
    ) -> Iterator[Draft]:
        generations = self._engine.generate(
            (request.chat for request in requests),
            settings,
            control,
            lambda index, text: is_enough(text, taken[index].course.language, MAX_SENTENCES),
        )
        while True:
            with self._monitor.measure("generate"):
                generation = next(generations, None)
            if generation is None:
                return
            with self._monitor.measure("check"):
                draft = _finish(taken[generation.index], generation, settings.seed, self._others)
            yield draft


def _noting(requests: Iterable[EnhancementRequest], taken: list[EnhancementRequest]) -> Iterator[EnhancementRequest]:
    for request in requests:
        taken.append(request)
        yield request


def _finish(request: EnhancementRequest, generation: Generation, seed: int, others: CourseIndex | None) -> Draft:
    course = request.course
    text = cut_to_sentences(generation.text, course.language, MAX_SENTENCES)
    is_judged = generation.error is None and generation.finish_reason is not FinishReason.CANCELLED
    return Draft(
        index=generation.index,
        course_key=course.course_key,
        text=text,
        finish_reason=generation.finish_reason,
        prompt_tokens=generation.prompt_tokens,
        new_tokens=generation.new_tokens,
        seconds=generation.seconds,
        seed=seed,
        findings=tuple(check_text(course, text, request.chat, others)) if is_judged else (),
        error=generation.error,
    )


def _better(first: Draft, second: Draft) -> Draft:
    """The second attempt when it is a text with fewer hard findings, with the cost of both and the first's index."""
    is_usable = second.error is None and second.finish_reason is not FinishReason.CANCELLED
    chosen = second if is_usable and second.hard_findings < first.hard_findings else first
    tokens, seconds = first.new_tokens + second.new_tokens, first.seconds + second.seconds
    return replace(chosen, index=first.index, new_tokens=tokens, seconds=seconds)
