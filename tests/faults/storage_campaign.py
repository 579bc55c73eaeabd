"""Damaged and half-written databases, in numbers: `python -m tests.faults.storage_campaign [TRIES] [SEED]`.

Every try takes a copy of one installation, hurts it, opens and repairs it, and asks the checker that shares no code
with the app whether every journalled result is there, once and unchanged.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb

from core.config import PROJECT_FOLDER, Config
from core.errors import StorageError
from core.failpoints import STORAGE_STEPS
from core.pipeline.application import Application
from core.pipeline.backup import list_backups
from core.pipeline.verify import repair, verify
from tests.faults.checker import check
from tests.faults.installation import RESULTS, Installation, copy_of, make

TRIES = 40
SEED = 20261122
Damage = Callable[[Config, random.Random], None]
_WORKS = {"migration": "migrate", "backup": "backup", "restore": "restore", "repair": "repair"}
_WITH_LOG = ("restore.set_log_aside",)
TABLES = "SELECT table_name, column_count FROM duckdb_tables() WHERE NOT internal ORDER BY 1"


def truncate_log(config: Config, chance: random.Random) -> None:
    """Cut the database's log anywhere."""
    log = _log(config)
    log.write_bytes(log.read_bytes()[: chance.randrange(log.stat().st_size)])


def flip_log(config: Config, chance: random.Random) -> None:
    """Turn one bit of the database's log over."""
    _flip(_log(config), chance)


def flip_database(config: Config, chance: random.Random) -> None:
    """Turn one bit of the database file over."""
    _flip(config.database_path, chance)


DAMAGES: dict[str, tuple[str, Damage]] = {
    "log truncated": ("killed", truncate_log),
    "log bit flipped": ("killed", flip_log),
    "database bit flipped": ("closed", flip_database),
}


def damaged(
    name: str, installation: Installation, tries: Iterable[int], folder: Path
) -> tuple[Counter[str], list[str]]:
    """Hurt copies, repair them, count what was seen on the way; also the faults that were left."""
    picture, damage = DAMAGES[name]
    seen: Counter[str] = Counter()
    faults: list[str] = []
    for number in tries:
        config = copy_of(getattr(installation, picture), folder / f"{damage.__name__}-{number}")
        damage(config, random.Random(SEED + number))
        seen["tries"] += 1
        seen[_opens(config)] += 1
        done = repair(config)
        seen["replaced by a copy"] += done.set_aside is not None
        seen["set aside"] += len(list(config.home.glob("courselift.duckdb.2*")))
        faults += [f"{name} {number}: {problem}" for problem in _left_over(config, done.after.holds)]
    return seen, faults


def killed(work: str, installation: Installation, steps: Iterable[int], folder: Path) -> tuple[Counter[str], list[str]]:
    """Kill a migration, a backup or a restore at each of these steps; ends where there is no such step any more."""
    seen: Counter[str] = Counter()
    faults: list[str] = []
    for step in steps:
        config = copy_of(installation.closed, folder / f"{work}-{step}")
        command = [sys.executable, "-m", "tests.faults.dying", work, str(config.home), str(step)]
        status = subprocess.run(command, cwd=PROJECT_FOLDER, timeout=60, check=False, stderr=subprocess.PIPE)
        if status.returncode == 0:
            break
        if status.returncode != -9:
            raise AssertionError(status.stderr.decode())
        seen["kills"] += 1
        problems = _schema_problems(config) if work == "migrate" else _left_over(config, repair(config).after.holds)
        faults += [f"{work} killed at step {step}: {problem}" for problem in problems]
    return seen, faults


def killed_at_steps(installation: Installation, folder: Path) -> tuple[Counter[str], list[str]]:
    """Kill before and after each named step of a migration, a backup, a restore and a repair."""
    seen: Counter[str] = Counter()
    faults: list[str] = []
    for point in (f"{when}-{step}" for step in STORAGE_STEPS for when in ("before", "after")):
        step = point.partition("-")[2]
        config = copy_of(installation.killed if step in _WITH_LOG else installation.closed, folder / point)
        _make_reachable(step, config)
        marks = folder / f"marks-{point}"
        marks.mkdir()
        (marks / point).touch()
        work = _WORKS[step.partition(".")[0]]
        command = [sys.executable, "-m", "tests.faults.dying", work, str(config.home), "0"]
        environment = {**os.environ, "COURSELIFT_FAIL_POINTS": str(marks)}
        status = subprocess.run(command, cwd=PROJECT_FOLDER, env=environment, timeout=120, check=False)
        seen["kills"] += status.returncode == -9
        if status.returncode != -9:
            faults.append(f"{point} was never reached")
        problems = _schema_problems(config) if work == "migrate" else _left_over(config, repair(config).after.holds)
        faults += [f"killed {point}: {problem}" for problem in problems]
    return seen, faults


