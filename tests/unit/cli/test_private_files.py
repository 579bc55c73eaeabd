"""What the dashboard and the command line write is for this account only, except files that somebody asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.config import DATA_FOLDER, PROJECT_FOLDER, Config
from core.pipeline.application import Application
from core.pipeline.intake import apply_catalog, preview_catalog

COMMAND_LINE = "import runpy; runpy.run_module('core', run_name='__main__')"
SERVER = "import app"


@pytest.mark.parametrize("start", [COMMAND_LINE, SERVER])
def test_what_starts_here_writes_for_this_account_only(start: str) -> None:
    program = f"import atexit, os\nos.umask(0o022)\natexit.register(lambda: print(oct(os.umask(0))))\n{start}\n"
    done = subprocess.run(
        [sys.executable, "-c", program, "users", "list"], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0o77"


def test_files_that_were_asked_for_can_be_read_by_who_could_read_them(own_state_folder: Path, tmp_path: Path) -> None:
    with Application(Config(own_state_folder), watch_jobs=False) as app:
        apply_catalog(app, preview_catalog(app, DATA_FOLDER / "ko_free_courses.csv", "spring.csv"))
    modes = {"export.csv": 0o644, "audit.csv": 0o644, "shared.csv": 0o640, "closed.csv": 0o600}
    for name in ("shared.csv", "closed.csv"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(modes[name])
    program = (
        "from core.cli.main import main\n"
        "from core.config import keep_files_private\n"
        "keep_files_private()\n"
        f"for name in {list(modes)}:\n"
        "    verb = 'audit' if name == 'audit.csv' else 'export'\n"
        f"    assert main([verb, '--output', {str(tmp_path)!r} + '/' + name]) == 0\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT_FOLDER, umask=0o022, check=True, capture_output=True)
    assert {name: (tmp_path / name).stat().st_mode & 0o777 for name in modes} == modes
    assert all((tmp_path / name).stat().st_size for name in modes)
