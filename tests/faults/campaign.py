"""The long campaign of kills: `make faults`, or `python -m tests.faults.campaign [KILLS] [FIRST_SEED]`.

Runs of about ten kills, each with a job of the fake engine: worker, app or both, at random moments and at every named
step of the worker and the app, often again during recovery; then ten kills with the real model, workers that hang, and
cancels that race with the end. Prints a ledger, and writes one row an item to build/faults/kills.csv.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.failpoints import APP_STEPS, WORKER_STEPS
from tests.faults.checker import HEADER, Ledger, check
from tests.faults.killing import Run, run_with_kills
from tests.faults.ledger import spread, write_rows
from tests.faults.races import hung_workers, racing_cancels

KILLS = 500
KILLS_A_RUN = 10
POINTS_A_RUN = 5
REAL_KILLS = 10
RACES = 200
HUNG = 10
SIDE_BY_SIDE = 2
MAX_FAULTS = 20  # then there is something to mend first
MAX_NOTICED, MAX_RESUMED, MAX_CANCEL = 5.0, 10.0, 2.0  # seconds, promised
POINTS = [f"{when}-{name}" for name in (*WORKER_STEPS, *APP_STEPS) for when in ("before", "after")]


class Tally:
    """What all runs together came to."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.points: Counter[str] = Counter()
        self.noticed: list[float] = []
        self.resumed: list[float] = []
        self.faults: list[str] = []
        self.rows: list[tuple[object, ...]] = []

    def add(self, name: str, run: Run, ledger: Ledger, batch_size: int) -> None:
        """Count one run and what its checker found."""
        self.counts.update(runs=1, kills=run.kills, worker_kills=run.worker_kills, resumed_by_hand=run.resumes)
        self.counts.update(results=ledger.results, stored=ledger.stored, redone=ledger.redone)
        self.counts.update(written_twice=ledger.written_twice, set_aside=ledger.set_aside, failed=ledger.failed)
        self.points.update(run.points)
        self.noticed += run.noticed
        self.resumed += run.resumed
        self.rows += [(name, *row) for row in ledger.rows]
        found = list(ledger.faults)
        if run.status != "succeeded":
            found.append(f"ended as {run.status}")
        if ledger.redone > run.kills * batch_size:
            found.append(f"{ledger.redone} items redone, more than {run.kills} kills had in flight")
        found += [f"the watch stumbled: {trouble}" for trouble in run.troubles]
        self.faults += [f"{name}: {fault}" for fault in found]
        print(f"{name}: {run.kills} kills, {run.status}, {ledger.stored} texts, {len(found)} faults", flush=True)

    def check_times(self) -> None:
        """Hold the promised seconds against the measured ones."""
        for what, seconds, limit in (("noticed", self.noticed, MAX_NOTICED), ("resumed", self.resumed, MAX_RESUMED)):
            self.faults += [f"{what} after {value:.1f} s" for value in seconds if value > limit]


def kill(wanted: int, seed: int) -> Tally:
    """Runs with the fake engine until `wanted` kills have been dealt out."""
    tally, left = Tally(), deque(random.Random(seed).sample(POINTS, len(POINTS)))
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        while tally.counts["kills"] < wanted and len(tally.faults) < MAX_FAULTS:
            chosen = [sorted(_take(left, POINTS_A_RUN), key=_late) for _ in range(SIDE_BY_SIDE)]
            seeds = range(seed, seed + SIDE_BY_SIDE)
            for number, (run, ledger, batch) in zip(seeds, pool.map(_one_run, seeds, chosen), strict=True):
                tally.add(f"seed {number}", run, ledger, batch)
                left.extendleft(run.left)
            seed += SIDE_BY_SIDE
    return tally


def kill_real_model(wanted: int, seed: int) -> Tally:
    """The same with the embedded model, a few courses at a time."""
    from core.models import bundled
    from tests.conftest import TEST_HOME, Config

    bundled.install("smollm2-135m-instruct", Config(TEST_HOME))
    tally = Tally()
    while tally.counts["kills"] < wanted and len(tally.faults) < MAX_FAULTS:
        with tempfile.TemporaryDirectory(prefix="courselift-faults-") as folder:
            home = Path(folder)
            (home / "models").symlink_to(TEST_HOME / "models")
            run = run_with_kills(home, seed, wanted - tally.counts["kills"], count=60, behaviour="real", batch_size=4)
            tally.add(f"real model, seed {seed}", run, check(home), 4)
        seed += 1
    return tally


def _one_run(seed: int, points: list[str]) -> tuple[Run, Ledger, int]:
    batch_size = random.Random(seed).choice([1, 4, 8])
    with tempfile.TemporaryDirectory(prefix="courselift-faults-") as folder:
        run = run_with_kills(Path(folder), seed, KILLS_A_RUN, points=points, batch_size=batch_size)
        return run, check(Path(folder)), batch_size


def _take(left: deque[str], count: int) -> list[str]:
    """The next steps to die at; after the last one all come again."""
    if len(left) < count:
        left.extend(POINTS)
    return [left.popleft() for _ in range(count)]


def _late(point: str) -> bool:
    """The first moments of a job come first."""
    return "-job." not in point


def main(wanted: int = KILLS, seed: int = 1) -> int:
    """The whole campaign; 0 when nothing was lost, doubled, late or left running."""
    began = time.monotonic()
    tally = kill(wanted, seed)
    real = kill_real_model(min(REAL_KILLS, wanted), seed)
    for each in (tally, real):
        each.check_times()
    missed = [point for point in POINTS if wanted >= KILLS and not tally.points[point]]
    tally.faults += [f"never killed {point}" for point in missed]
    cancelled, race_faults = racing_cancels(min(RACES, wanted), seed)
    hung, hung_faults = hung_workers(min(HUNG, wanted))
    race_faults += [f"cancelled after {value:.1f} s" for value in cancelled if value > MAX_CANCEL]
    path = write_rows("kills", ("run", *HEADER), [*tally.rows, *real.rows])
    faults = [*tally.faults, *real.faults, *race_faults, *hung_faults]
    print(f"\nfake engine: {dict(tally.counts)}")
    print(f"real model: {dict(real.counts)}")
    print(f"killed at {len(tally.points)} of {len(POINTS)} named steps, {tally.points.total()} times")
    print(f"a dead worker was noticed: {spread(tally.noticed + real.noticed)}")
    print(f"the next one was at work: fake {spread(tally.resumed)}; real {spread(real.resumed)}")
    print(f"cancel took effect: {spread(cancelled)}")
    print(f"hung workers were killed this long after their deadline: {spread(hung)}")
    print(f"lost, doubled, late or stuck: {len(faults)}; every item is in {path}; {time.monotonic() - began:.0f} s")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
