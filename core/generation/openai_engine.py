"""Any OpenAI-compatible endpoint on the user's own network as an engine: several requests at a time, streamed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from core.config import load_config
from core.errors import ModelError
from core.generation.engine import (
    NO_CONTROL,
    Chat,
    Control,
    EngineInfo,
    Generation,
    GenerationSettings,
    IsEnough,
    SeedOf,
)
from core.models.endpoints import Endpoint, check_transport, require_confirmed
from core.records import FinishReason

if TYPE_CHECKING:
    from httpx2 import AsyncClient

    from core.generation.openai_client import Reply

MAX_CONCURRENCY = 16  # requests at a time, whatever the batch size: the endpoint may have other users
SILENCE_SECONDS = 120.0  # without a byte for any request; below the time after which a silent worker counts as hung
_TICK_SECONDS = 0.1  # how often the control is asked while nothing arrives


@dataclass(slots=True)
class _Job:
    """One text under way."""

    index: int
    task: asyncio.Task[None]
    reply: Reply
    seconds: float = 0.0  # its share of the time so far


@dataclass(slots=True)
class _Run:
    """One call of `generate`: what is still to begin, what is under way."""

    coming: Iterator[tuple[int, Chat]]
    running: list[_Job] = field(default_factory=list)
    looked: float = field(default_factory=time.perf_counter)
    heard: float = field(default_factory=time.perf_counter)  # when something last arrived

    def pass_on(self, tokens: int, control: Control) -> None:
        """Something arrived: only that is a sign of life, waiting is not."""
        self.heard = time.perf_counter()
        control.beat(tokens)

    def share_time(self) -> None:
        """Give the time since the last look to the texts under way, in equal parts."""
        now = time.perf_counter()
        for job in self.running:
            job.seconds += (now - self.looked) / len(self.running)
        self.looked = now


class OpenAiEngine:
    """Writes with the model behind a confirmed address. Sends the chats it is given, and nothing else."""

    name = "openai"
    refills = True

    def __init__(self) -> None:
        self._endpoint: Endpoint | None = None

    def load(self, folder: Path, precision: str, device: str) -> None:
        """Look whether the endpoint is there and has the model; `folder` is what `resolve` gave for the reference.

        Raises ModelError when its address is not confirmed, would be reached unencrypted over a public network, or
        does not answer. Precision and device are the endpoint's own affair.
        """
        from core.generation.openai_client import check_model, model_names, open_client

        endpoint = require_confirmed(load_config(), str(folder))
        check_transport(endpoint)

        async def look() -> list[str] | None:
            async with open_client() as client:
                return await model_names(client, endpoint)

        check_model(endpoint, asyncio.run(look()))
        self._endpoint = endpoint

    def generate(
        self,
        prompts: Iterable[Chat],
        settings: GenerationSettings,
        control: Control = NO_CONTROL,
        is_enough: IsEnough | None = None,
        seed_of: SeedOf | None = None,
    ) -> Iterator[Generation]:
        """See GenerationEngine. Requests that fail for a passing reason are tried again, with growing pauses.

        `is_enough` is not asked: an endpoint says what a text cost only at its end.
        """
        endpoint = self._loaded()
        run = _Run(enumerate(prompts))
        # The loop runs only while this thread waits in it, so stopping a request closes its connection at once.
        with asyncio.Runner() as runner:
            yield from _drive(runner, endpoint, run, settings, control, seed_of)

    def describe(self) -> EngineInfo:
        """See GenerationEngine. Which precision and device the endpoint computes with is not known."""
        endpoint = self._loaded()
        return EngineInfo(self.name, endpoint.model, "endpoint", "endpoint", {"httpx2": version("httpx2")})

    def _loaded(self) -> Endpoint:
        if self._endpoint is None:
            raise ModelError("models.not_loaded")
        return self._endpoint


def _drive(
    runner: asyncio.Runner,
    endpoint: Endpoint,
    run: _Run,
    settings: GenerationSettings,
    control: Control,
    seed_of: SeedOf | None,
) -> Iterator[Generation]:
    from core.generation.openai_client import Reply, open_client, write

    def beat(tokens: int) -> None:
        run.pass_on(tokens, control)

    client = open_client()
    limit = min(settings.batch_size, MAX_CONCURRENCY)
    try:
        while not control.should_stop():
            while len(run.running) < limit and (taken := next(run.coming, None)):
                reply = Reply()
                own = replace(settings, seed=seed_of(taken[0])) if seed_of else settings
                work = write(client, endpoint, taken[1], own, reply, beat)
                run.running.append(_Job(taken[0], runner.get_loop().create_task(work), reply))
            if not run.running:
                break
            run.looked = time.perf_counter()
            runner.run(_wait(run.running))
            run.share_time()
            yield from _collect(run)
            if run.running and time.perf_counter() - run.heard > SILENCE_SECONDS:
                raise ModelError("endpoint.timed_out", seconds=round(SILENCE_SECONDS))
        for job in run.running:
            yield _result(job)
    finally:
        for job in run.running:
            job.task.cancel()
        runner.run(_close(client, run.running))


async def _wait(running: Sequence[_Job]) -> None:
    await asyncio.wait([job.task for job in running], timeout=_TICK_SECONDS, return_when=asyncio.FIRST_COMPLETED)


async def _close(client: AsyncClient, running: Sequence[_Job]) -> None:
    await asyncio.gather(*(job.task for job in running), return_exceptions=True)
    await client.aclose()


def _collect(run: _Run) -> Iterator[Generation]:
    """The texts that have ended; the reasons for which the endpoint cannot be used come up after them."""
    from core.generation.openai_client import PromptFailedError

    ended = [job for job in run.running if job.task.done()]
    run.running = [job for job in run.running if not job.task.done()]
    failure: BaseException | None = None
    for job in ended:
        error = job.task.exception()
        if error is None:
            yield _result(job)
        elif isinstance(error, PromptFailedError):
            yield Generation(job.index, "", FinishReason.STOP, 0, 0, job.seconds, error=error.reason)
        else:
            failure = error
    if failure is not None:
        raise failure


def _result(job: _Job) -> Generation:
    reply = job.reply
    if reply.finish_reason is None:
        reason = FinishReason.CANCELLED
    else:
        reason = FinishReason.LENGTH if reply.finish_reason == "length" else FinishReason.STOP
    return Generation(job.index, reply.text, reason, reply.prompt_tokens, reply.new_tokens, job.seconds)
