"""The real dashboard in a real browser: one server a test module, one page a test."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.config import PROJECT_FOLDER, Config
from tests.ensure_browser import find_browser

START_SECONDS = 60
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Dashboard:
    """A running dashboard with its own state folder."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    def start(cls, home: Path, port: int | None = None, *options: str) -> Dashboard:
        port = port or free_port()
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "app.py",
                "--server.port",
                str(port),
                "--server.headless",
                "true",
                *options,
            ],
            cwd=PROJECT_FOLDER,
            env={**os.environ, "COURSELIFT_HOME": str(home)},
            stdout=(home / "server.log").open("ab"),
            stderr=subprocess.STDOUT,
        )
        dashboard = cls(home, port, process)
        dashboard.wait_until_healthy()
        return dashboard

    def wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.2)
        raise AssertionError((self.home / "server.log").read_text(errors="replace"))

    def kill(self) -> None:
        """kill -9: no goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory, installed_models: Config) -> Iterator[Dashboard]:
    """A dashboard with an empty state folder, but for the embedded models."""
    home = tmp_path_factory.mktemp("dashboard")
    (home / "models").symlink_to(installed_models.models_folder)
    running = Dashboard.start(home)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each file, because an event loop runs while it is open, and other tests want one of their own."""
    path = find_browser()
    if path is None:
        pytest.fail("No Chromium found: python tests/ensure_browser.py says what to install.")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An English-speaking browser window."""
    expect.set_options(timeout=30_000)
    context = browser.new_context(locale="en-US", viewport={"width": 1400, "height": 1000})
    yield context.new_page()
    context.close()


def settle(page: Page) -> None:
    """Wait until the page's script has run to its end."""
    page.get_by_test_id("stApp").wait_for()
    page.wait_for_timeout(300)
    page.locator("[data-test-script-state=notRunning]").wait_for(timeout=60_000)


def open_page(page: Page, dashboard: Dashboard, name: str = "") -> None:
    """Go to a page by its address, and wait until it is drawn."""
    page.goto(f"{dashboard.url}/{name}")
    settle(page)


def press(page: Page, key: str) -> None:
    """Click the button with this key, and wait for what it does."""
    page.locator(f".st-key-{key} button").first.click()
    settle(page)


def pick_row(page: Page, key: str, row: int = 0) -> None:
    """Tick a row of a table. The table is a canvas: the boxes are a column of 35 pixels below a header of 35.

    `key`: as the page names the table; tables whose rows can change have more behind it.
    """
    page.locator(f"[class*='st-key-{key}'] .dvn-scroller").first.click(position={"x": 18, "y": 35 + 35 * row + 17})
    settle(page)
