"""What this machine is, found without importing a model library: pages may ask, too."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psutil

from core.records import Message

# Instruction sets that decide which precision is fast, by the names the kernel gives them (x86, then ARM).
_INTERESTING = (
    "avx2", "avx512f", "avx512_bf16", "avx512_fp16", "avx512_vnni", "avx_vnni", "amx_tile", "amx_bf16", "amx_int8",
    "asimd", "sve", "bf16", "fphp", "asimdhp", "i8mm",
)  # fmt: skip
_NATIVE_BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
_QUERY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Gpu:
    """One graphics card."""

    name: str
    memory_mib: int


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """The machine at this moment."""

    cpu: str
    physical_cores: int
    usable_cores: int  # that this process may use
    instruction_sets: tuple[str, ...]
    memory_mib: int
    available_memory_mib: int
    load_average: float  # runnable processes over the last minute
    system: str  # "Linux 6.8", "Darwin 24.1"
    gpus: tuple[Gpu, ...] = ()

    @property
    def has_native_bfloat16(self) -> bool:
        """Whether the CPU multiplies bfloat16 in hardware."""
        return not _NATIVE_BFLOAT16.isdisjoint(self.instruction_sets)


def machine_facts() -> MachineFacts:
    """The facts of this machine; memory and load are those of this moment."""
    memory = psutil.virtual_memory()
    return MachineFacts(
        cpu=_cpu_name(),
        physical_cores=psutil.cpu_count(logical=False) or usable_cores(),
        usable_cores=usable_cores(),
        instruction_sets=_instruction_sets(),
        memory_mib=memory.total // 2**20,
        available_memory_mib=memory.available // 2**20,
        load_average=psutil.getloadavg()[0],
        system=f"{platform.system()} {platform.release()}",
        gpus=_gpus(),
    )


def usable_cores() -> int:
    """Cores this process may compute on: those it is bound to, at most the physical ones, at most its quota.

    Two threads on one physical core share its multipliers and gain nothing in matrix products.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    physical = psutil.cpu_count(logical=False) or bound
    return max(1, min(bound, physical, _quota_cores() or bound))


def _quota_cores(path: Path = Path("/sys/fs/cgroup/cpu.max")) -> int | None:
    """The container's CPU quota in whole cores, rounded up (cgroup v2: "quota period" or "max period")."""
    try:
        quota, period = path.read_text(encoding="ascii").split()
        return None if quota == "max" else -(-int(quota) // int(period))
    except (OSError, ValueError):
        return None


@cache
def _cpu_info() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _cpu_name() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", _cpu_info(), re.MULTILINE)
    if found:
        return found.group(1).strip()
    return _ask("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor() or platform.machine()


def _instruction_sets() -> tuple[str, ...]:
    found = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", _cpu_info(), re.MULTILINE)
    flags = set(found.group(1).split()) if found else set()
    return tuple(name for name in _INTERESTING if name in flags)


@cache
def _gpus() -> tuple[Gpu, ...]:
    output = _ask("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
    rows = [line.rsplit(",", 1) for line in output.splitlines() if "," in line]
    return tuple(Gpu(name.strip(), int(memory)) for name, memory in rows if memory.strip().isdigit())


def _ask(program: str, *arguments: str) -> str:
    """What a system program prints; nothing when there is no such program or it fails."""
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=_QUERY_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def get_device() -> str:
    """Where models run: "cuda" with a graphics card and a torch built for it, "mps" on Apple silicon, else "cpu"."""
    if _gpus() and _torch_is_built_for_cuda():
        return "cuda"
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "mps"
    return "cpu"


def _torch_is_built_for_cuda() -> bool:
    """Read from torch/version.py, because importing torch is too much for a page."""
    found = find_spec("torch")
    if found is None or found.origin is None:
        return False
    try:
        text = (Path(found.origin).parent / "version.py").read_text(encoding="utf-8")
    except OSError:
        return False
    return re.search(r"^cuda\b[^=]*=\s*['\"]", text, re.MULTILINE) is not None


@dataclass(frozen=True, slots=True)
class DtypeChoice:
    """A precision and why it was chosen."""

    precision: str  # "float32", "bfloat16" or "float16"
    reason: Message


def get_optimal_dtype(device: str, facts: MachineFacts | None = None) -> DtypeChoice:
    """The first guess for `device`: the report's rule, and bfloat16 where the CPU has it. Calibration overrules it."""
    if device in ("cuda", "mps"):
        return DtypeChoice("float16", Message(f"models.dtype.{device}"))
    facts = facts or machine_facts()
    if facts.has_native_bfloat16:
        names = ", ".join(sorted(_NATIVE_BFLOAT16.intersection(facts.instruction_sets)))
        return DtypeChoice("bfloat16", Message("models.dtype.cpu_bfloat16", {"names": names}))
    return DtypeChoice("float32", Message("models.dtype.cpu_float32"))
