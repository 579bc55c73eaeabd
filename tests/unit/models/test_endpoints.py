from __future__ import annotations

import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Config
from core.errors import ModelError
from core.i18n import LANGUAGES, Translator
from core.models.endpoints import (
    CONFIRMED_FILE,
    check_transport,
    confirm_endpoint,
    confirmed_endpoints,
    endpoint_of,
    is_private,
    parse_endpoint,
    withdraw_endpoint,
)
from core.models.languages import can_write
from core.models.references import resolve

REFERENCE = "openai:http://127.0.0.1:8000/v1#Qwen/Qwen3-4B"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path)


def refusal(function, *arguments) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(ModelError) as caught:
        function(*arguments)
    assert all(Translator(language).message(caught.value.message) for language in LANGUAGES)
    return caught.value.message.key


@pytest.mark.parametrize(
    ("reference", "url", "model"),
    [
        (REFERENCE, "http://127.0.0.1:8000/v1", "Qwen/Qwen3-4B"),
        ("openai:https://GPU.Campus.local/v1/#m", "https://gpu.campus.local:443/v1", "m"),
        ("openai:http://[::1]:11434/v1#qwen3:4b", "http://[::1]:11434/v1", "qwen3:4b"),
        ("openai:http://localhost#m", "http://localhost:80", "m"),
    ],
)
def test_a_reference_names_an_address_and_a_model(reference: str, url: str, model: str) -> None:
    endpoint = parse_endpoint(reference)
    assert (endpoint.url, endpoint.model) == (url, model)
    assert endpoint_of(Path(reference)) == endpoint


@pytest.mark.parametrize(
    "reference",
    [
        "openai:",
        "openai:http://#m",
        "openai:http://host:8000/v1",
        "openai:http://host:port/v1#m",
        "openai:ftp://host/v1#m",
        "openai:http://kim:secret@host/v1#m",
        "openai:http://host/v1?key=secret#m",
        "openai:http://ho st/v1#m",
        "http://host/v1#m",
        "bundled:smollm2-135m-instruct",
    ],
)
def test_what_is_no_endpoint_is_refused(reference: str) -> None:
    assert refusal(parse_endpoint, reference) == "endpoint.bad_reference"


@given(st.text())
def test_any_text_is_an_endpoint_or_refused(text: str) -> None:
    try:
        endpoint = parse_endpoint(f"openai:{text}")
    except ModelError:
        return
    assert endpoint.model and endpoint.host


def test_an_unconfirmed_address_is_not_resolved(config: Config) -> None:
    assert refusal(resolve, REFERENCE, config) == "endpoint.not_confirmed"
    confirm_endpoint(config, parse_endpoint(REFERENCE), "kim")
    assert parse_endpoint(str(resolve(REFERENCE, config))) == parse_endpoint(REFERENCE)


@pytest.mark.parametrize("other", ["http://127.0.0.1:8001", "http://127.0.0.2:8000", "https://127.0.0.1:8000"])
def test_a_confirmation_holds_for_one_scheme_host_and_port(config: Config, other: str) -> None:
    confirm_endpoint(config, parse_endpoint(REFERENCE))
    assert refusal(resolve, f"openai:{other}/v1#m", config) == "endpoint.not_confirmed"


def test_a_confirmation_is_kept_once_with_who_and_can_be_withdrawn(config: Config) -> None:
    for name in ("kim", "lee"):
        confirm_endpoint(config, parse_endpoint(REFERENCE), name)
    (kept,) = confirmed_endpoints(config)
    assert (kept.address, kept.confirmed_by) == ("http://127.0.0.1:8000", "lee")
    withdraw_endpoint(config, kept.address)
    assert refusal(resolve, REFERENCE, config) == "endpoint.not_confirmed"


@pytest.mark.parametrize("content", ["", "{", "[1]", '[{"address": "http://127.0.0.1:8000"}]', "7"])
def test_a_damaged_file_is_no_permission(config: Config, content: str) -> None:
    (config.home / CONFIRMED_FILE).write_text(content)
    assert refusal(resolve, REFERENCE, config) == "endpoint.not_confirmed"


@pytest.mark.parametrize(
    ("number", "private"),
    [
        *((number, True) for number in ("127.0.0.1", "10.1.2.3", "192.168.0.9", "100.64.1.1", "::1")),
        *((number, False) for number in ("8.8.8.8", "2606:4700::1111")),
    ],
)
def test_private_networks_are_told_from_public_ones(number: str, private: bool) -> None:
    host = f"[{number}]" if ":" in number else number
    endpoint = parse_endpoint(f"openai:http://{host}/v1#m")
    assert is_private(endpoint) is private
    if not private:
        assert refusal(check_transport, endpoint) == "endpoint.not_encrypted"


def test_a_name_with_one_public_address_is_public(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    found = [(2, 1, 6, "", (number, 80)) for number in ("10.0.0.1", "8.8.8.8")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **more: found)
    open_text = parse_endpoint("openai:http://gpu.example.org/v1#m")
    assert refusal(confirm_endpoint, config, open_text) == "endpoint.not_encrypted"
    confirm_endpoint(config, parse_endpoint("openai:https://gpu.example.org/v1#m"))
    assert [each.address for each in confirmed_endpoints(config)] == ["https://gpu.example.org:443"]


def test_an_unknown_host_is_said(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    def fail(*arguments: object, **more: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert refusal(confirm_endpoint, config, parse_endpoint("openai:http://nowhere/v1#m")) == "endpoint.unknown_host"


def test_which_languages_an_endpoint_writes_is_not_known() -> None:
    verdict = can_write(Path(REFERENCE), "ko")
    assert verdict and verdict.note is not None
    assert verdict.note.params["model"] == "Qwen/Qwen3-4B"
