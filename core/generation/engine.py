"""The one interface behind which every text generator works: chats in, texts out, each as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

from core.records import FinishReason, Message

ChatMessage = Mapping[str, str]  # {"role": "system" | "user" | "assistant", "content": text}
Chat = Sequence[ChatMessage]
# Takes a prompt's index and its text so far; True when the caller would cut away all that could follow.
IsEnough = Callable[[int, str], bool]
SeedOf = Callable[[int], int]  # takes a prompt's index, gives the seed of its text


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """How texts are drawn from the model. The defaults are those of the report, save the temperature.

    At the report's 0.7 the embedded model invents far more (`benchmarks/prompts.py`).
    """

    max_new_tokens: int = 150  # upper bound on the tokens of one text
    temperature: float = 0.3  # only with do_sample
    top_p: float = 0.9  # only with do_sample
    do_sample: bool = True  # False: greedy, the same text every time
    repetition_penalty: float = 1.1
    batch_size: int = 16  # texts written side by side
    seed: int = 0  # only with do_sample

    def as_dict(self) -> dict[str, Any]:
        """The settings as plain JSON values, for provenance and hashes."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> GenerationSettings:
        """Settings from stored values; unknown names are left out, missing ones take their default."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True, slots=True)
class Generation:
    """What became of one prompt."""

    index: int  # position of the prompt among those given to `generate`
    text: str  # without special tokens, stripped
    finish_reason: FinishReason
    prompt_tokens: int
    new_tokens: int
    seconds: float  # this text's part of the batch's time, by its share of the batch's tokens
    prefill_seconds: float | None = None  # until the batch's first new token; None when the engine cannot tell
    error: Message | None = None  # why this prompt alone could not be done (then there is no text)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What a loaded engine is; becomes part of each text's provenance."""

    engine: str
    model: str  # the model folder's name
    precision: str  # of the weights as computed with, e.g. "bfloat16"
    device: str  # "cpu", "cuda", "mps"
    library_versions: Mapping[str, str] = field(default_factory=dict)


class Control(Protocol):
    """The caller's side of a running generation: hears that it lives, and may stop it."""

    def beat(self, tokens: int) -> None:
        """Called at least once a generation step with the new tokens since the last call, over all running texts."""

    def should_stop(self) -> bool:
        """Whether to stop now. Texts under way then end as CANCELLED, prompts not begun yield nothing."""


class NoControl:
    """A Control that listens to nothing and never stops."""

    def beat(self, tokens: int) -> None:
        """Does nothing."""

    def should_stop(self) -> bool:
        """Never."""
        return False


NO_CONTROL: Control = NoControl()


class GenerationEngine(Protocol):
    """Loads one model and writes texts with it. Not for use from several threads at once."""

    name: str
    refills: bool  # a finished text's place goes to the next prompt: many prompts in one call are best, taken as needed

    def load(self, folder: Path, precision: str, device: str) -> None:
        """Make the model at `folder` ready (see core.models.references for how to get there).

        `precision` is "float32", "bfloat16" or "float16"; `device` "cpu", "cuda" or "mps".
        Raises ModelError with a sentence for staff when the model cannot be used.
        """

    def generate(
        self,
        prompts: Iterable[Chat],
        settings: GenerationSettings,
        control: Control = NO_CONTROL,
        is_enough: IsEnough | None = None,
        seed_of: SeedOf | None = None,
    ) -> Iterator[Generation]:
        """Write one text a prompt and yield each when it is finished, in any order.

        A text that `is_enough` ends there, as STOP. An engine that cannot end a single text early writes on.
        `seed_of` takes the place of the settings' seed. An engine that refills asks for the next prompt only when
        there is room for it, so prompts may depend on what was yielded before.

        Raises ModelError when the engine cannot go on. A prompt that alone cannot be done (too long for the
        model, for example) comes back with `error` set, the others are written.
        """

    def describe(self) -> EngineInfo:
        """What is loaded. Raises ModelError before `load`."""
