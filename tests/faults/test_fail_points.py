"""The named steps at which processes are killed: all of them are in the code, and a kill at one loses nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from core.config import PROJECT_FOLDER
from core.failpoints import STEPS
from tests.faults.checker import check
from tests.faults.killing import run_with_kills

DO_A_STEP = 'from core.failpoints import step\nwith step("journal.sync"):\n    print("done")'


def do_a_step(folder: Path | None) -> subprocess.CompletedProcess[str]:
    armed = {} if folder is None else {"COURSELIFT_FAIL_POINTS": str(folder)}
    return subprocess.run(
        [sys.executable, "-u", "-c", DO_A_STEP],
        cwd=PROJECT_FOLDER,
        env={**os.environ, **armed},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_named_step_is_in_the_code_and_every_step_there_is_named() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (PROJECT_FOLDER / "core").rglob("*.py"))
    assert sorted(re.findall(r'\bstep\("([\w.]+)"\)', code)) == sorted(STEPS)


def test_an_armed_step_kills_once_and_no_other_one_ever_does(tmp_path: Path) -> None:
    assert do_a_step(None).returncode == do_a_step(tmp_path).returncode == 0
    (tmp_path / "before-journal.sync").touch()
    killed = do_a_step(tmp_path)
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "")
    (tmp_path / "after-journal.sync").touch()
    killed = do_a_step(tmp_path)
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "done\n")
    assert do_a_step(tmp_path).returncode == 0


def test_kills_at_named_steps_lose_and_double_nothing(own_state_folder: Path) -> None:
    points = ["before-job.create", "after-journal.write", "before-database.commit"]
    run = run_with_kills(own_state_folder, 1, kills=3, count=60, points=points)
    assert run.points.total() >= 2
    assert run.status == "succeeded"
    ledger = check(own_state_folder)
    assert ledger.faults == []
    assert ledger.stored + ledger.set_aside == 60
