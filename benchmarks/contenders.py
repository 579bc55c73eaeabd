"""One contender in a process of its own: `python benchmarks/contenders.py NAME REQUEST RESULT`, two JSON files.

Every contender gets the same prompts, as token ids (ours gets courses and makes its prompts itself), writes greedily,
and stops at the model's end sign or after `max_new_tokens`. Nothing is warmed up: the first kernels are a part of the
time, as they are in a job. `load_seconds` is what comes before the first prompt, imports included.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Ids = Sequence[int]
Outcome = dict[str, Any]
# Takes the prompts; gives the number of new tokens of each text, and the texts.
Write = Callable[[list[list[int]]], tuple[list[int], list[str]]]


def openvino(request: dict[str, Any]) -> Write:
    """OpenVINO GenAI's own scheduler, given all prompts at once: prefix caching, as many side by side as for ours."""
    from core.models.openvino_runtime import import_openvino, import_openvino_genai

    ov, genai = import_openvino(), import_openvino_genai()
    import numpy as np

    scheduler = genai.SchedulerConfig()
    scheduler.max_num_seqs, scheduler.max_num_batched_tokens = request["batch"], 2048
    scheduler.enable_prefix_caching, scheduler.cache_size = True, 4
    hint = "bf16" if request["precision"] == "bfloat16" else "f32"
    properties = {
        "INFERENCE_PRECISION_HINT": hint,
        "KV_CACHE_PRECISION": hint,
        "INFERENCE_NUM_THREADS": request["threads"],
    }
    pipeline = genai.ContinuousBatchingPipeline(request["openvino"], scheduler, "CPU", properties)
    decode = _decoder(request["openvino"])

    def write(prompts: list[list[int]]) -> tuple[list[int], list[str]]:
        config = genai.GenerationConfig()
        config.max_new_tokens, config.do_sample = request["max_new_tokens"], False
        config.stop_token_ids = set(request["end_ids"])
        tensors = [ov.Tensor(np.array([ids], dtype=np.int64)) for ids in prompts]
        handles = [pipeline.add_request(number, tensor, config) for number, tensor in enumerate(tensors)]
        while pipeline.has_non_finished_requests():
            pipeline.step()
        rows = [[token for output in handle.read_all() for token in output.generated_ids] for handle in handles]
        return [len(row) for row in rows], [decode(row) for row in rows]

    return write


def transformers(precision: str, batch: int) -> Callable[[dict[str, Any]], Write]:
    """`generate`, `batch` prompts at a time, padded on the left, sorted by length."""

    def load(request: dict[str, Any]) -> Write:
        import torch
        from transformers import AutoModelForCausalLM

        torch.set_num_threads(request["threads"])
        model = AutoModelForCausalLM.from_pretrained(request["model"], dtype=getattr(torch, precision)).eval()
        decode, end = _decoder(request["model"]), set(request["end_ids"])
        pad = request["end_ids"][0]

        def one_batch(prompts: list[list[int]]) -> list[list[int]]:
            width = max(map(len, prompts))
            ids = torch.tensor([[pad] * (width - len(row)) + row for row in prompts])
            mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompts])
            with torch.inference_mode():
                made = model.generate(
                    input_ids=ids,
                    attention_mask=mask,
                    do_sample=False,
                    max_new_tokens=request["max_new_tokens"],
                    eos_token_id=request["end_ids"],
                    pad_token_id=pad,
                )
            return [_until_end(row, end) for row in made[:, width:].tolist()]

        def write(prompts: list[list[int]]) -> tuple[list[int], list[str]]:
            order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
            rows: dict[int, list[int]] = {}
            for start in range(0, len(order), batch):
                chosen = order[start : start + batch]
                rows |= dict(zip(chosen, one_batch([prompts[index] for index in chosen]), strict=True))
            made = [rows[index] for index in range(len(prompts))]
            return [len(row) for row in made], [decode(row) for row in made]

        return write

    return load