def _make_reachable(step: str, config: Config) -> None:
    """Leave what the step is there for: a log or a database that cannot be read, or one that lost an import."""
    if step in _WITH_LOG:
        log = _log(config)
        content = log.read_bytes()
        log.write_bytes(content[:200] + bytes(200) + content[400:])
    elif step == "repair.restore":
        config.database_path.write_bytes(b"damaged" * 1000)
    elif step == "repair.switch":
        with duckdb.connect(str(config.database_path)) as connection:
            connection.execute("DELETE FROM imports")


def _opens(config: Config) -> str:
    """How the app finds the database."""
    try:
        with Application(config, watch_jobs=False) as app:
            return "whole" if verify(app).holds else "quietly behind or damaged"
    except StorageError as error:
        assert error.message.key in ("storage.damaged", "storage.newer_file"), error
        return "refused with a sentence"


def _left_over(config: Config, holds: bool) -> list[str]:
    """What is still wrong after the repair."""
    problems = [] if holds else ["does not hold"]
    found = check(config.home)
    problems += found.faults
    if found.stored != RESULTS:
        problems.append(f"{found.stored} of {RESULTS} results are stored")
    with Application(config, watch_jobs=False) as app:
        notes = {note.key for each in verify(app).checks for note in each.notes}
        if not app.catalogs.list() and "verify.upload_unknown" not in notes:
            problems.append("the catalog is gone, and nobody is told")
        for backup in list_backups(app):
            try:
                with duckdb.connect(str(backup.path), read_only=True) as connection:
                    connection.execute("SELECT count(*), bit_xor(hash(t)) FROM enhancements t")
            except duckdb.Error:
                problems.append(f"the backup {backup.path.name} cannot be read")
    return problems


def _schema_problems(config: Config) -> list[str]:
    """What a killed migration left: the old or the new schema, and all rows."""
    with duckdb.connect(str(config.database_path)) as connection:
        tables = dict(connection.execute(TABLES).fetchall())
        version = connection.execute("SELECT max(version) FROM schema_versions").fetchall()[0][0]
        texts = connection.execute("SELECT count(*) FROM enhancements").fetchall()[0][0]
    is_new = version == 9999
    problems = [] if texts == RESULTS else [f"{texts} of {RESULTS} texts"]
    if {"terms" in tables, "texts" in tables, "measurements" not in tables, tables["catalogs"] == 5} != {is_new}:
        problems.append(f"between two schemas: version {version}, {tables}")
    return problems


def _flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def _log(config: Config) -> Path:
    return config.database_path.with_name(f"{config.database_path.name}.wal")


def main(tries: int = TRIES, seed: int = SEED) -> int:
    """The whole campaign; 0 when nothing was lost, doubled or left between two states."""
    began = time.monotonic()
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="courselift-storage-") as name:
        folder = Path(name)
        installation = make(folder / "installation")
        for damage in DAMAGES:
            seen, found = damaged(damage, installation, range(seed, seed + tries), folder)
            print(f"{damage}: {dict(seen)}; lost or doubled: {len(found)}", flush=True)
            faults += found
        seen, found = killed_at_steps(installation, folder)
        print(f"killed at named steps: {dict(seen)}; lost, doubled or half done: {len(found)}", flush=True)
        faults += found
        for work in ("migrate", "backup", "restore"):
            seen, found = killed(work, installation, range(1, 1000), folder)
            print(f"{work} killed at each step: {dict(seen)}; lost, doubled or half done: {len(found)}", flush=True)
            faults += found
    print(f"storage: {len(faults)} faults in {time.monotonic() - began:.0f} s")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
