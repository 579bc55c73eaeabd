"""Who gets in, who may press what, and what happens to those who press it all the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st

from core.access.actor import acting_as, local_actor
from core.access.passwords import hash_password
from core.access.roles import Role
from core.access.users import UserFile
from core.config import Config
from core.i18n import LANGUAGES, Translator
from core.pipeline.review import ReviewQueue, review_queue
from core.records import ReviewState
from pages.widgets import sign_in
from pages.widgets.browser_cookie import sessions
from pages.widgets.display import plain
from pages.widgets.session import application
from tests.access_lab import PASSWORD, add, enter, go_to, noted, open_app
from tests.pages_lab import button_of

FOR_ANOTHER_REASON = {"review_back", "weights_reset"}  # at the first text; nothing was changed


def open_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else real(name))


def test_the_person_at_this_machine_needs_no_sign_in(home: Path) -> None:
    at = open_app()
    assert not at.exception
    assert at.title[0].value != Translator("en")("access.title")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_open_server_without_a_way_in_shows_one_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    open_to_all(monkeypatch)
    at = open_app(language)
    assert [error.value for error in at.error] == [Translator(language)("access.closed")]
    assert not (at.title or at.button or at.text_input or at.markdown or at.dataframe)


@pytest.mark.parametrize(
    ("option", "value"),
    [("browser.serverAddress", "courses.example.ac.kr"), ("server.corsAllowedOrigins", ["https://example.ac.kr"])],
)
def test_a_name_for_others_asks_for_a_sign_in(
    home: Path, monkeypatch: pytest.MonkeyPatch, option: str, value: object
) -> None:
    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: value if name == option else real(name))
    assert [error.value for error in open_app().error] == [Translator("en")("access.closed")]


def test_a_session_through_a_proxy_is_not_that_of_the_person_at_this_machine(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "is_forwarded", lambda names: True)
    assert [error.value for error in open_app().error] == [Translator("en")("access.closed")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_right_password_opens_the_dashboard_and_the_way_out_closes_it(home: Path, language: str) -> None:
    add(home, "kim", Role.VIEWER)
    t = Translator(language)
    at = open_app(language)
    assert at.title[0].value == t("access.title")
    assert not at.dataframe
    enter(at, "kim", "not the right one")
    assert [error.value for error in at.error] == [plain(t("access.wrong"))]
    enter(at, "KIM")
    assert not at.error
    assert plain(t("access.signed_in_as", name="kim", role=t("access.role.viewer"))) in [it.value for it in at.caption]
    at.button(key="sign_out").click()
    at.run()
    at.run()
    assert at.text_input(key="sign_in_password")
    assert not (at.dataframe or at.metric)
    assert noted() == ["user_added", "sign_in_failed", "sign_in", "sign_out"]


def test_whoever_is_taken_out_is_out_at_the_next_step(home: Path) -> None:
    add(home, "kim", Role.REVIEWER)
    add(home, "lee", Role.ADMINISTRATOR)
    at = enter(open_app(), "kim")
    assert not at.text_input
    UserFile(Config(home).users_path).remove("kim")
    assert at.run().title[0].value == "Sign in"


def test_a_session_ends_after_its_hours(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(home, "kim", Role.REVIEWER)
    at = enter(open_app(), "kim")
    monkeypatch.setattr(sign_in, "SESSION_SECONDS", 0)
    assert at.run().title[0].value == "Sign in"


@pytest.mark.parametrize("who", ["kim", "lee"])
def test_a_cookie_that_is_good_no_more_gives_way_to_that_of_whoever_signs_in(
    home: Path, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """Without one of their own they could fetch no files, and would sign in anew after every reload."""
    add(home, "kim", Role.REVIEWER)
    users = UserFile(Config(home).users_path)
    kim = users.list()[0]
    assert kim.password is not None
    old = sessions.redeem(str(sessions.ticket("kim", kim.password.salt)))
    users.replace(replace(kim, password=hash_password(PASSWORD)))
    add(home, "lee", Role.REVIEWER)
    sent: list[str] = []
    monkeypatch.setattr(sign_in, "browsers_token", lambda: old)
    monkeypatch.setattr(sign_in, "browser_keeps_cookies", lambda: True)
    monkeypatch.setattr(sign_in, "send_ticket", lambda name, *_: sent.append(name))
    enter(open_app(), who)
    assert sent == [who]


def test_a_viewer_cannot_press_what_they_may_not_and_is_told_why(home: Path) -> None:
    add(home, "kim", Role.VIEWER)
    at = go_to(enter(open_app(), "kim"), "review")
    reason = plain("To decide about texts you need the role reviewer; yours is viewer. An administrator can change it.")
    for key in ("review_approve", "review_edit", "review_reject"):
        assert (button_of(at, key).disabled, button_of(at, key).help) == (True, reason)


@pytest.mark.parametrize("page", ["catalog", "enhance", "review", "weights", "students", "performance", "settings"])
def test_no_button_that_a_viewer_can_press_leads_to_a_refusal(home: Path, page: str) -> None:
    add(home, "kim", Role.VIEWER)
    at = go_to(enter(open_app(), "kim"), page)
    t = Translator("en")
    keys = [button.key for button in at.button if button.key and not button.disabled and button.key != "sign_out"]
    for key in keys:
        at = go_to(at, page)
        if any(button.key == key for button in at.button):
            at.button(key=key).click()
            at.run()
            assert not at.exception, key
            assert t("access.role.viewer") not in " ".join(error.value for error in at.error), key
    at = go_to(at, page)
    for button in at.button:
        assert not button.disabled or button.key in FOR_ANOTHER_REASON or "yours is viewer" in str(button.help), button


def test_the_way_out_of_damage_is_for_those_who_keep_backups(home: Path) -> None:
    add(home, "kim", Role.VIEWER)
    add(home, "lee", Role.ADMINISTRATOR)
    st.cache_resource.clear()
    Config(home).database_path.write_bytes(b"damaged" * 1000)
    for name, is_disabled in (("kim", True), ("lee", False)):
        at = enter(open_app(), name)
        assert at.button(key="recovery_restore").disabled is is_disabled


def test_core_refuses_what_a_page_let_through(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(home, "kim", Role.VIEWER)
    at = enter(open_app(), "kim")
    monkeypatch.setattr("pages.widgets.rights.may", lambda permission: True)
    for module in ("review_screen", "review_decisions"):
        monkeypatch.setattr(f"pages.widgets.{module}.may", lambda permission: True)
    at = go_to(at, "review")
    button_of(at, "review_approve").click()
    at.run()
    assert "you need the role reviewer" in " ".join(error.value for error in at.error)
    assert {item.enhancement.state for item in queue().items} == {ReviewState.DRAFT}


def test_a_decision_carries_the_name_of_whoever_signed_in(home: Path) -> None:
    add(home, "lee", Role.REVIEWER)
    at = go_to(enter(open_app(), "lee"), "review")
    first = queue().items[0].enhancement.enhancement_id
    button_of(at, "review_approve").click()
    at.run()
    with acting_as(local_actor()):
        assert application().enhancements.get(first).decided_by == "lee"  # not "Kim", whom the settings name


def queue() -> ReviewQueue:
    """The drafts, read without a browser session."""
    with acting_as(local_actor()):
        app = application()
        return review_queue(app, app.catalogs.list()[0].catalog_id)


def test_who_signs_in_where_somebody_elses_sign_in_ended_takes_over_nothing(home: Path, whole_dashboard: None) -> None:
    add(home, "kim", Role.REVIEWER)
    add(home, "lee", Role.REVIEWER)
    at = go_to(enter(open_app(), "kim"), "students")
    at.toggle(key="students_unmask").set_value(True)
    at.run()
    at.text_input(key="students_unmask_reason").set_value("advising")
    at.run()
    assert "S-000001" in at.dataframe[0].value.to_string()
    seen = noted().count("list")
    UserFile(Config(home).users_path).remove("kim")
    at.run()
    assert at.title[0].value == Translator("en")("access.title")
    go_to(enter(at, "lee"), "students")
    assert "S-000001" not in at.dataframe[0].value.to_string()
    assert noted().count("list") == seen + 1  # what lee sees is logged as lee's
