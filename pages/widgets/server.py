"""What the server adds to Streamlit's own: rules for browsers in every answer, and errors shown by their id only."""

from __future__ import annotations

import logging
import secrets
from collections.abc import MutableMapping
from typing import Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import net_util

from core.access.peer import is_another_account
from core.access.server import is_local
from core.errors import AccessError
from pages.widgets.browser_cookie import COOKIE, HOME, owner_of_token
from pages.widgets.session import translator
from pages.widgets.sign_in import must_sign_in, user_of

logger = logging.getLogger(__name__)
# Streamlit would print errors with all values in them; `show_reference` keeps them without.
logging.getLogger("streamlit.error_util").disabled = True
# To compare them with the origin of every foreign site that knocks, Streamlit would ask a machine of Amazon's, and the
# route to one of Google's, for the addresses of this one, and answer nobody meanwhile.
net_util.get_external_ip = net_util.get_internal_ip = lambda: None

# Streamlit's own pages need inline styles, inline scripts and, for charts, eval. Nothing may come from another
# machine or be sent to one, and no other site may put a page of ours into a frame (clickjacking).
_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FOR_PEOPLE = (f"{HOME}media/", f"{HOME}_stcore/upload_file")
_CLOSED_PATHS = ("/_stcore/metrics",)  # tells anybody about sessions and memory; nothing here needs it
_VISITOR_BYTES = 2**20  # of a message; Streamlit takes 25 MB and keeps what it says as long as the page is open
_TOO_BIG = 1009  # RFC 6455, 7.4.1


class _BrowserRules:
    """Puts HEADERS into every answer, answers nothing where nobody should ask, and takes from visitors only little.

    Whom another account of this machine sent is a visitor.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" or _is_for_people(scope):
            _mark_another_account(scope)
        if scope["type"] == "websocket" and not _is_known(HTTPConnection(scope)):
            await self._app(scope, _in_short(receive, send), send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_rules(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message)
            await send(message)

        closed = str(scope["path"]).endswith(_CLOSED_PATHS) or not _may_fetch(scope)
        answer = PlainTextResponse("Not found", status_code=404) if closed else self._app
        await answer(scope, receive, send_with_rules)


def _is_for_people(scope: Scope) -> bool:
    return scope["type"] == "http" and str(scope["path"]).startswith(_FOR_PEOPLE)


def _mark_another_account(scope: Scope) -> None:
    """Whoever comes from another account of this machine is asked to sign in, as if a proxy had passed them on."""
    client, server = scope.get("client"), scope.get("server")
    if client and server and is_local(client[0]) and is_another_account(tuple(client), tuple(server)):
        scope["headers"] = [*scope["headers"], (b"x-forwarded-account", b"another")]


def _may_fetch(scope: Scope) -> bool:
    """Files that pages offer or ask for are for people who are signed in only, wherever signing in is asked for."""
    return not _is_for_people(scope) or _is_known(HTTPConnection(scope))


def _is_known(connection: HTTPConnection) -> bool:
    """Whether a browser is that of somebody who may see the dashboard, by its cookie where signing in is asked for."""
    try:
        if not must_sign_in(connection.headers):
            return True
        proof = owner_of_token(connection.cookies.get(COOKIE))
        return proof is not None and user_of(proof) is not None
    except AccessError:  # the list of people cannot be read: nobody is known, and the page says why
        return False


def _in_short(receive: Receive, send: Send) -> Receive:
    """What a visitor's page says, until it says more at once than one where a name and a password are typed."""

    async def receive_in_short() -> Message:
        message = await receive()
        if len(message.get("bytes") or message.get("text") or "") <= _VISITOR_BYTES:
            return message
        await send({"type": "websocket.close", "code": _TOO_BIG})
        return {"type": "websocket.disconnect", "code": _TOO_BIG}

    return receive_in_short


MIDDLEWARE = (Middleware(_BrowserRules),)


def _add_headers(message: MutableMapping[str, Any]) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers[name] = value


def show_reference(error: Exception) -> bool:
    """Keep an error that no guard has caught in the log, and show where it stands there; True: that was all."""
    reference = secrets.token_hex(4)
    logger.error("Unexpected error, reference %s", reference, exc_info=error)
    st.error(translator()("app.unexpected_error", reference=reference), icon=":material/error:")
    return True
