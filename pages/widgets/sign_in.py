"""Who is at the browser: the person at this machine, or somebody who signed in.

Streamlit runs every script, fragment and callback in a thread of its own, and fragments without the top of `app.py`:
so core asks `session_actor` for the person at every step that needs one, and roles are looked up anew each time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from core.access.actor import Actor, ask_actor_from, current_actor, local_actor
from core.access.browser_sessions import SESSION_SECONDS, SignedIn
from core.access.server import is_forwarded, is_open_to_others
from core.access.sign_in import Doorkeeper
from core.access.users import User, UserFile
from core.config import load_config
from core.errors import AccessError, StorageError
from core.i18n import Translator
from core.pipeline.student_access import take_in_notes
from pages.widgets.browser_cookie import browser_keeps_cookies, browsers_token, owner_of_token, send_ticket, sessions
from pages.widgets.display import plain
from pages.widgets.navigation import build_navigation
from pages.widgets.session import application, choose_interface_language

_SIGNED_IN = "signed_in"  # a proof by password
_NOTED = "sign_in_noted"  # what the access log was told of this session
_SENT_TICKET = "sign_in_ticket_sent"
_BY_INSTITUTION = "OpenID Connect"
_PROVIDER_KEYS = ("client_id", "client_secret", "server_metadata_url")
_DEFAULT_PROVIDER = "default"
_SHOWN_REASON = 40  # characters


def session_actor() -> Actor | None:
    """Who is acting in the present script run; None when nobody who may see anything."""
    if not must_sign_in():
        return local_actor()
    user = _user_of_session()
    return None if user is None else Actor(user.name, user.role, is_signed_in=True)


def must_sign_in(headers: Iterable[str] | None = None) -> bool:
    """Whether signing in is asked for: others could reach the server, or somebody set up a way to sign in.

    `headers`: names of those that came with the request; None: with that of the session.
    """
    address, hosts = st.get_option("server.address"), st.get_option("server.allowedHosts")
    addresses = [st.get_option("browser.serverAddress"), *st.get_option("server.corsAllowedOrigins")]
    if is_open_to_others(address, hosts or [], addresses) or _users().list() or _providers():
        return True
    return is_forwarded(st.context.headers if headers is None else headers)


def sign_in_first(widgets: Path, t: Translator) -> None:
    """Let the run go on for somebody who may see the dashboard; else draw how to become one and stop.

    Where nobody could sign in at all, there is nothing but the sentence that says what to do.
    """
    actor = session_actor()
    if actor is not None:
        if actor.is_signed_in and not _is_kept(actor.name):
            _keep_signed_in(actor.name, t)
        return
    st.set_page_config(page_title=f"{t('access.title')} · CourseLift")
    build_navigation(t, is_hidden=True)
    ways = _providers(), [user for user in _users().list() if user.password is not None]
    if not any(ways):
        st.error(t("access.closed"), icon=":material/lock:")
        st.stop()
    st.html(widgets / "style.css")
    st.logo(widgets / "logo.svg", size="large")
    with st.sidebar:
        choose_interface_language()
    st.title(t("access.title"))
    _draw_refusal(t)
    for provider in ways[0]:
        _draw_provider(provider, t)
    if ways[1]:
        _draw_password_form(t)
    st.stop()


def draw_who(t: Translator) -> None:
    """The name and role of whoever signed in, and the way out; nothing for the person at this machine."""
    actor = current_actor()
    if not actor.is_signed_in:
        return
    st.caption(plain(t("access.signed_in_as", name=actor.name, role=t(f"access.role.{actor.role}"))))
    st.button(t("access.sign_out"), key="sign_out", icon=":material/logout:", on_click=_sign_out)


def _sign_out() -> None:
    """Leave nothing of what this session has seen, here and in other windows of this browser."""
    by_institution = bool(_providers()) and st.user.is_logged_in
    name = current_actor().name
    sessions.end(browsers_token() or "")
    _forget()
    try:
        _users().notes.add("sign_out", name, name)
    finally:
        if by_institution:
            st.logout()


def _forget() -> None:
    """Leave nothing of what this session has seen to whoever comes next."""
    for key in set(st.session_state) - {"language"}:
        del st.session_state[key]


def user_of(proof: SignedIn) -> User | None:
    """The person who once proved to be this one, if they may still come in, with the same password if it was by one."""
    user = _users().find(proof.name)
    is_same = not proof.salt or (user is not None and user.password is not None and user.password.salt == proof.salt)
    return user if is_same else None


def _is_kept(name: str) -> bool:
    """Whether the browser's cookie is this person's and good: not of somebody before, or of an earlier password."""
    proof = owner_of_token(browsers_token())
    return proof is not None and proof.name == name and user_of(proof) is not None


def _keep_signed_in(name: str, t: Translator) -> None:
    """After a sign-in: note the institution's, and let the browser fetch its cookie, once a session."""
    signed_in = st.session_state.get(_SIGNED_IN)
    if signed_in is None:
        _note_once("sign_in", name, name, _BY_INSTITUTION)
    if browser_keeps_cookies() and not st.session_state.get(_SENT_TICKET):
        st.session_state[_SENT_TICKET] = True
        send_ticket(name, "" if signed_in is None else signed_in.salt, t.language)


