"""Course descriptions: a CourseLift job from click to database beside the engines that could write them.

    python -m benchmarks.generation [--quick] [--only NAMES] [--json FILE] [--texts 256] [--rounds 3]

The prompts of the sample catalog's courses that need a description, the same for everybody, greedily, in rounds in
turn, each contender in a fresh process.
Those that write one by one, or nearly so, get fewer of the prompts: their speed does not depend on how many there are.
Printed: medians over the rounds and ratios within the rounds; `useful share` is the arithmetic that the texts need
(2 operations a weight and token, attention; what all prompts begin with counted once; prompts do not pass the
vocabulary but for their last token) over the machine's best bfloat16 matrix product, measured in every round.
What is not installed is left out with a sentence: see benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.arithmetic import Shape, needed_operations
from benchmarks.model_forms import bundled_gguf, ctranslate2_model, onnx_model
from core.catalog.courses import build_courses
from core.catalog.mapping import propose_mapping
from core.catalog.reading import read_table
from core.config import DATA_FOLDER, PROJECT_FOLDER, Config, load_config, quiet_environment
from core.enhancement.builtin_prompts import BUILT_IN
from core.enhancement.prompts import build_messages
from core.enhancement.triage import triage
from core.generation.chats import chat_token_ids
from core.generation.openvino_export import DECODER_EXPORT, GENERATION_FILE
from core.measurement.hardware import get_optimal_dtype, machine_facts, usable_cores
from core.models.references import DEFAULT_GENERATION, resolve
from core.records import Course, DescriptionStatus

CATALOG, CATALOG_FILE = "rpi", "en_rpi_catalog.csv"
OURS = "ours"
# Contender -> the share of the prompts it gets.
CONTENDERS = {
    OURS: 1.0,
    "ours-sampled": 1.0,  # as the dashboard does by default: sampling, and second attempts at weak drafts
    "openvino-genai": 1.0,
    "transformers-bfloat16-batch": 0.2,
    "transformers-float32-one": 0.03,
    "transformers-float16-one": 0.03,
    "llama.cpp": 0.2,
    "ctranslate2": 0.1,
    "onnxruntime-genai": 0.15,
    "vllm": 0.25,
}
NEEDS = {"llama.cpp": "xllamacpp", "ctranslate2": "ctranslate2", "onnxruntime-genai": "onnxruntime_genai"}
QUICK = ("ours", "openvino-genai", "transformers-float32-one", "transformers-float16-one")
AIMS = {
    "openvino-genai": 0.97,
    "transformers-float32-one": 50.0,
    "transformers-float16-one": 27.0,
    "llama.cpp": 7.0,
    "vllm": 2.3,
}
AIM_SHARE = 0.8


def sample_courses(count: int) -> list[Course]:
    """`count` courses spread over those of the sample catalog whose description is missing or insufficient."""
    table = read_table((DATA_FOLDER / CATALOG_FILE).read_bytes(), CATALOG_FILE)
    every = build_courses(table, propose_mapping(table)).courses
    courses = [course for course in every if triage(course).status is not DescriptionStatus.SUFFICIENT]
    return courses[:: max(1, len(courses) // count)][:count]


def make_request(config: Config, options: argparse.Namespace, names: list[str]) -> dict[str, Any]:
    """What every contender is asked, and where it finds the model in its own format."""
    from transformers import PreTrainedTokenizerFast

    model = resolve(DEFAULT_GENERATION, config)
    exported = DECODER_EXPORT.ensure(model)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(str(exported))
    facts = json.loads((exported / GENERATION_FILE).read_text(encoding="utf-8"))
    courses = sample_courses(options.texts)
    made = config.models_folder / "benchmarks"
    return {
        "courses": [course.course_key for course in courses],
        "prompts": [chat_token_ids(tokenizer, build_messages(course, BUILT_IN["en"])) for course in courses],
        "catalog": CATALOG,
        "models": str(config.models_folder),
        "model": str(model),
        "openvino": str(exported),
        "gguf": str(bundled_gguf(made)) if "llama.cpp" in names else "",
        "ctranslate2": str(ctranslate2_model(model, made)) if "ctranslate2" in names else "",
        "onnx": str(onnx_model(model, made)) if "onnxruntime-genai" in names else "",
        "end_ids": facts["end_ids"],
        "max_new_tokens": options.tokens,
        "batch": options.batch,
        "threads": usable_cores(),
        "precision": get_optimal_dtype("cpu").precision,
    }


def run_contender(name: str, request: dict[str, Any], python: str) -> dict[str, Any]:
    """One contender in a fresh process. Raises RuntimeError with its last words when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        asked, answer = Path(folder) / "request.json", Path(folder) / "result.json"
        asked.write_text(json.dumps(request), encoding="utf-8")
        done = subprocess.run(
            [python, str(Path(__file__).with_name("contenders.py")), name, str(asked), str(answer)],
            env={**quiet_environment(), "PYTHONPATH": str(PROJECT_FOLDER)},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if not answer.exists():
            raise RuntimeError(f"{name} failed: {(done.stderr.strip().splitlines() or [done.returncode])[-1]}")
        return dict(json.loads(answer.read_text(encoding="utf-8")))


def measure(names: list[str], options: argparse.Namespace, request: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """One result a round and contender, the rounds in turn and each beginning with another contender.

    Yields all results so far after each round.
    """
    shape = Shape.of(Path(request["model"]) / "config.json")
    results: list[dict[str, Any]] = []
    for number in range(options.rounds):
        turn = number % len(names)
        gflops = run_contender("peak", request, sys.executable)["gflops"]
        for name in [*names[turn:], *names[:turn]]:
            print(f"round {number + 1} of {options.rounds}: {name} ...", file=sys.stderr)
            count = max(2, round(CONTENDERS[name] * len(request["prompts"])))
            step = len(request["prompts"]) // count
            chosen = {key: request[key][::step][:count] for key in ("prompts", "courses")}
            python = options.vllm_python if name == "vllm" else sys.executable
            try:
                result = run_contender(name, {**request, **chosen}, python)
            except RuntimeError as error:
                print(error, file=sys.stderr)
                continue
            needed = needed_operations(shape, chosen["prompts"], result["new_tokens"])
            share = needed / result["seconds"] / (gflops[request["precision"]] * 1e9)
            results.append({"name": name, "round": number, "gflops": gflops, "useful_share": share, **result})
        yield results


def summarise(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a contender: medians, and ours over theirs within the rounds, in new tokens and in texts a second."""

    def speed(result: dict[str, Any]) -> float:
        return float(result["new_tokens"] / result["seconds"])

    def pace(result: dict[str, Any]) -> float:
        return float(result["texts"] / result["seconds"])

    own = {result["round"]: result for result in results if result["name"] == OURS}
    rows = []
    for name in CONTENDERS:
        mine = [result for result in results if result["name"] == name]
        if not mine:
            continue
        ratios = [speed(own[it["round"]]) / speed(it) for it in mine if it["round"] in own]
        paces = [pace(own[it["round"]]) / pace(it) for it in mine if it["round"] in own]
        rows.append(
            {
                "name": name,
                "texts": mine[0]["texts"],
                "new_tokens_per_second": statistics.median(map(speed, mine)),
                "texts_per_minute": statistics.median(60 * pace(it) for it in mine),
                "tokens_per_cpu_second": statistics.median(it["new_tokens"] / it["cpu_seconds"] for it in mine),
                "ours_over_theirs": statistics.median(ratios) if ratios else None,
                "range": [min(ratios), max(ratios)] if ratios else None,
                "ours_over_theirs_in_texts": statistics.median(paces) if paces else None,
                "useful_share": statistics.median(it["useful_share"] for it in mine),
                "load_seconds": statistics.median(it["load_seconds"] for it in mine),
                "peak_mib": statistics.median(it["peak_mib"] for it in mine),
                "aim": AIMS.get(name),
            }
        )
    return rows


def print_table(rows: list[dict[str, Any]]) -> None:
    """The rows for people. `tokens/cpu s` says the same as tokens/s where other work takes the cores away."""
    print(
        f"{'':<28}{'texts':>6}{'tokens/s':>10}{'tokens/cpu s':>14}{'texts/min':>11}{'ours is':>9}{'(range)':>16}"
        f"{'aim':>6}{'in texts':>10}{'useful share':>14}{'load s':>8}{'MiB':>7}"
    )
    for row in rows:
        ratio = "" if row["ours_over_theirs"] is None else f"{row['ours_over_theirs']:.2f} x"
        texts = "" if row["ours_over_theirs"] is None else f"{row['ours_over_theirs_in_texts']:.1f} x"
        between = "" if row["range"] is None else f"({row['range'][0]:.2f}-{row['range'][1]:.2f})"
        print(
            f"{row['name']:<28}{row['texts']:>6}{row['new_tokens_per_second']:>10.0f}"
            f"{row['tokens_per_cpu_second']:>14.0f}{row['texts_per_minute']:>11.1f}{ratio:>9}{between:>16}"
            f"{row['aim'] or '':>6}{texts:>10}{row['useful_share']:>14.0%}{row['load_seconds']:>8.1f}"
            f"{row['peak_mib']:>7.0f}"
        )


def print_forecasts(results: list[dict[str, Any]]) -> None:
    """What each job foretold when 30 of its texts were there, and what came of it."""
    made = [each for result in results for each in result.get("forecasts", ())]
    for each in made:
        low, high, came = each["low"], each["high"], each["actual_seconds"]
        verdict = "in" if low <= came <= high else "outside"
        print(
            f"forecast after {each['after']} of {each['after'] + each['remaining']} texts: {each['seconds']:.1f} s "
            f"({low:.1f} to {high:.1f}); it took {came:.1f} s: {each['seconds'] / came - 1:+.0%}, {verdict} the range"
        )


def available(options: argparse.Namespace) -> list[str]:
    """The contenders to run; says which are left out and why."""
    wanted = options.only.split(",") if options.only else list(QUICK if options.quick else CONTENDERS)
    if unknown := set(wanted) - set(CONTENDERS):
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(CONTENDERS)}")
    names = []
    for name in wanted:
        if name in NEEDS and find_spec(NEEDS[name]) is None:
            print(f"{name} is left out: {NEEDS[name]} is not installed (benchmarks/requirements.txt).", file=sys.stderr)
        elif name == "vllm" and not options.vllm_python:
            print("vllm is left out: name the Python of its environment with --vllm-python.", file=sys.stderr)
        else:
            names.append(name)
    return names


def versions() -> dict[str, str]:
    """The libraries that were compared."""
    found = {}
    for name in ("openvino-genai", "torch", "transformers", "xllamacpp", "ctranslate2", "onnxruntime-genai"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"48 texts of 48 tokens, one round, {', '.join(QUICK)}")
    parser.add_argument("--only", default="", metavar="NAMES", help=f"with commas: {','.join(CONTENDERS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="rows, every single result and the machine")
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--tokens", type=int, default=150, help="the most a text may have")
    parser.add_argument("--batch", type=int, default=64, help="texts side by side")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--vllm-python", default="", metavar="PYTHON", help="the Python of an environment with vLLM")
    options = parser.parse_args()
    if options.quick:
        options.texts, options.tokens, options.rounds = 48, 48, 1
    names = available(options)
    facts, load = machine_facts(), os.getloadavg()[0]
    print(f"{facts.cpu}, {facts.usable_cores} cores, {facts.memory_mib} MiB; load {load:.1f} before the start")
    results: list[dict[str, Any]] = []
    for results in measure(names, options, make_request(load_config(), options, names)):
        if options.json:  # after each round: a long run that is broken off has something to show
            about = {"machine": asdict(facts), "load_before": load, "load_after": os.getloadavg()[0]}
            about["libraries"] = versions()
            asked = {name: getattr(options, name) for name in ("texts", "tokens", "batch", "rounds")}
            content = {**about, **asked, "rows": summarise(results), "results": results}
            options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print_table(summarise(results))
    print_forecasts(results)


if __name__ == "__main__":
    main()
