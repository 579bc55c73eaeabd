"""The reference engine: every causal language model that transformers loads, on CPU, CUDA or MPS."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from core.errors import ModelError
from core.generation.batching import FIRST_BATCH, plan_batches
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
from core.generation.stopping import StopRule
from core.generation.transformers_loading import LoadedModel, load_model
from core.records import FinishReason, Message

if TYPE_CHECKING:
    import torch

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Prompt:
    index: int  # position in the caller's sequence
    ids: list[int]
    seed: int


class TransformersEngine:
    """Batches of left-padded prompts of similar length, in inference mode.

    Greedy texts are exactly repeatable for the same batches; sampled ones are seeded for each batch from the seeds
    and the batch's prompts. A batch's texts are yielded when the last of them is finished.
    """

    name = "transformers"
    refills = False

    def __init__(self) -> None:
        self._loaded: LoadedModel | None = None
        self._info: EngineInfo | None = None
        self._has_written = False

    def load(self, folder: Path, precision: str, device: str) -> None:
        """See GenerationEngine. Weights are safetensors or GGUF only; no code of the model's folder is run."""
        self._loaded = load_model(folder, precision, device)
        libraries = {name: version(name) for name in ("torch", "transformers")}
        self._info = EngineInfo(self.name, folder.name, precision, device, libraries)
        self._has_written = False

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
        """See GenerationEngine. The first batch after loading is small, so that a person soon sees texts."""
        loaded = self._require_loaded()
        encoded = [
            _Prompt(index, chat_token_ids(loaded.tokenizer, chat), seed_of(index) if seed_of else settings.seed)
            for index, chat in enumerate(prompts)
        ]
        room = loaded.context_length - settings.max_new_tokens
        rule = StopRule(self._decode, is_enough) if is_enough else None
        fitting = [prompt for prompt in encoded if len(prompt.ids) <= room]
        yield from (_too_long(prompt, room) for prompt in encoded if len(prompt.ids) > room)
        first = None if self._has_written else FIRST_BATCH
        for positions in plan_batches([len(prompt.ids) for prompt in fitting], settings.batch_size, first):
            if control.should_stop():
                return
            self._has_written = True
            yield from self._write([fitting[position] for position in positions], settings, control, rule)

    def _require_loaded(self) -> LoadedModel:
        if self._loaded is None:
            raise ModelError("models.not_loaded")
        return self._loaded

    def _write(
        self, batch: list[_Prompt], settings: GenerationSettings, control: Control, rule: StopRule | None
    ) -> Iterator[Generation]:
        """One batch; when memory runs out it is split in two, down to single prompts."""
        try:
            yield from self._run(batch, settings, control, rule)
            return
        except RuntimeError as error:  # torch.OutOfMemoryError is one, too
            if not _is_out_of_memory(error):
                raise ModelError("models.engine_failed", engine=self.name, reason=_first_line(error)) from error
        _log.warning("memory ran out with %d texts at once", len(batch))
        if len(batch) == 1:
            error_message = Message("models.prompt_needs_memory", {"tokens": len(batch[0].ids)})
            yield Generation(batch[0].index, "", FinishReason.STOP, len(batch[0].ids), 0, 0.0, error=error_message)
            return
        middle = len(batch) // 2
        yield from self._write(batch[:middle], settings, control, rule)
        yield from self._write(batch[middle:], settings, control, rule)

    def _run(
        self, batch: list[_Prompt], settings: GenerationSettings, control: Control, rule: StopRule | None
    ) -> list[Generation]:
        import torch

        loaded = self._require_loaded()
        inputs, mask = _left_pad([prompt.ids for prompt in batch], loaded.pad_id)
        watcher = _Watcher(control, loaded.end_ids, rule, [prompt.index for prompt in batch])
        torch.manual_seed(crc32(repr(([prompt.seed for prompt in batch], inputs.tolist())).encode()))
        control.beat(0)
        started = time.perf_counter()
        with torch.inference_mode():
            loaded.model.generate(
                input_ids=inputs.to(loaded.model.device),
                attention_mask=mask.to(loaded.model.device),
                generation_config=_generation_config(loaded, settings),
                stopping_criteria=[watcher],
            )
        seconds = time.perf_counter() - started
        prefill = watcher.first_token_at - started if watcher.first_token_at else None
        return self._finish(batch, watcher, seconds, prefill)

    def _finish(
        self, batch: list[_Prompt], watcher: _Watcher, seconds: float, prefill: float | None
    ) -> list[Generation]:
        total = sum(len(row) for row in watcher.rows) or 1
        unfinished = FinishReason.CANCELLED if watcher.stopped else FinishReason.LENGTH
        return [
            Generation(
                index=prompt.index,
                text=self._decode(row).strip(),
                finish_reason=FinishReason.STOP if ended else unfinished,
                prompt_tokens=len(prompt.ids),
                new_tokens=len(row),
                seconds=seconds * len(row) / total,
                prefill_seconds=prefill,
            )
            for prompt, row, ended in zip(batch, watcher.rows, watcher.ended, strict=True)
        ]

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self._require_loaded().tokenizer.decode(ids, skip_special_tokens=True))


