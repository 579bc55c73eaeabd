"""DescriptionEnhancer: a batch of courses in, checked drafts out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
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

        Requests are taken when the engine has room for them; second attempts come before new requests.

        Drafts under way when stopped come with finish reason CANCELLED and are not checked.
        """
        attempts = _Attempts(requests, self._settings.seed)
        while not control.should_stop():
            yield from self._write(attempts, control)
            if not attempts.weak:
                break
        yield from attempts.unbettered.values()

    def _write(self, attempts: _Attempts, control: Control) -> Iterator[Draft]:
        """Write until no attempt is left that the engine could take, and keep what deserves a second one."""
        before = len(attempts.taken)  # by earlier calls of the engine, which counts from 0 in each
        taken = attempts.taken
        generations = self._engine.generate(
            attempts,
            self._settings,
            control,
            lambda index, text: is_enough(text, taken[before + index].request.course.language, MAX_SENTENCES),
            lambda index: taken[before + index].seed,
        )
        while True:
            with self._monitor.measure("generate"):
                generation = next(generations, None)
            if generation is None:
                return
            attempt = taken[before + generation.index]
            with self._monitor.measure("check"):
                draft = _finish(attempt, generation, self._others)
            if attempt.is_second:
                yield _better(attempts.unbettered.pop(attempt.index), draft)
            elif draft.hard_findings and self._settings.do_sample:
                attempts.retry(attempt, draft)
            else:
                yield draft


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One text to be written."""

    index: int  # of its request
    request: EnhancementRequest
    seed: int
    is_second: bool = False


class _Attempts:
    """What the engine writes next: second attempts at weak drafts first, then the requests."""

    def __init__(self, requests: Iterable[EnhancementRequest], seed: int) -> None:
        self.taken: list[_Attempt] = []  # by the engine, in its order
        self.weak: deque[_Attempt] = deque()  # second attempts that wait
        self.unbettered: dict[int, Draft] = {}  # weak drafts by index, until their second attempt is there
        self._requests = enumerate(requests)
        self._seed = seed

    def retry(self, attempt: _Attempt, draft: Draft) -> None:
        """Have what became of an attempt, a weak draft, written once more with another seed."""
        self.unbettered[attempt.index] = draft
        self.weak.append(replace(attempt, seed=self._seed + _RETRY_SEED_STEP, is_second=True))

    def __iter__(self) -> Iterator[Chat]:
        while (attempt := self._next()) is not None:
            self.taken.append(attempt)
            yield attempt.request.chat

    def _next(self) -> _Attempt | None:
        if self.weak:
            return self.weak.popleft()
        index, request = next(self._requests, (0, None))
        return None if request is None else _Attempt(index, request, self._seed)


def _finish(attempt: _Attempt, generation: Generation, others: CourseIndex | None) -> Draft:
    course = attempt.request.course
    text = cut_to_sentences(_storable(generation.text), course.language, MAX_SENTENCES)
    is_judged = generation.error is None and generation.finish_reason is not FinishReason.CANCELLED
    return Draft(
        index=attempt.index,
        course_key=course.course_key,
        text=text,
        finish_reason=generation.finish_reason,
        prompt_tokens=generation.prompt_tokens,
        new_tokens=generation.new_tokens,
        seconds=generation.seconds,
        seed=attempt.seed,
        findings=tuple(check_text(course, text, attempt.request.chat, others)) if is_judged else (),
        error=generation.error,
    )


def _storable(text: str) -> str:
    """Without what nothing can store: NUL, and half a surrogate pair, which a server's JSON can hold."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _better(first: Draft, second: Draft) -> Draft:
    """The second attempt when it is a text with fewer hard findings, with the cost of both."""
    is_usable = second.error is None and second.finish_reason is not FinishReason.CANCELLED
    chosen = second if is_usable and second.hard_findings < first.hard_findings else first
    tokens, seconds = first.new_tokens + second.new_tokens, first.seconds + second.seconds
    return replace(chosen, new_tokens=tokens, seconds=seconds)
