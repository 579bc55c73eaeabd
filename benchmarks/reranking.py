"""Re-ranking all students: CourseLift's rank_all beside exact top-k products on the same vectors.

    python benchmarks/reranking.py [--quick] [--json] [--students 5000] [--courses 2000] [--rounds 15]

What is compared, side by side and in alternating order within each round:
- ours: hard rules, calibrated signals, shared-out weights, ties in a fixed order, and for each of the ten courses the
  contributions that sum to its score (default weights; and all six signals);
- numpy: one matrix product of student and course vectors, argpartition, sort: scores only;
- torch: the same with torch.topk;
- implicit, FAISS: their exact top-k on the same vectors, when they are installed (skipped with a sentence if not).
The others get one vector a student, 0.7 department + 0.3 mean of the interests, whose product with a course's vector is
the blend of the two similarities. They neither know hard rules nor explain anything.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from core.recommendation.blend import Weights
from core.recommendation.population import PopulationData, build_population
from core.recommendation.ranking import PreparedPopulation, prepare, rank_all
from core.records import Course, Student

DIMENSION, DEPARTMENTS, INTERESTS, TOP_K = 384, 40, 100, 10
ALL_SIGNALS = Weights(0.3, 0.3, 0.2, 0.1, 0.05, 0.05)


def unit_vectors(generator: np.random.Generator, count: int) -> np.ndarray:
    """Random unit vectors, float32 (count, DIMENSION)."""
    vectors = generator.normal(size=(count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def make_population(students: int, courses: int) -> PopulationData:
    """A synthetic population: three interests and eight taken courses a student, a third of the courses guarded."""
    generator = np.random.default_rng(0)
    catalog = [
        Course(
            f"c{i}",
            f"Course {i}",
            code=f"AB-{generator.integers(1, 6)}{i:05d}",
            department=f"d{generator.integers(DEPARTMENTS)}",
            level=str(generator.integers(1, 5)),
            prerequisites="AB 1001 and (AB 1002 or AB 1003)" if i % 3 == 0 else "",
        )
        for i in range(courses)
    ]
    people = [
        Student(
            f"s{i}",
            f"d{generator.integers(DEPARTMENTS)}",
            int(generator.integers(1, 5)),
            tuple(f"i{j}" for j in generator.choice(INTERESTS, 3, replace=False)),
            tuple(f"c{j}" for j in generator.integers(0, courses, 8)),
        )
        for i in range(students)
    ]
    named = {
        prefix: dict(zip([f"{prefix}{i}" for i in range(count)], unit_vectors(generator, count), strict=True))
        for prefix, count in (("c", courses), ("d", DEPARTMENTS), ("i", INTERESTS))
    }
    return build_population(catalog, people, named["c"], named["d"], named["i"])


def memory_mib() -> tuple[float, float]:
    """What this process holds now, and the most it ever held."""
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
    return resident, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def contestants(prepared: PreparedPopulation) -> tuple[dict[str, Callable[[], object]], list[str]]:
    """What to time, by name, and a sentence for each that cannot be."""
    population = prepared.population
    interests = population.interest_vectors[population.student_interests].mean(axis=1)
    departments = population.department_vectors[population.student_department]
    users, items = (0.7 * departments + 0.3 * interests).astype(np.float32), population.course_vectors
    runs: dict[str, Callable[[], object]] = {
        "ours": lambda: rank_all(prepared, Weights(), TOP_K),
        "ours, six signals": lambda: rank_all(prepared, ALL_SIGNALS, TOP_K),
        "numpy": lambda: numpy_top(users, items),
    }
    skipped = []
    for name, build in (("torch", torch_top), ("implicit", implicit_top), ("faiss", faiss_top)):
        try:
            runs[name] = build(users, items)
        except ImportError as error:
            skipped.append(f"{name} is not installed here and was left out ({error}).")
    return runs, skipped


def numpy_top(users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Plain NumPy: product, argpartition, sort of the best."""
    scores = users @ items.T
    best = np.argpartition(scores, -TOP_K, axis=1)[:, -TOP_K:]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
    return np.take_along_axis(best, order, axis=1)


def torch_top(users: np.ndarray, items: np.ndarray) -> Callable[[], object]:
    """torch.topk over the product."""
    import torch

    left, right = torch.from_numpy(users), torch.from_numpy(items).T
    return lambda: torch.topk(left @ right, TOP_K)


def implicit_top(users: np.ndarray, items: np.ndarray) -> Callable[[], object]:
    """implicit's exact top-k."""
    from implicit.cpu.topk import topk

    return lambda: topk(items, users, TOP_K, num_threads=os.cpu_count() or 1)


def faiss_top(users: np.ndarray, items: np.ndarray) -> Callable[[], object]:
    """FAISS's exact inner-product index."""
    import faiss

    index = faiss.IndexFlatIP(items.shape[1])
    index.add(items)
    return lambda: index.search(users, TOP_K)


def measure(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each run in each round; the order is turned around every round so that none is favoured."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for turn in range(rounds):
        for name in list(runs) if turn % 2 else reversed(list(runs)):
            start = time.perf_counter()
            runs[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=5000)
    parser.add_argument("--courses", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="three rounds only")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args()
    population = make_population(options.students, options.courses)
    inputs_mib, _ = memory_mib()
    start = time.perf_counter()
    prepared = prepare(population)
    prepare_seconds = time.perf_counter() - start
    for weights in (Weights(), ALL_SIGNALS):
        rank_all(prepared, weights, TOP_K)
    peak_mib = memory_mib()[1]
    runs, skipped = contestants(prepared)
    seconds = measure(runs, 3 if options.quick else options.rounds)
    ours = statistics.median(seconds["ours"])
    rows = [
        {
            "name": name,
            "median_seconds": statistics.median(times),
            "lowest_seconds": min(times),
            "highest_seconds": max(times),
            "times_ours": statistics.median(times) / ours,
        }
        for name, times in seconds.items()
    ]
    result = {
        "students": options.students,
        "courses": options.courses,
        "top_k": TOP_K,
        "prepare_seconds": prepare_seconds,
        "inputs_mib": inputs_mib,
        "peak_mib_above_inputs": peak_mib - inputs_mib,
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "rows": rows,
        "skipped": skipped,
    }
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(
        f"{options.students} students x {options.courses} courses, top {TOP_K}; made ready in {prepare_seconds:.2f} s; "
        f"at most {result['peak_mib_above_inputs']:.0f} MiB above the {inputs_mib:.0f} MiB of the inputs"
    )
    for row in rows:
        print(f"{row['name']:<20} {row['median_seconds']:.4f} s   {row['times_ours']:.2f} x ours")
    print(*skipped, sep="\n")


if __name__ == "__main__":
    main()
