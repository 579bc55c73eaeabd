"""What the server takes from visitors who have not signed in: next to nothing."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
import requests
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.web.server.server_util import is_url_from_allowed_origins

from core.access.roles import Role
from core.access.users import User, UserFile
from core.config import Config
from pages.widgets.browser_cookie import COOKIE, ROUTES, sessions
from pages.widgets.server import MIDDLEWARE

PATHS = ("/media/file.csv", "/_stcore/upload_file/session/file")
STREAM = "/_stcore/stream"
PROXIED = {"X-Forwarded-For": "203.0.113.9"}


@pytest.fixture
def browser() -> TestClient:
    """A visitor of a server that answers everything that its rules let through."""
    files = [Route(path, lambda request: PlainTextResponse("here"), methods=["GET", "PUT"]) for path in PATHS]
    pages = WebSocketRoute(STREAM, _count)
    return TestClient(Starlette(routes=[*ROUTES, *files, pages], middleware=list(MIDDLEWARE)))


async def _count(page: WebSocket) -> None:
    """Says how long each message was."""
    await page.accept()
    async for said in page.iter_bytes():
        await page.send_json(len(said))


@pytest.mark.parametrize("path", PATHS)
def test_files_come_and_go_by_people_who_are_signed_in_only(
    browser: TestClient, own_state_folder: Path, path: str
) -> None:
    assert browser.put(path).status_code == 200
    assert browser.put(path, headers=PROXIED).status_code == 404
    UserFile(Config(own_state_folder).users_path).add(User("kim", Role.VIEWER))
    assert browser.put(path).status_code == 404
    ticket = sessions.ticket("kim", "")
    browser.cookies.set(COOKIE, str(sessions.redeem(str(ticket))))
    assert browser.put(path).status_code == 200


def test_no_other_machine_is_asked_whether_a_foreign_site_is_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(requests, "get", lambda url, **_: asked.append(url))
    monkeypatch.setattr(socket, "socket", lambda *_: asked.append("socket"))
    assert not is_url_from_allowed_origins("https://evil.example")
    assert not asked


def test_a_page_before_the_sign_in_is_heard_only_in_short(browser: TestClient, own_state_folder: Path) -> None:
    long = bytes(2 * 2**20)

    def answers(said: bytes) -> int:
        with browser.websocket_connect(STREAM) as page:
            page.send_bytes(said)
            return int(page.receive_json())

    assert answers(long) == len(long)
    UserFile(Config(own_state_folder).users_path).add(User("kim", Role.VIEWER))
    assert answers(bytes(10_000)) == 10_000
    with pytest.raises(WebSocketDisconnect) as closed:
        answers(long)
    assert closed.value.code == 1009
    browser.cookies.set(COOKIE, str(sessions.redeem(str(sessions.ticket("kim", "")))))
    assert answers(long) == len(long)
    Config(own_state_folder).users_path.write_text("damaged")
    assert answers(bytes(10_000)) == 10_000  # the page says what is wrong
    assert browser.put(PATHS[0]).status_code == 404


@pytest.mark.parametrize(("origin", "parts"), [("http://here", 2), ("https://evil.example", 0)])
def test_of_a_long_body_no_more_is_read_than_it_takes_to_refuse_it(
    browser: TestClient, origin: str, parts: int
) -> None:
    read: list[int] = []
    answers: list[Message] = []

    async def receive() -> Message:
        read.append(1000)
        return {"type": "http.request", "body": bytes(1000), "more_body": len(read) < 100}

    async def send(message: Message) -> None:
        answers.append(message)

    headers = [(b"host", b"here"), (b"origin", origin.encode())]
    scope = {"type": "http", "method": "POST", "path": "/sign-in/keep", "query_string": b"", "headers": headers}
    asyncio.run(browser.app({**scope, "scheme": "http", "server": ("here", 80)}, receive, send))
    assert (answers[0]["status"], len(read)) == (403, parts)
