"""How fast this machine multiplies matrices, and how fast it moves memory: the two walls every model runs against.

Imports torch: for a process of its own, never the app's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    import torch

PRECISIONS = ("float32", "bfloat16", "float16")
_SIZES = (256, 512, 1024, 2048, 4096, 8192)
# A size is tried when one product of it should take less than this, judged by the size before. Emulated precisions
# can be a thousand times slower than native ones, and slow down further as they outgrow the caches.
_MAX_SECONDS = 0.5
_REPEATS = 5
_COPY_MIB = 256  # far beyond any cache
_COPY_SHARE = 0.05  # of the free memory at most


@dataclass(frozen=True, slots=True)
class Peaks:
    """The best that was reached."""

    gflops: dict[str, float]  # precision -> 1e9 floating-point operations a second in a matrix product
    copy_gib_per_second: float  # read and written bytes together
    device: str
    threads: int


def measure_peaks(device: str, threads: int, advance: Callable[[], None] = lambda: None) -> Peaks:
    """Measure on `device` with `threads` threads; calls `advance` after each precision. Takes about 10 s on a CPU."""
    import torch

    torch.set_num_threads(threads)
    gflops = {}
    with torch.inference_mode():
        for precision in PRECISIONS:
            gflops[precision] = _product_peak(getattr(torch, precision), device)
            advance()
        return Peaks(gflops, _copy_peak(device), device, threads)


def _product_peak(dtype: torch.dtype, device: str) -> float:
    """The best over growing square sizes, in GFLOP/s (2 n**3 operations a product).

    The product is that of a model's linear layer, x W^T: libraries have other, slower ways for other layouts.
    """
    import torch

    best, expected = 0.0, 0.0
    for size in _SIZES:
        if expected > _MAX_SECONDS:
            break
        x, weight = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
        seconds = _fastest(torch.nn.functional.linear, x, weight, device=device)
        best = max(best, 2 * size**3 / seconds / 1e9)
        expected = seconds * 8
    return best


def _copy_peak(device: str) -> float:
    """GiB/s of a copy between two arrays; as in STREAM, bytes read and bytes written both count."""
    import torch

    free_mib = psutil.virtual_memory().available / 2**20 * _COPY_SHARE
    count = int(min(_COPY_MIB, free_mib) * 2**20 / 4)
    source = torch.ones(count, device=device)
    target = torch.zeros_like(source)
    return 2 * source.nbytes / _fastest(target.copy_, source, device=device) / 2**30


def _fastest(work: Callable[..., Any], *arguments: Any, device: str) -> float:
    """Seconds of the fastest of some repeats; what takes long is repeated once only."""
    import torch

    synchronise = {"cuda": torch.cuda.synchronize, "mps": torch.mps.synchronize}.get(device, lambda: None)
    seconds: list[float] = []
    for repeat in range(1 + _REPEATS):  # the first one warms up
        synchronise()
        started = time.perf_counter()
        work(*arguments)
        synchronise()
        seconds.append(time.perf_counter() - started)
        if repeat and seconds[-1] > _MAX_SECONDS:
            break
    return min(seconds)
