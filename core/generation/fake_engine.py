"""An engine without a model: plausible, repeatable descriptions in no time, and faults on request.

The model reference carries the behaviour, e.g. `fake:delay=0.05,die_on=Optics,hang_on=Ethics|Logic`:

- `delay`: seconds each text takes (0 by default)
- `die_on`, `hang_on`, `fail_on`: a text in the prompt (several with `|`) at which the process is killed, stops giving
  any sign of life, or reports that this prompt cannot be done
- `load_fails=1`: loading the model fails
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

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
from core.models.languages import FAKE_PREFIX
from core.records import FinishReason, Message

_STEP_SECONDS = 0.02  # how finely a delay is cut, so that cancelling works in the middle
_TITLE = re.compile(
    r"^\W*(?:course title|title|course|과목명|교과목명|강좌명|제목)\W*[::]\s*(.+)$", re.IGNORECASE | re.MULTILINE
)
_HANGUL = re.compile("[가-힣]")
_SENTENCES = {
    "en": (
        (
            "{title} introduces the main ideas of the field and how they grew.",
            "This course is a first guided tour of {title}.",
        ),
        (
            "Students read key texts, discuss them in class, and work on guided exercises.",
            "Lectures are joined by practical sessions in which students try the methods themselves.",
        ),
        (
            "By the end they can explain the central concepts and apply them to new problems.",
            "They learn to weigh evidence and to present their findings clearly.",
        ),
    ),
    "ko": (
        (
            "{title}의 기본 개념과 발전 과정을 소개하는 과목입니다.",
            "이 과목에서는 {title} 분야의 핵심 내용을 차근차근 다룹니다.",
        ),
        (
            "학생들은 주요 자료를 함께 읽고 토론하며 실습 과제를 수행합니다.",
            "강의와 함께 직접 방법을 적용해 보는 실습을 진행합니다.",
        ),
        (
            "수업을 마치면 배운 개념을 설명하고 새로운 문제에 적용할 수 있습니다.",
            "근거를 비판적으로 살피고 결과를 분명하게 전달하는 힘을 기릅니다.",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class _Behaviour:
    delay: float = 0.0
    die_on: tuple[str, ...] = ()
    hang_on: tuple[str, ...] = ()
    fail_on: tuple[str, ...] = ()
    load_fails: bool = False


def _read_behaviour(reference: str) -> _Behaviour:
    parts = dict(part.split("=", 1) for part in reference.removeprefix(FAKE_PREFIX).split(",") if "=" in part)
    marks = {name: tuple(parts[name].split("|")) for name in ("die_on", "hang_on", "fail_on") if name in parts}
    return _Behaviour(delay=float(parts.get("delay", 0)), load_fails=parts.get("load_fails") == "1", **marks)


class FakeEngine:
    """Writes three made-up sentences about the title it finds in the prompt."""

    name = "fake"
    refills = False

    def __init__(self) -> None:
        self._behaviour: _Behaviour | None = None

    def load(self, folder: Path, precision: str, device: str) -> None:
        """Read the behaviour from the reference; there is nothing to load."""
        behaviour = _read_behaviour(str(folder))
        if behaviour.load_fails:
            raise ModelError("models.cannot_load", model=str(folder), reason="load_fails=1")
        self._behaviour = behaviour

    def generate(
        self,
        prompts: Iterable[Chat],
        settings: GenerationSettings,
        control: Control = NO_CONTROL,
        is_enough: IsEnough | None = None,
        seed_of: SeedOf | None = None,
    ) -> Iterator[Generation]:
        """See GenerationEngine. A text is three sentences, with nothing to cut away."""
        behaviour = self._loaded()
        for index, prompt in enumerate(prompts):
            if control.should_stop():
                return
            content = prompt[-1]["content"]
            _misbehave(behaviour, content)
            if _is_marked(content, behaviour.fail_on):
                error = Message("models.prompt_failed", {"reason": "fail_on"})
                yield Generation(index, "", FinishReason.STOP, 0, 0, 0.0, error=error)
                continue
            own = replace(settings, seed=seed_of(index)) if seed_of else settings
            yield self._write(index, prompt, own, control, behaviour.delay)

    def _write(
        self, index: int, prompt: Chat, settings: GenerationSettings, control: Control, delay: float
    ) -> Generation:
        started = time.perf_counter()
        words = _compose(prompt[-1]["content"], settings).split(" ")
        kept = words[: settings.max_new_tokens]
        reason = FinishReason.STOP if len(kept) == len(words) else FinishReason.LENGTH
        until = started + delay
        while (left := until - time.perf_counter()) > 0:
            control.beat(0)
            if control.should_stop():
                reason, kept = FinishReason.CANCELLED, kept[: len(kept) // 2]
                break
            time.sleep(min(left, _STEP_SECONDS))
        control.beat(len(kept))
        prompt_tokens = sum(len(message["content"].split()) for message in prompt)
        seconds = time.perf_counter() - started
        return Generation(index, " ".join(kept), reason, prompt_tokens, len(kept), seconds, 0.0)

    def describe(self) -> EngineInfo:
        """See GenerationEngine."""
        self._loaded()
        return EngineInfo(self.name, "fake", "none", "cpu")

    def _loaded(self) -> _Behaviour:
        if self._behaviour is None:
            raise ModelError("models.not_loaded")
        return self._behaviour


def _is_marked(content: str, marks: tuple[str, ...]) -> bool:
    return any(mark in content for mark in marks)


def _misbehave(behaviour: _Behaviour, content: str) -> None:
    if _is_marked(content, behaviour.die_on):
        os.kill(os.getpid(), signal.SIGKILL)
    if _is_marked(content, behaviour.hang_on):
        while True:
            time.sleep(60)


def _compose(content: str, settings: GenerationSettings) -> str:
    found = _TITLE.search(content)
    title = (found.group(1) if found else content.strip().splitlines()[0]).strip(" \"'“”<>")
    language = "ko" if _HANGUL.search(title) else "en"
    seed = settings.seed if settings.do_sample else 0
    drawn = crc32(f"{title}\0{seed}".encode())
    chosen = [choices[(drawn >> place) % len(choices)] for place, choices in enumerate(_SENTENCES[language])]
    return " ".join(chosen).format(title=title)
