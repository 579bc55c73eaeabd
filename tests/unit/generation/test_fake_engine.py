from __future__ import annotations

import multiprocessing
import re
import signal
import time
from pathlib import Path

import pytest

from core.errors import ModelError
from core.generation.engine import GenerationSettings
from core.generation.fake_engine import FakeEngine
from core.records import FinishReason


def loaded(reference: str = "fake:") -> FakeEngine:
    engine = FakeEngine()
    engine.load(Path(reference), "float32", "cpu")
    return engine


def prompt(title: str, label: str = "Title") -> list[dict[str, str]]:
    return [{"role": "user", "content": f"Write a description.\n{label}: {title}\nDepartment: Physics"}]


def write(engine: FakeEngine, *titles: str) -> list[str]:
    return [result.text for result in engine.generate([prompt(title) for title in titles], GenerationSettings())]


def test_a_description_names_the_title_in_whole_sentences() -> None:
    (text,) = write(loaded(), "Quantum Optics")
    assert "Quantum Optics" in text
    assert text.endswith(".")
    assert not re.search(r"\d", text)


@pytest.mark.parametrize("label", ["Title", "과목명", "교과목명"])
def test_a_korean_title_gets_a_korean_description(label: str) -> None:
    results = loaded().generate([prompt("양자 광학", label)], GenerationSettings())
    assert re.search("양자 광학.*니다\\.", next(results).text)


def test_braces_in_a_title_do_no_harm() -> None:
    assert "{C} and {0}" in write(loaded(), "{C} and {0}")[0]


def test_different_titles_and_seeds_give_different_texts() -> None:
    texts = {
        next(loaded().generate([prompt(title)], GenerationSettings(seed=seed))).text
        for title in ("Optics", "Ethics", "Logic")
        for seed in range(4)
    }
    assert len(texts) > 6


def test_a_delay_can_be_cancelled_in_the_middle() -> None:
    class StopSoon:
        def __init__(self) -> None:
            self.until = time.monotonic() + 0.1

        def beat(self, tokens: int) -> None:
            pass

        def should_stop(self) -> bool:
            return time.monotonic() > self.until

    started = time.monotonic()
    results = list(loaded("fake:delay=30").generate([prompt("Optics")] * 3, GenerationSettings(), StopSoon()))
    assert time.monotonic() - started < 5
    assert [result.finish_reason for result in results] == [FinishReason.CANCELLED]


def test_a_marked_prompt_fails_alone() -> None:
    prompts = [prompt(title) for title in ("Optics", "Ethics", "Logic")]
    results = list(loaded("fake:fail_on=Ethics").generate(prompts, GenerationSettings()))
    assert [result.error is not None for result in results] == [False, True, False]


def test_loading_fails_on_request() -> None:
    with pytest.raises(ModelError, match="could not be loaded"):
        loaded("fake:load_fails=1")


def _generate_in_child(reference: str) -> None:
    write(loaded(reference), "Optics", "Ethics")


@pytest.mark.parametrize(
    ("reference", "exit_code"), [("fake:die_on=Nothing|Ethics", -signal.SIGKILL), ("fake:hang_on=Ethics", None)]
)
def test_a_marked_prompt_kills_or_hangs_the_process(reference: str, exit_code: int | None) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_generate_in_child, args=(reference,))
    child.start()
    child.join(60 if exit_code is not None else 3)
    code = child.exitcode
    child.kill()
    child.join()
    assert code == exit_code
