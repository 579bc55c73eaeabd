from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.jobs import control as control_module
from tests.jobs_lab import Lab, make_spec, open_lab
from tests.session_lab import Bench


@pytest.fixture
def lab(own_state_folder: Path) -> Iterator[Lab]:
    with open_lab(own_state_folder) as opened:
        yield opened


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(control_module, "POLL_SECONDS", 0.0)  # made-up work is over before the first look
    return Bench(tmp_path, make_spec(count=10))
