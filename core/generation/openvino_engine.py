"""The engine for CPUs: continuous batching in OpenVINO GenAI, on a graph that transformers exported."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zlib import crc32

import psutil

from core.config import cpu_threads
from core.errors import ModelError
from core.generation.chats import chat_token_ids
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
from core.generation.openvino_export import DECODER_EXPORT, GENERATION_FILE
from core.generation.stopping import StopRule
from core.measurement.hardware import usable_cores
from core.models.inspection import require_memory
from core.models.openvino_runtime import import_openvino, import_openvino_genai
from core.records import FinishReason, Message

_PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
_MAX_BATCHED_TOKENS = 2048  # prompt tokens of one step; a cancel waits for a step
_MAX_TEXTS = 512  # more side by side than anybody asks for; the caller's batch size is kept by this module
_CACHE_SHARE = 0.25  # of the free memory, for keys and values; it is taken page by page as it fills
_MAX_CACHE_GIB = 8
_BEGINNING = 32  # tokens by which prompts that begin alike are known: one block of the prefix cache on a CPU


@dataclass(slots=True)
class _Text:
    """One text under way."""

    index: int
    prompt: list[int]
    handle: Any
    started: float
    ids: list[int] = field(default_factory=list)
    seconds: float = 0.0
    prefill_seconds: float | None = None
    ended: bool = False  # by the model's end sign, or because it was enough


class OpenVinoEngine:
    """Texts run side by side and leave one by one; the next prompt takes a finished one's place.

    What the prompts have in common at their beginning is computed once (prefix caching): the first prompt with a
    beginning goes one step ahead of the others. What is drawn for a sampled text depends on its
    seed and its prompt, not on its neighbours.
    """

    name = "openvino"
    refills = True

    def __init__(self) -> None:
        self._pipeline: Any = None
        self._tokenizer: Any = None
        self._end_ids: frozenset[int] = frozenset()
        self._context_length = 0
        self._info: EngineInfo | None = None
        self._requests = 0  # every request of a pipeline needs a number of its own
        self._beginnings: set[tuple[int, ...]] = set()  # that are in the prefix cache

    def load(self, folder: Path, precision: str, device: str) -> None:
        """See GenerationEngine. The first time a model is used it is exported, which takes a minute or more."""
        if device != "cpu":
            raise ModelError("models.openvino_device", device=device)
        genai = import_openvino_genai()
        require_memory(folder, precision)
        exported = DECODER_EXPORT.ensure(folder)
        facts = json.loads((exported / GENERATION_FILE).read_text(encoding="utf-8"))
        self._end_ids, self._context_length = frozenset(facts["end_ids"]), facts["context_length"]
        self._tokenizer = _load_tokenizer(exported)
        self._pipeline = _open_pipeline(genai, exported, precision)
        self._beginnings.clear()
        libraries = {name: version(name) for name in ("openvino", "openvino-genai")}
        self._info = EngineInfo(self.name, folder.name, precision, device, libraries)

    def describe(self) -> EngineInfo:
        """See GenerationEngine."""
        if self._info is None:
            raise ModelError("models.not_loaded")
        return self._info

    def generate(
        self,
        prompts: Iterable[Chat],
        settings: GenerationSettings,
        control: Control = NO_CONTROL,
        is_enough: IsEnough | None = None,
        seed_of: SeedOf | None = None,
    ) -> Iterator[Generation]:
        """See GenerationEngine. Each text is yielded in the step that ends it; a prompt is taken when it is begun."""
        self.describe()
        room = self._context_length - settings.max_new_tokens
        rule = StopRule(self._decode, is_enough) if is_enough else None
        coming = enumerate(prompts)
        waiting: deque[tuple[int, list[int]]] = deque()
        running: list[_Text] = []
        try:
            while not control.should_stop():
                while len(waiting) + len(running) < settings.batch_size and (taken := next(coming, None)):
                    index, ids = taken[0], chat_token_ids(self._tokenizer, taken[1])
                    if len(ids) <= room:
                        waiting.append((index, ids))
                    else:
                        yield _too_long(index, len(ids), room)
                running += self._begin_some(waiting, settings, seed_of or (lambda _: settings.seed))
                if not running:
                    break
                yield from self._step(running, control, rule)
            yield from (self._finish(text, FinishReason.CANCELLED) for text in running)
        finally:  # also when the caller goes away in the middle
            self._abandon(running)

    def _begin_some(
        self, waiting: deque[tuple[int, list[int]]], settings: GenerationSettings, seed_of: SeedOf
    ) -> list[_Text]:
        """Begin what waits, but of several that share a new beginning only the first: the rest finds it computed."""
        begun: list[_Text] = []
        ahead: set[tuple[int, ...]] = set()
        for _ in range(len(waiting)):
            index, prompt = waiting.popleft()
            beginning = tuple(prompt[:_BEGINNING])
            if beginning in ahead:
                waiting.append((index, prompt))
                continue
            begun.append(self._begin(index, prompt, settings, seed_of(index)))
            if beginning not in self._beginnings:
                ahead.add(beginning)
        self._beginnings |= ahead
        return begun

    def _begin(self, index: int, prompt: list[int], settings: GenerationSettings, seed: int) -> _Text:
        import numpy as np

        tensor = import_openvino().Tensor(np.array([prompt], dtype=np.int64))
        self._requests += 1
        with self._as_model_error():
            config = self._generation_config(settings, crc32(repr((seed, prompt)).encode()))
            handle = self._pipeline.add_request(self._requests, tensor, config)
        return _Text(index, prompt, handle, time.perf_counter())

    def _generation_config(self, settings: GenerationSettings, seed: int) -> Any:
        config = import_openvino_genai().GenerationConfig()
        config.max_new_tokens = settings.max_new_tokens
        config.repetition_penalty = settings.repetition_penalty
        config.stop_token_ids = set(self._end_ids)
        config.do_sample = settings.do_sample
        if settings.do_sample:
            config.temperature, config.top_p = settings.temperature, settings.top_p
            config.rng_seed = seed
        return config

    def _step(self, running: list[_Text], control: Control, rule: StopRule | None) -> Iterator[Generation]:
        """One step of all running texts; the finished ones leave `running` and are yielded."""
        started = time.perf_counter()
        with self._as_model_error():
            self._pipeline.step()
        now = time.perf_counter()
        grown = [(text, added) for text in running if (added := _read_new(text, now))]
        total = sum(added for _, added in grown)
        control.beat(total)
        for text, added in grown or [(text, 1) for text in running]:  # a step of prompts only is shared evenly
            text.seconds += (now - started) * added / (total or len(running))
        for text, _ in grown:
            if rule and rule.is_met(text.index, text.ids):
                text.handle.stop()
                text.ended = True
        for text in [text for text in running if self._is_over(text)]:
            running.remove(text)
            yield self._finish(text, FinishReason.STOP if text.ended else FinishReason.LENGTH)

    @contextmanager
    def _as_model_error(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]  # the first line names a file of the library
            raise ModelError("models.engine_failed", engine=self.name, reason=reason) from error

    def _is_over(self, text: _Text) -> bool:
        text.ended = text.ended or (bool(text.ids) and text.ids[-1] in self._end_ids)
        status = import_openvino_genai().GenerationStatus
        return text.ended or bool(text.handle.get_status() != status.RUNNING)

    def _finish(self, text: _Text, reason: FinishReason) -> Generation:
        return Generation(
            index=text.index,
            text=self._decode(text.ids).strip(),
            finish_reason=reason,
            prompt_tokens=len(text.prompt),
            new_tokens=len(text.ids),
            seconds=text.seconds,
            prefill_seconds=text.prefill_seconds,
        )

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True))

    def _abandon(self, running: list[_Text]) -> None:
        """Take back what still runs; a step lets the pipeline notice."""
        for text in running:
            text.handle.cancel()
        if running and self._pipeline.has_non_finished_requests():
            with suppress(RuntimeError):  # it may be why the texts are taken back
                self._pipeline.step()


def _read_new(text: _Text, now: float) -> int:
    """Append what the last step wrote to the text; returns the number of tokens."""
    if not text.handle.can_read():
        return 0
    added = [token for output in text.handle.read().values() for token in output.generated_ids]
    if text.prefill_seconds is None:
        text.prefill_seconds = now - text.started
    text.ids += added
    return len(added)


def _open_pipeline(genai: Any, exported: Path, precision: str) -> Any:
    """The precision of inference and of keys and values must be the same, or the graph is refused."""
    scheduler = genai.SchedulerConfig()
    scheduler.max_num_seqs = _MAX_TEXTS
    scheduler.max_num_batched_tokens = _MAX_BATCHED_TOKENS
    scheduler.enable_prefix_caching = True
    free_gib = psutil.virtual_memory().available / 2**30
    scheduler.cache_size = max(1, min(_MAX_CACHE_GIB, int(free_gib * _CACHE_SHARE)))
    hint = _PRECISIONS[precision]
    properties = {
        "INFERENCE_PRECISION_HINT": hint,
        "KV_CACHE_PRECISION": hint,
        "INFERENCE_NUM_THREADS": cpu_threads() or usable_cores(),
    }
    try:
        return genai.ContinuousBatchingPipeline(str(exported), scheduler, "CPU", properties)
    except RuntimeError as error:
        raise ModelError("models.cannot_load", model=exported.name, reason=str(error).splitlines()[0]) from error


def _load_tokenizer(exported: Path) -> Any:
    """The model's tokenizer. AutoTokenizer would import torch, which takes longer than loading the graph."""
    if (exported / "tokenizer.json").is_file():
        from transformers import PreTrainedTokenizerFast as Tokenizer
    else:
        from transformers import AutoTokenizer as Tokenizer
    return Tokenizer.from_pretrained(str(exported), local_files_only=True)


def _too_long(index: int, tokens: int, room: int) -> Generation:
    error = Message("models.prompt_too_long", {"tokens": tokens, "limit": max(room, 0)})
    return Generation(index, "", FinishReason.STOP, tokens, 0, 0.0, error=error)