class _Watcher:
    """Looks in after each step: tells the caller about the new tokens, ends texts, and hears whether to stop."""

    def __init__(
        self, control: Control, end_ids: frozenset[int], rule: StopRule | None, indices: Sequence[int]
    ) -> None:
        self.first_token_at: float | None = None
        self.stopped = False
        self.ended = [False] * len(indices)  # rows with their end sign, or with enough
        self.rows: list[list[int]] = [[] for _ in indices]  # new tokens, the end sign included; what follows is padding
        self._control = control
        self._end_ids = end_ids
        self._rule = rule
        self._indices = indices  # of the prompts, for the rule

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        import torch

        self.first_token_at = self.first_token_at or time.perf_counter()
        self._control.beat(self.ended.count(False))
        for row, token in enumerate(input_ids[:, -1].tolist()):
            if not self.ended[row]:
                self._add(row, token)
        self.stopped = self._control.should_stop()
        ended = [self.stopped or each for each in self.ended]
        return torch.tensor(ended, dtype=torch.bool, device=input_ids.device)

    def _add(self, row: int, token: int) -> None:
        self.rows[row].append(token)
        is_enough = self._rule is not None and self._rule.is_met(self._indices[row], self.rows[row])
        self.ended[row] = token in self._end_ids or is_enough


def _generation_config(loaded: LoadedModel, settings: GenerationSettings) -> Any:
    from transformers import GenerationConfig

    # top_k=0 switches off what some models bring along: the settings are all that shapes the text.
    sampling = {"temperature": settings.temperature, "top_p": settings.top_p, "top_k": 0} if settings.do_sample else {}
    return GenerationConfig(
        max_new_tokens=settings.max_new_tokens,
        do_sample=settings.do_sample,
        repetition_penalty=settings.repetition_penalty,
        eos_token_id=sorted(loaded.end_ids),
        pad_token_id=loaded.pad_id,
        **sampling,
    )


def _left_pad(rows: list[list[int]], pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask, both (rows, longest) int64."""
    import torch

    width = max(len(row) for row in rows)
    ids = [[pad_id] * (width - len(row)) + row for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids), torch.tensor(mask)


def _too_long(prompt: _Prompt, room: int) -> Generation:
    error = Message("models.prompt_too_long", {"tokens": len(prompt.ids), "limit": max(room, 0)})
    return Generation(prompt.index, "", FinishReason.STOP, len(prompt.ids), 0, 0.0, error=error)


def _is_out_of_memory(error: RuntimeError) -> bool:
    return "out of memory" in str(error).lower() or "allocate memory" in str(error)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
