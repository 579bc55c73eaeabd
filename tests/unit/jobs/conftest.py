from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs_lab import Lab, open_lab


@pytest.fixture
def lab(own_state_folder: Path) -> Iterator[Lab]:
    with open_lab(own_state_folder) as opened:
        yield opened
