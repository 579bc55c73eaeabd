"""Where there is no network at all the whole app works, and nothing even tries to reach one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.config import PROJECT_FOLDER
from tests.e2e.no_network import ELSEWHERE, PAGES

NAMESPACE = ("unshare", "--user", "--map-root-user", "--net")


def run_without_network(home: Path, *more: str) -> dict[str, Any]:
    """What `no_network.py` tells; skips where this system lets nobody make a namespace."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("needs unshare and ip (util-linux, iproute2)")
    allowed = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True, check=False)
    if allowed.returncode:
        pytest.skip(f"this system permits no network namespace: {allowed.stderr.strip()}")
    home.mkdir()
    command = [*NAMESPACE, sys.executable, "-m", "tests.e2e.no_network", str(home), *more]
    done = subprocess.run(command, cwd=PROJECT_FOLDER, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_nothing_in_the_app_tries_to_reach_a_network(tmp_path: Path) -> None:
    told = run_without_network(tmp_path / "home")
    assert told["pages"] == {name or "overview": True for name in PAGES}
    assert told["asked"] == []
    assert told["packets"] == 0


def test_a_single_attempt_would_be_seen_by_both_watchers(tmp_path: Path) -> None:
    told = run_without_network(tmp_path / "home", "probe")
    assert f"socket.connect {ELSEWHERE[0]}" in told["asked"]
    assert told["packets"] >= 1