def llama_cpp(request: dict[str, Any]) -> Write:
    """llama.cpp's server in this process (xllamacpp), the GGUF file that the model came from, parallel slots."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.port, params.verbosity = request["gguf"], 0, -1
    params.n_parallel = min(request["batch"], 32)  # 64 slots were not faster
    params.n_ctx = params.n_parallel * 1024
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = request["threads"]
    server = xllamacpp.Server(params)

    def one(ids: Ids) -> dict[str, Any]:
        return server.handle_completions(
            {"prompt": list(ids), "n_predict": request["max_new_tokens"], "temperature": 0, "cache_prompt": True}
        )

    def write(prompts: list[list[int]]) -> tuple[list[int], list[str]]:
        with ThreadPoolExecutor(params.n_parallel) as pool:
            answers = list(pool.map(one, prompts))
        return [it["usage"]["completion_tokens"] for it in answers], [it["choices"][0]["text"] for it in answers]

    return write


def ctranslate2(request: dict[str, Any]) -> Write:
    """CTranslate2, the model as its converter makes it; the precision that it finds best for this processor."""
    import ctranslate2
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast.from_pretrained(request["model"])
    generator = ctranslate2.Generator(
        request["ctranslate2"], device="cpu", compute_type="auto", intra_threads=request["threads"]
    )

    def write(prompts: list[list[int]]) -> tuple[list[int], list[str]]:
        made = generator.generate_batch(
            [tokenizer.convert_ids_to_tokens(ids) for ids in prompts],
            max_batch_size=request["batch"],
            max_length=request["max_new_tokens"],
            sampling_topk=1,
            include_prompt_in_result=False,
            end_token=request["end_ids"],
        )
        rows = [each.sequences_ids[0] for each in made]
        return [len(row) for row in rows], [tokenizer.decode(row, skip_special_tokens=True) for row in rows]

    return write


def onnx_runtime(request: dict[str, Any]) -> Write:
    """ONNX Runtime GenAI, the int4 model that its builder makes, batches of 8, which were its fastest."""
    import numpy as np
    import onnxruntime_genai as genai

    model = genai.Model(request["onnx"])
    decode, end, size = _decoder(request["model"]), set(request["end_ids"]), 8

    def write(prompts: list[list[int]]) -> tuple[list[int], list[str]]:
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        rows: dict[int, list[int]] = {}
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            width = max(len(prompts[index]) for index in chosen)
            params = genai.GeneratorParams(model)
            params.set_search_options(
                batch_size=len(chosen), max_length=width + request["max_new_tokens"], do_sample=False
            )
            generator = genai.Generator(model, params)
            pad = request["end_ids"][0]
            padded = [[pad] * (width - len(prompts[index])) + prompts[index] for index in chosen]
            generator.append_tokens(np.array(padded, dtype=np.int32))
            while not generator.is_done():
                generator.generate_next_token()
            for row, index in enumerate(chosen):
                rows[index] = _until_end(list(generator.get_sequence(row)[width:]), end)
        made = [rows[index] for index in range(len(prompts))]
        return [len(row) for row in made], [decode(row) for row in made]

    return write


def vllm(request: dict[str, Any]) -> Write:
    """vLLM's CPU backend in this process, bfloat16, eager, prefix caching; run by the Python that has it."""
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    os.environ["VLLM_CPU_OMP_THREADS_BIND"] = f"0-{request['threads'] - 1}"  # else one core is kept for a server
    from vllm import LLM, SamplingParams

    model = LLM(
        request["model"],
        dtype=request["precision"],
        enforce_eager=True,
        max_num_seqs=request["batch"],
        max_model_len=1024,
        enable_prefix_caching=True,
        gpu_memory_utilization=0.5,  # means the share of the machine's memory here
    )
    how = SamplingParams(temperature=0, max_tokens=request["max_new_tokens"], stop_token_ids=request["end_ids"])

    def write(prompts: list[list[int]]) -> tuple[list[int], list[str]]:
        made = model.generate([{"prompt_token_ids": ids} for ids in prompts], how, use_tqdm=False)
        return [len(each.outputs[0].token_ids) for each in made], [each.outputs[0].text for each in made]

    return write


def peak(request: dict[str, Any]) -> Outcome:
    """This machine's best matrix product, in 1e9 operations a second."""
    from core.measurement.peaks import measure_peaks

    return {"gflops": measure_peaks("cpu", request["threads"]).gflops}


WRITERS: dict[str, Callable[[dict[str, Any]], Write]] = {
    "openvino-genai": openvino,
    "transformers-float32-one": transformers("float32", 1),
    "transformers-float16-one": transformers("float16", 1),
    "transformers-bfloat16-batch": transformers("bfloat16", 16),
    "llama.cpp": llama_cpp,
    "ctranslate2": ctranslate2,
    "onnxruntime-genai": onnx_runtime,
    "vllm": vllm,
}


def run(name: str, request: dict[str, Any]) -> Outcome:
    """What became of one contender in one round."""
    if name == "peak":
        return peak(request)
    if name.startswith("ours"):
        from benchmarks.our_job import ours

        return ours({**request, "sampled": name.endswith("sampled")})
    began = time.perf_counter()
    write = WRITERS[name](request)
    loaded, cpu = time.perf_counter(), time.process_time()
    lengths, texts = write(request["prompts"])
    return {
        "load_seconds": loaded - began,
        "seconds": time.perf_counter() - loaded,
        "total_seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu,
        "new_tokens": sum(lengths),
        "prompt_tokens": sum(map(len, request["prompts"])),
        "texts": len(lengths),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "example": texts[0],
    }


def _decoder(folder: str) -> Callable[[Ids], str]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    return lambda ids: tokenizer.decode([int(each) for each in ids], skip_special_tokens=True).strip()


def _until_end(row: list[int], end: set[int]) -> list[int]:
    return next((row[: at + 1] for at, token in enumerate(row) if token in end), row)


if __name__ == "__main__":
    outcome = run(sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
    Path(sys.argv[3]).write_text(json.dumps(outcome), encoding="utf-8")
    os._exit(0)  # some libraries hang or crash while they tear down their threads