def _draw_password_form(t: Translator) -> None:
    with st.form("sign_in_form", width=420):
        name = st.text_input(t("access.name"), key="sign_in_name", autocomplete="username", max_chars=120)
        password = st.text_input(
            t("access.password"), key="sign_in_password", type="password", autocomplete="current-password"
        )
        if not st.form_submit_button(t("access.sign_in"), type="primary", key="sign_in_submit"):
            return
    try:
        user = _doorkeeper(str(load_config().users_path)).let_in(name, password, st.context.ip_address or "")
    except AccessError as error:
        st.error(plain(t.message(error.message)), icon=":material/error:")
        return
    _forget()  # whose sign-in ended by itself was somebody else, perhaps
    st.session_state[_SIGNED_IN] = SignedIn(user.name, user.password.salt if user.password else "", time.monotonic())
    with suppress(StorageError):  # the page that comes next says so
        take_in_notes(application())
    st.rerun()


def _draw_provider(provider: str, t: Translator) -> None:
    shown = t("access.institution") if provider == _DEFAULT_PROVIDER else provider
    label = t("access.sign_in_with", provider=shown)
    if st.button(label, key=f"sign_in_{provider}", type="primary", icon=":material/login:"):
        st.login(None if provider == _DEFAULT_PROVIDER else provider)


def _draw_refusal(t: Translator) -> None:
    """Why somebody whom the institution knows is not let in here."""
    if not (_providers() and st.user.is_logged_in):
        return
    name = str(st.user.get("email") or "")
    if not _is_verified():
        st.error(plain(t("access.unverified")), icon=":material/error:")
        _note_once("sign_in_failed", name, "", f"email_verified: {st.user.get('email_verified')!r}"[:_SHOWN_REASON])
    elif _is_fresh():
        sentence = "access.no_role" if _users().find(name) is None else "access.password_only"
        st.error(plain(t(sentence, name=name)), icon=":material/error:")
        _note_once("sign_in_failed", name, "", _BY_INSTITUTION)


def _note_once(action: str, subject: str, by: str, reason: str) -> None:
    """Note a sign-in at the institution for the access log; every run of the script comes by here."""
    if st.session_state.get(_NOTED) != (action, subject):
        _users().notes.add(action, subject, by, reason)
        st.session_state[_NOTED] = (action, subject)


def _user_of_session() -> User | None:
    """The user whom this browser session belongs to, as the list of users says now."""
    signed_in = st.session_state.get(_SIGNED_IN)
    if signed_in is not None:
        return user_of(signed_in) if time.monotonic() - signed_in.since < SESSION_SECONDS else None
    proof = owner_of_token(browsers_token())
    known = user_of(proof) if proof is not None and proof.salt else None
    if known is not None:  # by a password: the institution's sign-in has a cookie of its own, which ends with it
        return known
    if not (_providers() and st.user.is_logged_in and _is_fresh() and _is_verified()):
        return None
    user = _users().find(str(st.user.get("email") or ""))
    return user if user is not None and user.password is None else None


def _is_verified() -> bool:
    """Whether the address is known to be the person's own.

    OpenID Connect Core 1.0, section 5.1: without `email_verified` it may be anybody's. Some providers never send the
    claim; `trust_unverified_email = true` in such a one's section of secrets.toml says that it can be relied on.
    """
    said = st.user.get("email_verified")
    if said is None:
        auth = st.secrets["auth"]
        section = auth.get(st.user.get("provider"), {}) if st.user.get("provider") != _DEFAULT_PROVIDER else auth
        return section.get("trust_unverified_email") is True
    return said is True or said == "true"


def _is_fresh() -> bool:
    """Whether the institution vouched for the person lately: Streamlit keeps its cookie for a month."""
    issued_at = st.user.get("iat")
    return isinstance(issued_at, int | float) and time.time() - issued_at < SESSION_SECONDS


def _providers() -> tuple[str, ...]:
    """The ways of signing in at an institution that secrets.toml names, as `st.login` wants them."""
    try:
        auth = st.secrets.get("auth", {})
    except StreamlitSecretNotFoundError:
        return ()
    found = [_DEFAULT_PROVIDER] if all(key in auth for key in _PROVIDER_KEYS) else []
    return (*found, *(name for name, part in auth.items() if hasattr(part, "keys") and "client_id" in part))


def _users() -> UserFile:
    return UserFile(load_config().users_path)


@cache
def _doorkeeper(path: str) -> Doorkeeper:
    """The one of this process, for all sessions: it counts the failures."""
    return Doorkeeper(UserFile(Path(path)))


ask_actor_from(session_actor)
