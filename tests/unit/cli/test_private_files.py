"""Whatever the dashboard and the command line write is for this account only."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.config import PROJECT_FOLDER

COMMAND_LINE = "import runpy; runpy.run_module('core', run_name='__main__')"
SERVER = "import app"


@pytest.mark.parametrize("start", [COMMAND_LINE, SERVER])
def test_what_starts_here_writes_for_this_account_only(start: str) -> None:
    program = f"import atexit, os\nos.umask(0o022)\natexit.register(lambda: print(oct(os.umask(0))))\n{start}\n"
    done = subprocess.run(
        [sys.executable, "-c", program, "users", "list"], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0o77"
