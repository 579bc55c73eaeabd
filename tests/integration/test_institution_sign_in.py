"""The institution's sign-in: whom it lets in here, and who is told why not."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.access.roles import Role
from core.config import PROJECT_FOLDER
from pages.widgets import sign_in
from pages.widgets.browser_cookie import sessions
from pages.widgets.display import plain
from tests.access_lab import add, noted
from tests.pages_lab import TIMEOUT_SECONDS

NOT_VERIFIED = (False, "false", 1)


@pytest.mark.parametrize(
    ("claims", "shown"),
    [
        ({"email": "kim@example.ac.kr", "email_verified": True}, ""),
        ({"email": "kim@example.ac.kr", "email_verified": "true"}, ""),
        *(({"email": "kim@example.ac.kr", "email_verified": said}, "does not say") for said in NOT_VERIFIED),
        ({"email": "kim@example.ac.kr"}, "does not say"),
        ({"email": "other@example.ac.kr", "email_verified": True}, "nobody gave you a role"),
        ({"email": "lee@example.ac.kr", "email_verified": True}, "with a password"),
        ({"email": "kim@example.ac.kr", "email_verified": True, "iat": 0}, "Sign in with your institution"),
        (None, "Sign in with your institution"),
    ],
)
def test_the_institutions_sign_in_counts_with_a_role_only(
    home: Path, monkeypatch: pytest.MonkeyPatch, claims: dict[str, object] | None, shown: str
) -> None:
    add(home, "Kim@example.ac.kr", Role.REVIEWER, password=None)
    add(home, "lee@example.ac.kr", Role.ADMINISTRATOR)
    at = arrive_from_institution(monkeypatch, claims, {})
    assert not at.exception
    texts = [element.value for element in (*at.error, *at.title)] + [button.label for button in at.button]
    if shown:
        assert shown in " ".join(texts)
        assert at.title[0].value == "Sign in"
    else:
        assert plain("Kim@example.ac.kr · reviewer") in [caption.value for caption in at.caption]
    at.run()
    said = "sign_in" if not shown else "sign_in_failed"
    assert noted() == ["user_added"] * 2 + [said] * (shown != "Sign in with your institution")


def test_who_had_a_password_before_comes_in_by_the_institution_though_the_old_cookie_is_still_there(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(home, "kim@example.ac.kr", Role.REVIEWER, password=None)
    old = sessions.redeem(str(sessions.ticket("kim@example.ac.kr", "the salt of the password")))
    monkeypatch.setattr(sign_in, "browsers_token", lambda: old)
    at = arrive_from_institution(monkeypatch, {"email": "kim@example.ac.kr", "email_verified": True}, {})
    assert plain("kim@example.ac.kr · reviewer") in [caption.value for caption in at.caption]


@pytest.mark.parametrize(
    ("provider", "trusted", "said", "comes_in"),
    [
        ("default", "default", None, True),
        ("library", "default", None, False),
        ("library", "library", False, False),
    ],
)
def test_addresses_without_a_word_count_where_secrets_rely_on_that_provider(
    home: Path, monkeypatch: pytest.MonkeyPatch, provider: str, trusted: str, said: bool | None, comes_in: bool
) -> None:
    add(home, "kim@example.ac.kr", Role.REVIEWER, password=None)
    claims = {"email": "kim@example.ac.kr", "provider": provider} | ({} if said is None else {"email_verified": said})
    trust = {"trust_unverified_email": True}
    library = {"client_id": "c", **(trust if trusted == "library" else {})}
    at = arrive_from_institution(monkeypatch, claims, {"library": library, **(trust if trusted == "default" else {})})
    assert (at.title[0].value == "Sign in") is not comes_in


def arrive_from_institution(
    monkeypatch: pytest.MonkeyPatch, claims: dict[str, object] | None, more_auth: dict[str, object]
) -> AppTest:
    """The dashboard for somebody about whom the institution says so; None: about nobody."""
    person = {"iat": time.time(), "provider": "default", **claims} if claims else {}
    monkeypatch.setattr(st, "user", SimpleNamespace(is_logged_in=bool(claims), get=person.get))
    at = AppTest.from_file(PROJECT_FOLDER / "app.py", default_timeout=TIMEOUT_SECONDS)
    at.query_params["lang"] = "en"
    own = {"client_id": "a", "client_secret": "b", "server_metadata_url": "https://id.example.ac.kr/"}
    at.secrets["auth"] = own | more_auth
    return at.run()
