"""Exports a model once for OpenVINO, into the model cache, in a process of its own.

transformers' own exporter traces the decoder with its key-value cache as a stateful graph whose batch and lengths are
free. The trace is in float32: one export serves every precision, which is chosen when the graph is loaded. A process
of its own keeps torch's tracing machinery, and its memory, out of the worker.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.config import PROJECT_FOLDER, load_config, quiet_environment
from core.errors import ModelError
from core.models.atomic_folder import exclusive, put_in_place, working_folder
from core.models.manifest import MANIFEST_NAME, is_complete, write_manifest
from core.progress import SILENT, Progress
from core.records import Message

if TYPE_CHECKING:
    from core.generation.transformers_loading import LoadedModel

_log = logging.getLogger(__name__)
GENERATION_FILE = "courselift-generation.json"  # end signs and context length, beside the graph
_FORMAT = 1  # raise it when the export is made in another way
_EXPORT_SECONDS = 3600


def ensure_exported(model: Path, progress: Progress = SILENT) -> Path:
    """The folder with the OpenVINO graph and the tokenizer of a model folder or .gguf file, made when it is missing.

    It takes about a minute for a model of 135 million weights, once. Raises ModelError when the model cannot be read
    or is of a kind that cannot be exported.
    """
    origin = _origin(model)
    target = _target(model, origin)
    if is_complete(target, origin):
        return target
    with exclusive(target):
        if not is_complete(target, origin):
            progress.start("models.step.export", 1)
            with working_folder(target) as work:
                built = work / "model"
                _export_or_remember(model, built, _refusal_file(target))
                write_manifest(built, origin)
                put_in_place(built, target)
            progress.finish()
    return target


def export_refusal(model: Path) -> Message | None:
    """Why this very model could not be exported with these libraries when it was last tried; None when it could."""
    try:
        refusal = _read_refusal(_refusal_file(_target(model, _origin(model))).read_text(encoding="utf-8"))
    except (OSError, PackageNotFoundError):
        return None
    return None if refusal is None else refusal.message


def _export_or_remember(model: Path, built: Path, refusal_file: Path) -> None:
    """Export; a refusal stays in a file, so that nobody else waits for one. The next success takes it away."""
    try:
        _export_in_child(model, built)
    except ModelError as error:
        refusal_file.write_text(_refusal_text(error), encoding="utf-8")
        raise
    refusal_file.unlink(missing_ok=True)


def _target(model: Path, origin: dict[str, Any]) -> Path:
    key = sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:12]
    return load_config().models_folder / "openvino" / f"{model.stem if model.is_file() else model.name}-{key}"


def _refusal_file(target: Path) -> Path:
    return target.with_name(f"{target.name}.refused.json")


def _origin(model: Path) -> dict[str, Any]:
    """What the export depends on: the model's files and the libraries that trace it."""
    if (model / MANIFEST_NAME).is_file():
        files: Any = sha256((model / MANIFEST_NAME).read_bytes()).hexdigest()
    else:
        paths = [model] if model.is_file() else sorted(model.glob("*.*"))
        files = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    libraries = {name: version(name) for name in ("torch", "transformers", "openvino")}
    # Through JSON, because it is compared with what was read back from a file.
    content: dict[str, Any] = json.loads(json.dumps({"files": files, "libraries": libraries, "format": _FORMAT}))
    return content


def _export_in_child(model: Path, target: Path) -> None:
    command = [sys.executable, "-m", "core.generation.openvino_export", str(model), str(target)]
    try:
        done = subprocess.run(
            command,
            cwd=PROJECT_FOLDER,
            env=quiet_environment(),
            capture_output=True,
            text=True,
            timeout=_EXPORT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError("models.export_failed", model=model.name, reason=str(error)) from error
    if done.returncode == 0:
        return
    _log.error("export of %s failed: %s", model.name, done.stderr)
    refusal = _read_refusal(done.stdout)
    if refusal is not None:
        raise refusal
    lines = done.stderr.strip().splitlines()
    raise ModelError("models.export_failed", model=model.name, reason=lines[-1] if lines else str(done.returncode))


def _refusal_text(error: ModelError) -> str:
    params = {name: str(value) for name, value in error.message.params.items()}
    return json.dumps({"key": error.message.key, "params": params})


def _read_refusal(output: str) -> ModelError | None:
    """The ModelError that the child said it ended with."""
    try:
        refusal = json.loads(output)
        return ModelError(refusal["key"], **refusal["params"])
    except (ValueError, KeyError, TypeError):
        return None


def export_model(model: Path, target: Path) -> None:
    """Trace `model` and write the graph, the tokenizer and the generation settings to `target`."""
    from core.generation.openvino_runtime import import_openvino

    import_openvino()
    from transformers.exporters.exporter_openvino import OpenVINOConfig, OpenVINOExporter

    from core.generation.transformers_loading import load_model

    loaded = load_model(model, "float32", "cpu")
    inputs, shapes = _sample_inputs(loaded.model)
    config = OpenVINOConfig(
        dynamic=True, dynamic_shapes=shapes, prefer_deferred_runtime_asserts_over_guards=True, stateful=True
    )
    exported = OpenVINOExporter().export(loaded.model, inputs, config=config)
    target.mkdir(parents=True)
    exported.save_pretrained(target)
    loaded.tokenizer.save_pretrained(str(target))
    generation = {"end_ids": sorted(loaded.end_ids), "context_length": _safe_context(loaded)}
    (target / GENERATION_FILE).write_text(json.dumps(generation), encoding="utf-8")


def _safe_context(loaded: LoadedModel) -> int:
    """The context length; with sliding windows only as far as a window, because paged attention may not know of it."""
    config = loaded.model.config.get_text_config()
    slides = "sliding_attention" in (getattr(config, "layer_types", None) or ())
    return min(loaded.context_length, config.sliding_window) if slides else loaded.context_length


def _sample_inputs(model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two texts of three tokens after four cached ones, and which sizes are free.

    Naming the free sizes saves the tracer from finding them out, which takes several times as long.
    """
    import torch
    from torch.export import Dim
    from transformers import DynamicCache

    free = Dim.DYNAMIC
    cache = DynamicCache()  # one plain layer each, also for sliding windows: see _safe_context
    with torch.no_grad():  # not inference mode: its tensors cannot be traced
        model(torch.ones(2, 4, dtype=torch.int64), past_key_values=cache, use_cache=True)
    inputs = {
        "input_ids": torch.ones(2, 3, dtype=torch.int64),
        "attention_mask": torch.ones(2, 7, dtype=torch.int64),
        "position_ids": torch.arange(4, 7).repeat(2, 1),
        "past_key_values": cache,
    }
    shapes: dict[str, Any] = {name: {0: free, 1: free} for name in ("input_ids", "attention_mask", "position_ids")}
    shapes["past_key_values"] = [{0: free, 2: free}] * (2 * len(cache.layers))
    return inputs, shapes


def _main() -> int:
    try:
        export_model(Path(sys.argv[1]), Path(sys.argv[2]))
    except ModelError as error:
        sys.stdout.write(_refusal_text(error))
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(_main())
