"""What the real server tells browsers, and whom it does not answer."""

from __future__ import annotations

import asyncio
import os
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Page
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from pages.widgets.server import HEADERS
from tests.e2e.conftest import START_SECONDS, Dashboard, open_page
from tests.other_accounts import NOBODY, socket_of


@pytest.mark.parametrize("path", ["", "students", "_stcore/health", "media/nothing.csv", "oauth2callback"])
def test_every_answer_carries_the_rules(dashboard: Dashboard, path: str) -> None:
    try:
        with urllib.request.urlopen(f"{dashboard.url}/{path}") as answer:
            headers = answer.headers
    except urllib.error.HTTPError as error:
        headers = error.headers
    assert {name: headers[name] for name in HEADERS} == HEADERS


def test_nobody_is_told_about_sessions(dashboard: Dashboard) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{dashboard.url}/_stcore/metrics")


@pytest.mark.parametrize(("origin", "host"), [("https://evil.example", None), (None, "evil.example")])
def test_a_foreign_site_cannot_open_a_session(dashboard: Dashboard, origin: str | None, host: str | None) -> None:
    async def knock() -> None:
        more = {"Host": host} if host else {}
        url = f"ws://127.0.0.1:{dashboard.port}/_stcore/stream"
        async with connect(url, origin=origin or dashboard.url, additional_headers=more, subprotocols=["streamlit"]):
            pass

    with pytest.raises(InvalidStatus):
        asyncio.run(knock())


@pytest.mark.parametrize(
    ("headers", "account", "is_let_in"),
    [({}, os.geteuid(), True), ({"X-Forwarded-For": "203.0.113.9"}, os.geteuid(), False), ({}, NOBODY, False)],
)
def test_who_comes_through_a_proxy_or_from_another_account_is_not_the_person_at_this_machine(
    dashboard: Dashboard, headers: dict[str, str], account: int, is_let_in: bool
) -> None:
    made = socket_of(account)
    made.connect(("127.0.0.1", dashboard.port))

    async def draw_page() -> str:
        url, drawn = f"ws://127.0.0.1:{dashboard.port}/_stcore/stream", ""
        async with connect(
            url, origin=dashboard.url, additional_headers=headers, subprotocols=["streamlit"], max_size=None, sock=made
        ) as socket:
            ask = BackMsg()
            ask.rerun_script.query_string = "lang=en"
            await socket.send(ask.SerializeToString())
            while True:
                message = ForwardMsg.FromString(await asyncio.wait_for(socket.recv(), START_SECONDS))
                drawn += str(message)
                if message.WhichOneof("type") == "script_finished":
                    return drawn

    drawn = asyncio.run(draw_page())
    assert ("so people have to sign in" in drawn) is not is_let_in
    assert ("language" in drawn) is is_let_in


def test_no_other_site_can_put_the_dashboard_into_a_frame(dashboard: Dashboard, page: Page) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.set_content(f'<iframe src="{dashboard.url}/"></iframe>')
    page.wait_for_timeout(1_500)
    assert any("frame" in text.lower() for text in refused)
    frame = page.frames[-1]
    assert frame.locator("[data-testid=stApp]").count() == 0


def test_the_rules_leave_every_chart_and_table_alone(dashboard: Dashboard, page: Page) -> None:
    broken: list[str] = []
    page.on("console", lambda message: broken.append(message.text) if "Content Security" in message.text else None)
    for name in ("", "performance", "settings"):
        open_page(page, dashboard, name)
    assert broken == []
