"""The long campaign of kills: `make faults`, or `python -m tests.faults.campaign [KILLS] [FIRST_SEED]`.

Prints a ledger. About 1.5 s a kill on two cores: a quarter of an hour for the 500 of the default.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults.checker import check
from tests.faults.killing import run_with_kills

KILLS = 500
KILLS_A_RUN = 10


def main(wanted: int = KILLS, seed: int = 1) -> int:
    """Kill until `wanted` kills have been dealt out; 0 when nothing was lost or doubled."""
    began = time.monotonic()
    totals: Counter[str] = Counter()
    noticed: list[float] = []
    faults: list[str] = []
    while totals["kills"] < wanted:
        with tempfile.TemporaryDirectory(prefix="courselift-faults-") as folder:
            run = run_with_kills(Path(folder), seed, KILLS_A_RUN)
            ledger = check(Path(folder))
        totals.update(runs=1, kills=run.kills, results=ledger.results, stored=ledger.stored, redone=ledger.redone)
        totals.update(set_aside=ledger.set_aside, torn_bytes=ledger.torn_bytes, not_succeeded=run.status != "succeeded")
        noticed += run.noticed
        faults += [f"seed {seed}: {fault}" for fault in ledger.faults]
        print(f"seed {seed}: {run.kills} kills, {run.status}, {ledger.stored} texts", flush=True)
        seed += 1
    print(f"\n{dict(totals)} in {time.monotonic() - began:.0f} s")
    print(f"lost or doubled: {len(faults)}; next worker at work after at most {max(noticed, default=0):.1f} s")
    print("\n".join(faults))
    return 1 if faults or totals["not_succeeded"] else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
