"""The engine for endpoints against a server that misbehaves."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from core.config import Config
from core.errors import ModelError
from core.generation import openai_client, openai_engine
from core.generation.engine import Chat, Generation, GenerationSettings
from core.generation.openai_engine import MAX_CONCURRENCY, OpenAiEngine
from core.i18n import LANGUAGES, Translator
from core.models.endpoints import confirm_endpoint, parse_endpoint
from core.records import FinishReason, Message
from tests.endpoint_server import MODEL, EndpointServer

GREEDY = GenerationSettings(do_sample=False, batch_size=4)
Loaded = Callable[..., tuple[OpenAiEngine, EndpointServer]]


class Listener:
    def __init__(self, stop_after_seconds: float = 3600.0) -> None:
        self.until = time.monotonic() + stop_after_seconds
        self.beats: list[tuple[float, int]] = []

    def beat(self, tokens: int) -> None:
        self.beats.append((time.monotonic(), tokens))

    def should_stop(self) -> bool:
        return time.monotonic() >= self.until


def chats(count: int) -> list[Chat]:
    return [[{"role": "user", "content": f"Title: Optics {number}"}] for number in range(count)]


def confirm(server: EndpointServer, home: Path) -> None:
    confirm_endpoint(Config(home), parse_endpoint(server.reference))


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_client, "_BACKOFF_SECONDS", 0.01)


@pytest.fixture
def loaded(own_state_folder: Path) -> Iterator[Loaded]:
    with ExitStack() as stack:

        def make(**settings: object) -> tuple[OpenAiEngine, EndpointServer]:
            server = stack.enter_context(EndpointServer(**settings))  # type: ignore[arg-type]
            confirm(server, own_state_folder)
            engine = OpenAiEngine()
            engine.load(Path(server.reference), "float32", "cpu")
            return engine, server

        yield make


def key_of(error: Message | None) -> str:
    assert error is not None
    assert all(Translator(language).message(error) for language in LANGUAGES)
    return error.key


def only(results: Iterator[Generation]) -> Generation:
    (result,) = results
    return result


def test_nothing_is_sent_to_an_unconfirmed_address(own_state_folder: Path) -> None:
    with EndpointServer() as server:
        with pytest.raises(ModelError, match="Confirm the address"):
            OpenAiEngine().load(Path(server.reference), "float32", "cpu")
        assert server.paths == []


def test_a_model_that_the_endpoint_has_not_is_refused_with_those_it_has(own_state_folder: Path) -> None:
    with EndpointServer() as server:
        confirm(server, own_state_folder)
        with pytest.raises(ModelError, match=MODEL):
            OpenAiEngine().load(Path(server.reference.replace(MODEL, "other")), "float32", "cpu")


def test_an_endpoint_that_is_not_there_is_said(own_state_folder: Path) -> None:
    with EndpointServer() as server:
        confirm(server, own_state_folder)
    with pytest.raises(ModelError) as caught:
        OpenAiEngine().load(Path(server.reference), "float32", "cpu")
    assert key_of(caught.value.message) == "endpoint.unreachable"


@pytest.mark.parametrize("faults", [["500", "500"], ["503"], ["drop"], ["garbage", "drop"]])
def test_a_passing_fault_is_tried_again(loaded: Loaded, faults: list[str]) -> None:
    engine, server = loaded()
    untroubled = only(engine.generate(chats(1), GREEDY))
    server.faults = list(faults)
    result = only(engine.generate(chats(1), GREEDY))
    assert (result.text, result.new_tokens, result.error) == (untroubled.text, untroubled.new_tokens, None)
    assert len(server.bodies) == len(faults) + 2


def test_retry_after_is_honoured(loaded: Loaded) -> None:
    engine, server = loaded(retry_after="1")
    server.faults = ["429"]
    assert only(engine.generate(chats(1), GREEDY)).error is None
    assert 1.0 <= server.arrivals[1] - server.arrivals[0] < 2.0


@pytest.mark.parametrize(("fault", "key"), [("500", "endpoint.busy"), ("garbage", "endpoint.bad_reply")])
def test_a_lasting_fault_is_said_after_a_bounded_number_of_attempts(loaded: Loaded, fault: str, key: str) -> None:
    engine, server = loaded()
    server.faults = [fault] * 99
    assert key_of(only(engine.generate(chats(1), GREEDY)).error) == key
    assert len(server.bodies) == openai_client.ATTEMPTS


def test_a_refused_prompt_fails_alone_and_at_once(loaded: Loaded) -> None:
    engine, server = loaded()
    server.faults = ["400"]
    results = list(engine.generate(chats(3), GREEDY))
    (failed,) = [result.error for result in results if result.error is not None]
    assert key_of(failed) == "endpoint.refused"
    assert failed.params["reason"] == "fault 400"
    assert len(server.bodies) == 3


def test_an_endpoint_that_dies_ends_the_run_with_a_sentence(loaded: Loaded) -> None:
    engine, server = loaded()
    server.close()
    with pytest.raises(ModelError) as caught:
        list(engine.generate(chats(2), GREEDY))
    assert key_of(caught.value.message) == "endpoint.unreachable"


def test_redirects_are_not_followed(loaded: Loaded) -> None:
    engine, server = loaded()
    server.faults = ["redirect"]
    with pytest.raises(ModelError) as caught:
        list(engine.generate(chats(1), GREEDY))
    assert key_of(caught.value.message) == "endpoint.redirected"
    assert "/elsewhere" not in server.paths


def test_proxies_of_the_environment_are_ignored(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    engine, _ = loaded()
    assert only(engine.generate(chats(1), GREEDY)).text


def test_the_key_is_sent_and_kept_secret(
    loaded: Loaded, own_state_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("COURSELIFT_ENDPOINT_KEY", "top-secret")
    engine, _ = loaded(key="top-secret")
    assert only(engine.generate(chats(1), GREEDY)).text
    monkeypatch.setenv("COURSELIFT_ENDPOINT_KEY", "wrong-secret")
    with pytest.raises(ModelError) as caught:
        list(engine.generate(chats(1), GREEDY))
    assert key_of(caught.value.message) == "endpoint.key_refused"
    kept = "".join(path.read_text() for path in own_state_folder.rglob("*") if path.is_file())
    assert "secret" not in f"{caught.value}{caplog.text}{kept}"


def test_requests_are_sent_side_by_side_up_to_the_bound(loaded: Loaded) -> None:
    engine, server = loaded(token_seconds=0.01)
    list(engine.generate(chats(40), GenerationSettings(do_sample=False, batch_size=64)))
    assert 1 < server.most_busy <= MAX_CONCURRENCY
    server.most_busy = 0
    list(engine.generate(chats(6), GenerationSettings(do_sample=False, batch_size=2)))
    assert server.most_busy <= 3  # two, and one whose end the server has not noticed yet


def test_the_settings_reach_the_endpoint(loaded: Loaded) -> None:
    engine, server = loaded()
    settings = GenerationSettings(max_new_tokens=9, temperature=0.5, top_p=0.8, repetition_penalty=1.2, seed=7)
    list(engine.generate(chats(1), settings))
    sent = {"max_tokens": 9, "temperature": 0.5, "top_p": 0.8, "repetition_penalty": 1.2, "seed": 7, "model": MODEL}
    assert sent.items() <= server.bodies[0].items()
    assert server.bodies[0]["messages"] == list(chats(1)[0])


def test_a_slow_endpoint_gives_signs_of_life_token_by_token(loaded: Loaded) -> None:
    engine, _ = loaded(token_seconds=0.03)
    control = Listener()
    result = only(engine.generate(chats(1), GREEDY, control))
    moments = [moment for moment, tokens in control.beats if tokens]
    assert len(moments) == result.new_tokens
    assert max(later - earlier for earlier, later in pairwise(moments)) < 1.0


def test_a_silent_endpoint_gives_no_sign_of_life_and_ends_the_run(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai_engine, "SILENCE_SECONDS", 1.0)
    engine, _ = loaded(token_seconds=5.0)
    control = Listener()
    started = time.monotonic()
    with pytest.raises(ModelError) as caught:
        list(engine.generate(chats(1), GREEDY, control))
    assert key_of(caught.value.message) == "endpoint.timed_out"
    assert time.monotonic() - started < 4.0
    assert len(control.beats) <= 4  # the answer's head and first word, though the control was asked all the time


def test_a_request_may_wait_while_others_progress(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_engine, "SILENCE_SECONDS", 1.5)
    engine, server = loaded(token_seconds=0.1, slots=1)
    results = list(engine.generate(chats(2), GREEDY))
    assert [result.error for result in results] == [None, None]
    assert server.most_busy == 2


def test_a_stop_ends_requests_at_once(loaded: Loaded) -> None:
    engine, server = loaded(token_seconds=0.5)
    started = time.monotonic()
    results = list(engine.generate(chats(9), GREEDY, Listener(stop_after_seconds=0.8)))
    assert time.monotonic() - started < 1.8
    assert [result.finish_reason for result in results] == [FinishReason.CANCELLED] * 4
    assert len(server.bodies) == 4


def test_a_stop_is_heard_during_a_pause_between_attempts(loaded: Loaded) -> None:
    engine, server = loaded(retry_after="30")
    server.faults = ["429"]
    started = time.monotonic()
    assert only(engine.generate(chats(1), GREEDY, Listener(stop_after_seconds=0.5))).text == ""
    assert time.monotonic() - started < 1.5
