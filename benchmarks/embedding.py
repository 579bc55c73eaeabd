"""Texts to vectors: CourseLift's encoder beside sentence-transformers, on the sample catalog.

    python -m benchmarks.embedding [--quick] [--texts 1000] [--rounds 5] [--json FILE]

Every contender loads the embedded model in a process of its own and encodes the same course texts (title, department,
description; a fixed shuffle). They take turns, one at a time, `--rounds` times. Printed: median texts/s, the ratio to
sentence-transformers in float32 (median over rounds of the ratio within the round, with the smallest and the largest),
seconds to load, peak memory, and the smallest cosine with sentence-transformers in float32.

- sentence-transformers float32, bfloat16: the library as it comes, batches of 64, sorted by length by itself
- openvino bfloat16, plain: the same graph as ours, one stream, batches of 64 sorted by length, lengths as they are
- ours float32, ours bfloat16: core.embedding.openvino_encoder

The models must be installed (`python -m core models install`).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from core.catalog.courses import build_courses
from core.catalog.mapping import propose_mapping
from core.catalog.reading import read_table
from core.config import DATA_FOLDER, load_config
from core.embedding.engine import unit_rows
from core.embedding.openvino_encoder import OpenVinoEncoder
from core.embedding.openvino_export import ENCODER_EXPORT, GRAPH_FILE
from core.embedding.sentence_transformers_engine import load_sentence_transformer
from core.embedding.texts import course_text
from core.measurement.hardware import machine_facts
from core.models.openvino_runtime import import_openvino
from core.models.references import DEFAULT_EMBEDDING, resolve

CATALOG = "en_rpi_catalog.csv"
REFERENCE, OURS = "sentence-transformers float32", "ours bfloat16"
Encode = Callable[[list[str]], np.ndarray]


def sample_texts(count: int) -> list[str]:
    """`count` course texts of the sample catalog in a fixed shuffle."""
    table = read_table((DATA_FOLDER / CATALOG).read_bytes(), CATALOG)
    courses = build_courses(table, propose_mapping(table)).courses
    texts = [course_text(course, course.description) for course in courses]
    random.Random(0).shuffle(texts)
    return texts[:count]


def sentence_transformers(folder: Path, precision: str) -> Encode:
    """The library itself, with the model's own prefix."""
    model = load_sentence_transformer(folder, precision, "cpu")
    return lambda texts: model.encode(
        texts, prompt_name="passage", batch_size=64, normalize_embeddings=True, show_progress_bar=False
    )


def plain_openvino(folder: Path) -> Encode:
    """The graph without any of our scheduling."""
    encoder = OpenVinoEncoder(folder)  # for its tokenizer only
    path = ENCODER_EXPORT.ensure(folder) / GRAPH_FILE
    model = import_openvino().Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "bf16"})

    def encode(texts: list[str]) -> np.ndarray:
        rows = encoder._tokenize(texts, "passage")
        order = sorted(range(len(rows)), key=lambda index: -len(rows[index]))
        vectors = np.empty((len(rows), encoder.dimension), np.float32)
        for start in range(0, len(order), 64):
            batch = order[start : start + 64]
            ids = np.full((len(batch), len(rows[batch[0]])), encoder._padding_id, np.int64)
            mask = np.zeros_like(ids)
            for place, index in enumerate(batch):
                ids[place, : len(rows[index])] = rows[index]
                mask[place, : len(rows[index])] = 1
            vectors[batch] = model([ids, mask])[0]
        return unit_rows(vectors)

    return encode


def contender(name: str, folder: Path) -> Encode:
    """Loads what is called `name`."""
    library, *_, precision = name.replace(", plain", "").split(" ")
    if library == "sentence-transformers":
        return sentence_transformers(folder, precision)
    if name.endswith("plain"):
        return plain_openvino(folder)
    return OpenVinoEncoder(folder, precision).encode_batch


def serve(name: str, folder: Path, texts: list[str], pipe: Connection) -> None:
    """Load, then encode all texts whenever asked; the end of the process is the end of the pipe."""
    began = time.perf_counter()
    encode = contender(name, folder)
    loaded = time.perf_counter() - began
    vectors = np.asarray(encode(texts[:64]), np.float32)  # kernels are made now
    pipe.send((loaded, vectors))
    while pipe.recv() == "encode":
        began = time.perf_counter()
        vectors = np.asarray(encode(texts), np.float32)
        seconds = time.perf_counter() - began
        pipe.send((seconds, vectors, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def measure(names: list[str], texts: list[str], rounds: int) -> dict[str, dict[str, Any]]:
    """Rounds in turn, one contender at work at a time; seconds of each round, load time, peak memory, vectors."""
    folder = resolve(DEFAULT_EMBEDDING, load_config())
    ENCODER_EXPORT.ensure(folder)
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        pipes[name], theirs = context.Pipe()
        context.Process(target=serve, args=(name, folder, texts, theirs), daemon=True).start()
        found[name] = {"load_seconds": pipes[name].recv()[0], "seconds": []}
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            pipes[name].send("encode")
            seconds, vectors, peak = pipes[name].recv()
            found[name]["seconds"].append(seconds)
            found[name] |= {"vectors": vectors, "peak_mib": peak}
    for pipe in pipes.values():
        pipe.send("stop")
    return found


def summarise(found: dict[str, dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """One row a contender, without the vectors."""
    reference = found[REFERENCE]
    rows = []
    for name, values in found.items():
        factors = [theirs / own for theirs, own in zip(reference["seconds"], values["seconds"], strict=True)]
        rows.append(
            {
                "name": name,
                "texts_per_second": count / statistics.median(values["seconds"]),
                "factor": statistics.median(factors),
                "factor_range": [min(factors), max(factors)],
                "load_seconds": values["load_seconds"],
                "peak_mib": values["peak_mib"],
                "cosine": float((values["vectors"] * reference["vectors"]).sum(axis=1).min()),
            }
        )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="128 texts, 3 rounds: under a minute")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    count, rounds = (128, 3) if options.quick else (options.texts, options.rounds)
    texts = sample_texts(count)
    halves = ["bfloat16"] if machine_facts().has_native_bfloat16 else []
    names = [REFERENCE, *(f"sentence-transformers {it}" for it in halves), "ours float32"]
    names += [entry for it in halves for entry in (f"openvino {it}, plain", f"ours {it}")]
    rows = summarise(measure(names, texts, rounds), len(texts))
    facts = machine_facts()
    print(f"{facts.cpu}, {facts.usable_cores} cores; {len(texts)} texts, {rounds} rounds in turn")
    print(f"{'':<32}{'texts/s':>8}{'factor':>8}{'(range)':>14}{'load s':>8}{'peak MiB':>10}{'cosine':>9}")
    for row in rows:
        low, high = row["factor_range"]
        print(
            f"{row['name']:<32}{row['texts_per_second']:>8.0f}{row['factor']:>8.2f}{f'({low:.2f}-{high:.2f})':>14}"
            f"{row['load_seconds']:>8.1f}{row['peak_mib']:>10.0f}{row['cosine']:>9.5f}"
        )
    if options.json:
        result = {"cpu": facts.cpu, "cores": facts.usable_cores, "texts": len(texts), "rounds": rounds, "rows": rows}
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
