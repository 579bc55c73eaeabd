"""One checked draft a request, whatever the first attempts were like."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.enhancement.enhancer import DescriptionEnhancer, Draft, EnhancementRequest
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
from core.records import Course, FinishReason

GOOD = "This course introduces the main ideas of the subject. Students read and discuss key texts."
WEAK = "이 과목은 기본 개념을 소개하는 과목입니다. 학생들은 자료를 읽습니다."  # not the course's language
SETTINGS = GenerationSettings(batch_size=2, seed=5)


class ScriptedEngine:
    """First attempts are weak for the titles named; second ones for those in `hopeless`. Notes what it was asked."""

    name = "scripted"

    def __init__(self, weak: frozenset[str], hopeless: frozenset[str] = frozenset(), *, refills: bool = True) -> None:
        self.refills = refills
        self.asked: list[tuple[str, int]] = []
        self._weak, self._hopeless = weak, hopeless

    def load(self, folder: Path, precision: str, device: str) -> None:
        """Nothing to load."""

    def describe(self) -> EngineInfo:
        return EngineInfo(self.name, "none", "none", "cpu")

    def generate(
        self,
        prompts: Iterable[Chat],
        settings: GenerationSettings,
        control: Control = NO_CONTROL,
        is_enough: IsEnough | None = None,
        seed_of: SeedOf | None = None,
    ) -> Iterator[Generation]:
        for index, chat in enumerate(prompts if self.refills else list(prompts)):
            if control.should_stop():
                return
            title, seed = chat[0]["content"], seed_of(index) if seed_of else settings.seed
            is_weak = title in (self._weak if seed == SETTINGS.seed else self._hopeless)
            self.asked.append((title, seed))
            control.beat(7)
            yield Generation(index, WEAK if is_weak else GOOD, FinishReason.STOP, 10, 7, 0.5)


def requests(titles: Iterable[str]) -> list[EnhancementRequest]:
    return [
        EnhancementRequest(
            Course(course_key=title, code="", title=title, description="", department="History", language="en"),
            ({"role": "user", "content": title},),
        )
        for title in titles
    ]


def write(engine: ScriptedEngine, titles: Iterable[str], control: Control = NO_CONTROL) -> list[Draft]:
    return list(DescriptionEnhancer(engine, SETTINGS).enhance(requests(titles), control))


@pytest.mark.parametrize("refills", [True, False])
def test_a_weak_draft_is_written_once_more_with_another_seed(refills: bool) -> None:
    drafts = {draft.index: draft for draft in write(ScriptedEngine(frozenset("b"), refills=refills), "abc")}
    assert [drafts[index].course_key for index in range(3)] == ["a", "b", "c"]
    assert {draft.text for draft in drafts.values()} == {GOOD}
    assert drafts[1].seed != SETTINGS.seed == drafts[0].seed
    assert (drafts[1].new_tokens, drafts[1].seconds) == (14, 1.0)  # both attempts


def test_a_second_attempt_comes_before_new_requests_where_places_are_refilled() -> None:
    engine = ScriptedEngine(frozenset("a"))
    write(engine, "abc")
    assert [title for title, _ in engine.asked] == ["a", "a", "b", "c"]


def test_of_two_weak_drafts_the_first_is_kept_and_no_third_is_written() -> None:
    engine = ScriptedEngine(frozenset("a"), frozenset("a"))
    (draft,) = write(engine, "a")
    assert draft.hard_findings
    assert draft.seed == SETTINGS.seed
    assert len(engine.asked) == 2


@given(st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("abcdefgh")), st.booleans())
def test_every_request_gets_one_draft(weak: set[str], hopeless: set[str], refills: bool) -> None:
    drafts = write(ScriptedEngine(frozenset(weak), frozenset(hopeless), refills=refills), "abcdefgh")
    assert sorted(draft.course_key for draft in drafts) == list("abcdefgh")
    assert {draft.course_key for draft in drafts if draft.hard_findings} == weak & hopeless


class StopAfter:
    """Asks to stop once so many texts were written."""

    def __init__(self, texts: int) -> None:
        self._left = texts

    def beat(self, tokens: int) -> None:
        self._left -= 1

    def should_stop(self) -> bool:
        return self._left <= 0


@pytest.mark.parametrize("refills", [True, False])
def test_a_stop_keeps_the_weak_drafts_that_are_there(refills: bool) -> None:
    drafts = write(ScriptedEngine(frozenset("ab"), refills=refills), "abcd", StopAfter(1))
    assert [draft.course_key for draft in drafts] == ["a"]
    assert drafts[0].hard_findings


def test_a_text_holds_nothing_that_cannot_be_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt = GOOD.replace("ideas", "id\0eas").replace("texts", "texts \ud83d")

    def generate(self: ScriptedEngine, prompts: Iterable[Chat], *_: object) -> Iterator[Generation]:
        for index, _chat in enumerate(prompts):
            yield Generation(index, spoilt, FinishReason.STOP, 3, 7, 0.5)

    monkeypatch.setattr(ScriptedEngine, "generate", generate)
    (draft,) = write(ScriptedEngine(frozenset()), ["Logic"])
    assert draft.text == GOOD.replace("texts", "texts ?")
    assert json.dumps([finding.message.params for finding in draft.findings], ensure_ascii=False).encode()
