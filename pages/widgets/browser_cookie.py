"""The cookie that keeps a browser signed in over a reload, and lets it fetch files.

Streamlit can read cookies and cannot set any. So after a sign-in the page sends a form with a one-time ticket to a
route of ours, whose answer sets the cookie and leads back. Neither ticket nor token ever stands in an address.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from core.access.browser_sessions import SESSION_SECONDS, BrowserSessions, SignedIn
from core.i18n import LANGUAGES

COOKIE = "courselift_session"
_BASE = st.get_option("server.baseUrlPath").strip("/")
HOME = f"/{_BASE}/" if _BASE else "/"
_PATH = f"{HOME}sign-in/keep"
_MAX_FORM_BYTES = 1000
_XSRF_COOKIE = "_streamlit_xsrf"

sessions = BrowserSessions()


def owner_of_token(token: str | None) -> SignedIn | None:
    """Whom a browser with this cookie belongs to."""
    return sessions.owner(token) if token else None


def browsers_token() -> str | None:
    """The cookie of the browser at this session; None when it has none."""
    token = st.context.cookies.get(COOKIE)
    return token if isinstance(token, str) else None  # there is no browser in Streamlit's tester


def browser_keeps_cookies() -> bool:
    """Whether the browser sent one of Streamlit's own."""
    return _XSRF_COOKIE in st.context.cookies


def send_ticket(name: str, salt: str, language: str) -> None:
    """Draw the form that fetches the cookie and sends itself. Only values made here are in it."""
    ticket = sessions.ticket(name, salt)
    if ticket is None:
        return
    language = language if language in LANGUAGES else LANGUAGES[0]
    st.html(
        f'<form id="keep-signed-in" method="post" action="{_PATH}" hidden>'
        f'<input type="hidden" name="ticket" value="{ticket}">'
        f'<input type="hidden" name="lang" value="{language}"></form>'
        '<script>document.getElementById("keep-signed-in").submit()</script>',
        unsafe_allow_javascript=True,
    )


async def _keep(request: Request) -> Response:
    """Change the ticket for the cookie and go back to the first page."""
    body = await _short_body(request) if _is_from_here(request) else None
    if body is None:
        return PlainTextResponse("Not allowed", status_code=403)
    form = parse_qs(body.decode(errors="replace"))
    token = sessions.redeem(form.get("ticket", [""])[0])
    language = form.get("lang", [""])[0]
    answer = RedirectResponse(f"{HOME}?lang={language}" if language in LANGUAGES else HOME, status_code=303)
    if token is not None:
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(SESSION_SECONDS),
            path=HOME,
            secure=_is_encrypted(request),
            httponly=True,
            samesite="strict",
        )
    return answer


async def _short_body(request: Request) -> bytes | None:
    """What was sent; None when it is more than our form, whose rest is not waited for."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MAX_FORM_BYTES:
            return None
    return body


def _is_from_here(request: Request) -> bool:
    """Whether a page of this server sent the form: nobody can be signed in as somebody else from another site."""
    origin = urlsplit(request.headers.get("origin", "")).netloc
    hosts = {request.headers.get(name, "") for name in ("host", "x-forwarded-host")}
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin" and origin in hosts - {""}


def _is_encrypted(request: Request) -> bool:
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))


ROUTES = (Route(_PATH, _keep, methods=["POST"]),)
