"""All long campaigns, one after the other: `make faults`, or `python -m tests.faults`."""

from __future__ import annotations

import logging
import sys
import time

from tests.faults import campaign, load_campaign, mutation_campaign, storage_campaign

LOAD_MINUTES, LOAD_SESSIONS = 10.0, 20


def main() -> int:
    """Run them and say how long it took; 0 when none found a fault."""
    logging.disable(logging.ERROR)  # faults are reported on purpose all the time; the figures say which were too many
    print("Kills, damaged databases, mutated files, load: about half an hour on two idle cores.", flush=True)
    began = time.monotonic()
    failed = []
    for name, run in (
        ("kills", campaign.main),
        ("storage", storage_campaign.main),
        ("uploads", mutation_campaign.main),
        ("load", lambda: load_campaign.main(LOAD_MINUTES, LOAD_SESSIONS)),
    ):
        print(f"\n== {name} ==", flush=True)
        failed += [name] if run() else []
    minutes = (time.monotonic() - began) / 60
    print(f"\nAll campaigns in {minutes:.0f} minutes; with faults: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
