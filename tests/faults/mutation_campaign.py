"""Ten thousand real files, changed at random: `python -m tests.faults.mutation_campaign [FILES] [FIRST_SEED]`.

Each is read under the limits of the isolated reader, a few hundred a process, and is read exactly or refused with one
sentence: see `tests.faults.mutations`. `--read` is what those processes run.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.catalog.reading import DEFAULT_LIMITS
from core.catalog.tables import MIB
from core.config import PROJECT_FOLDER

FILES = 10_000
FILES_A_PROCESS = 250
SIDE_BY_SIDE = 2
MAX_SECONDS_A_FILE = 20.0
MAX_MIB = 300  # resident, of a process that has read hundreds of files


def read_files(first: int, count: int) -> tuple[Counter[str], list[str], float]:
    """Have a process of its own read the files of these seeds: outcomes, faults, and the most memory it took (MiB).

    A process that dies is a refusal in the app; here the file that killed it is a fault.
    """
    seen: Counter[str] = Counter()
    faults: list[str] = []
    most, seed, end = 0.0, first, first + count
    while seed < end:
        command = [sys.executable, "-m", "tests.faults.mutation_campaign", "--read", str(seed), str(end - seed)]
        child = subprocess.run(command, cwd=PROJECT_FOLDER, capture_output=True, text=True, check=False)
        for line in child.stdout.splitlines():
            number, outcome, seconds, mib, fault = line.split("\t", 4)
            seen[outcome] += 1
            most, seed = max(most, float(mib)), int(number) + 1
            faults += [f"seed {number}: {fault}"] if fault else []
            faults += [f"seed {number}: took {seconds} s"] if float(seconds) > MAX_SECONDS_A_FILE else []
        if child.returncode:
            seen["ended the process"] += 1
            faults.append(f"seed {seed}: ended the reading process: {child.stderr.strip()[-200:]!r}")
            seed += 1
    return seen, [*faults, *([f"{most:.0f} MiB at seed {first}"] if most > MAX_MIB else [])], most


def _peak_mib() -> float:
    """The most memory of this program; getrusage would say that of whoever started it, if that is more."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / MIB


def _read(first: int, count: int) -> None:
    """The process: one line a file."""
    from tests.faults.mutations import judge, mutated

    memory = DEFAULT_LIMITS.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for seed in range(first, first + count):
        file = mutated(seed)
        began = time.perf_counter()
        outcome, fault = judge(file)
        seconds = time.perf_counter() - began
        mib = _peak_mib()
        print(seed, outcome, f"{seconds:.2f}", f"{mib:.0f}", fault.replace("\t", " "), sep="\t", flush=True)


def main(files: int = FILES, seed: int = 1) -> int:
    """The whole campaign; 0 when every file was read exactly or refused."""
    began = time.monotonic()
    firsts = range(seed, seed + files, FILES_A_PROCESS)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        parts = list(pool.map(lambda first: read_files(first, min(FILES_A_PROCESS, seed + files - first)), firsts))
    seen = sum((part[0] for part in parts), Counter[str]())
    faults = [fault for part in parts for fault in part[1]]
    most = max(part[2] for part in parts)
    seconds = time.monotonic() - began
    print(f"mutated files: {dict(seen)}; at most {most:.0f} MiB; {len(faults)} faults in {seconds:.0f} s")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        _read(int(sys.argv[2]), int(sys.argv[3]))
    else:
        sys.exit(main(*map(int, sys.argv[1:])))
