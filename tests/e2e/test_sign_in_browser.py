"""Signing in with a real browser: by password, and at a real OpenID Connect provider through Streamlit's own login."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.access.passwords import hash_password
from core.access.roles import Role
from core.access.users import User, UserFile
from core.config import Config
from tests.e2e.conftest import Dashboard, free_port, open_page, press, settle
from tests.e2e.oidc_provider import CLIENT, SECRET, Provider, running_provider
from tests.seeding import seed

PASSWORD = "correct horse battery staple"
COOKIE = "courselift_session"
LEE = r"Lee@.?example\.ac\.kr · reviewer"


@dataclass
class Institution:
    """A dashboard whose people sign in with a password or at the provider."""

    dashboard: Dashboard
    provider: Provider


@pytest.fixture(scope="module")
def institution(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Institution]:
    home, port = seed(tmp_path_factory.mktemp("institution")), free_port()
    users = UserFile(Config(home).users_path)
    users.add(User("kim", Role.ADMINISTRATOR, hash_password(PASSWORD)))
    users.add(User("Lee@example.ac.kr", Role.REVIEWER))
    with running_provider() as provider:
        secrets = home / "secrets.toml"
        client = (
            f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
            f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
        )
        secrets.write_text(
            f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\ncookie_secret = "{"x" * 40}"\n{client}'
            f"[auth.campus]\n{client}trust_unverified_email = true\n"
        )
        dashboard = Dashboard.start(home, port, "--secrets.files", str(secrets))
        yield Institution(dashboard, provider)
        dashboard.stop()


def enter_password(page: Page, password: str = PASSWORD) -> None:
    page.locator(".st-key-sign_in_name input").fill("kim")
    page.locator(".st-key-sign_in_password input").fill(password)
    press(page, "sign_in_submit")


def cookies(context: BrowserContext) -> dict[str, dict[str, object]]:
    return {str(cookie["name"]): dict(cookie) for cookie in context.cookies()}


def fetch(url: str, cookie: str = "") -> int:
    request = urllib.request.Request(url, headers={"Cookie": f"{COOKIE}={cookie}"} if cookie else {})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_password_sign_in_outlives_a_reload_and_gives_files_until_signing_out(
    institution: Institution, page: Page
) -> None:
    addresses: list[str] = []
    asked: list[str] = []
    page.on("framenavigated", lambda frame: addresses.append(frame.url))
    page.on("request", lambda request: asked.append(request.url))
    open_page(page, institution.dashboard)
    enter_password(page)
    page.wait_for_function("document.getElementById('keep-signed-in') === null")
    kept = cookies(page.context)[COOKIE]
    assert (kept["httpOnly"], kept["sameSite"], kept["path"]) == (True, "Strict", "/")
    token = str(kept["value"])
    open_page(page, institution.dashboard, "catalog")  # a new session of the same browser
    expect(page.get_by_text("kim · administrator")).to_be_visible()
    assert not any(token in address or "ticket" in address for address in addresses)
    page.locator(".st-key-export_menu button").first.click()
    with page.expect_download() as download:
        page.locator(".st-key-export_csv button").first.click()
    assert download.value.path().stat().st_size > 0
    (file,) = {url for url in asked if url.startswith(f"{institution.dashboard.url}/media/")}
    assert [fetch(file), fetch(file, "a-token-that-nobody-gave"), fetch(file, token)] == [404, 404, 200]
    page.keyboard.press("Escape")
    catalog = {"name": "c.csv", "mimeType": "text/csv", "buffer": b"code,title\nX-1,Optics\n"}
    page.locator(".st-key-catalog_view").get_by_text("Upload", exact=True).click()
    page.locator(".st-key-catalog_file input[type=file]").set_input_files(catalog)
    page.locator(".st-key-apply_catalog button").wait_for()
    press(page, "sign_out")
    expect(page.locator(".st-key-sign_in_password")).to_be_visible()
    page.reload()
    expect(page.locator(".st-key-sign_in_password")).to_be_visible()
    assert fetch(file, token) == 404


def test_no_other_site_can_sign_a_browser_in(institution: Institution) -> None:
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        request = urllib.request.Request(
            f"{institution.dashboard.url}/sign-in/keep", data=b"ticket=x&lang=en", headers=headers
        )
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request)


@pytest.mark.parametrize(
    ("way", "claims", "forges", "shown"),
    [
        ("default", {"email": "lee@example.ac.kr", "email_verified": True}, False, LEE),
        ("default", {"email": "lee@example.ac.kr"}, False, "does not say that"),
        ("campus", {"email": "lee@example.ac.kr"}, False, LEE),
        ("default", {"email": "nobody@example.ac.kr", "email_verified": True}, False, "nobody gave you a role yet"),
        ("default", {"email": "lee@example.ac.kr"}, True, "Sign in with your institution"),
    ],
)
def test_the_institutions_sign_in_gives_the_role_that_the_list_says(
    institution: Institution, browser: Browser, way: str, claims: dict[str, object], forges: bool, shown: str
) -> None:
    provider = institution.provider
    provider.claims, provider.forges = claims, forges
    before = provider.sign_ins
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    open_page(page, institution.dashboard)
    press(page, f"sign_in_{way}")
    expect(page.get_by_text(re.compile(shown))).to_be_visible()
    assert provider.sign_ins == before + 1
    is_in = "reviewer" in shown
    if is_in:
        page.wait_for_function("document.getElementById('keep-signed-in') === null")
        page.reload()
        settle(page)
        expect(page.get_by_text(re.compile(shown))).to_be_visible()
        press(page, "sign_out")
    page.goto(f"{institution.dashboard.url}/review")
    settle(page)
    expect(page.get_by_text("Sign in", exact=True).first).to_be_visible()
    assert page.locator(".st-key-review_approve").count() == 0
    context.close()
