"""OpenVINO graphs of models: each is made once, in a process of its own, and kept in the model cache.

A process of its own keeps torch's tracing machinery, and its memory, out of the worker. Which module makes the graph
is said by whoever needs one: this room knows nothing of what the models are for.
"""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.config import PROJECT_FOLDER, load_config, quiet_environment
from core.errors import ModelError
from core.models.atomic_folder import exclusive, put_in_place, working_folder
from core.models.manifest import MANIFEST_NAME, is_complete, read_manifest, write_manifest
from core.progress import SILENT, Progress
from core.records import Message

_log = logging.getLogger(__name__)
_EXPORT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Export:
    """One way to make graphs."""

    module: str  # run as `python -m module MODEL TARGET`; see `run_export`
    format: int | str  # another one when the export is made in another way: old exports are then made anew

    def ensure(self, model: Path, progress: Progress = SILENT) -> Path:
        """The folder with the graph of a model folder or .gguf file, made when it is missing.

        Raises ModelError when the model cannot be read or is of a kind that cannot be exported.
        """
        origin = self._origin(model)
        target = _target(model, origin)
        if is_complete(target, origin):
            return target
        with exclusive(target):
            if not is_complete(target, origin):
                progress.start("models.step.export", 1)
                with working_folder(target) as work:
                    built = work / "model"
                    self._export_or_remember(model, built, _refusal_file(target))
                    write_manifest(built, origin)
                    put_in_place(built, target)
                _source_file(target).write_text(str(model.resolve()), encoding="utf-8")
                drop_unused_exports()
                progress.finish()
        return target

    def refusal(self, model: Path) -> Message | None:
        """Why this very model could not be exported with these libraries when it was last tried; None when it could."""
        try:
            refusal = _read_refusal(_refusal_file(_target(model, self._origin(model))).read_text(encoding="utf-8"))
        except (OSError, PackageNotFoundError):
            return None
        return None if refusal is None else refusal.message

    def _export_or_remember(self, model: Path, built: Path, refusal_file: Path) -> None:
        """Export; a refusal stays in a file, so that nobody else waits for one. The next success takes it away."""
        try:
            self.in_child(model, built)
        except ModelError as error:
            refusal_file.write_text(_refusal_text(error), encoding="utf-8")
            raise
        refusal_file.unlink(missing_ok=True)

    def in_child(self, model: Path, target: Path) -> None:
        """Make the graph in a process of its own. Raises ModelError with the child's own reason."""
        command = [sys.executable, "-m", self.module, str(model), str(target)]
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

    def _origin(self, model: Path) -> dict[str, Any]:
        """What the export depends on: the model's files and the libraries that trace it."""
        return {"files": _files(model), "libraries": _libraries(), "format": self.format}


def drop_unused_exports() -> float:
    """Delete exports that no model can use any more; returns the MiB that became free.

    Those are exports by other libraries than the installed ones, which no program of this installation would load,
    and those of models that are gone or have changed since. A graph that a running worker has mapped stays readable
    to it. Exports that do not say what they were made from are judged by their libraries alone.
    """
    freed = 0.0
    for manifest_path in sorted(_exports_folder().glob(f"*/{MANIFEST_NAME}")):
        export = manifest_path.parent
        manifest = read_manifest(export)
        if manifest is not None and _is_usable(export, manifest["origin"]):
            continue
        freed += sum(path.stat().st_size for path in export.rglob("*") if path.is_file()) / 2**20
        doomed = export.with_name(f".{export.name}.dropped")
        export.rename(doomed)  # gone at once for whoever looks for it
        shutil.rmtree(doomed, ignore_errors=True)
        for left in (_source_file(export), _refusal_file(export)):
            left.unlink(missing_ok=True)
        _log.info("dropped the unused export %s", export.name)
    return freed


def _is_usable(export: Path, origin: Mapping[str, Any]) -> bool:
    if origin.get("libraries") != _libraries():
        return False
    try:
        source = Path(_source_file(export).read_text(encoding="utf-8"))
    except OSError:
        return True
    return source.exists() and _files(source) == origin.get("files")


def run_export(export: Callable[[Path, Path], None]) -> int:
    """What the child does: `export` from the first argument to the second; the exit code, 3 for a known refusal."""
    try:
        export(Path(sys.argv[1]), Path(sys.argv[2]))
    except ModelError as error:
        sys.stdout.write(_refusal_text(error))
        return 3
    return 0


def _files(model: Path) -> Any:
    """What tells one version of a model's files from another, as plain JSON values."""
    if (model / MANIFEST_NAME).is_file():
        return sha256((model / MANIFEST_NAME).read_bytes()).hexdigest()
    paths = [model] if model.is_file() else sorted(model.glob("*.*"))
    return [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in paths]


def _libraries() -> dict[str, str]:
    return {name: version(name) for name in ("torch", "transformers", "openvino")}


def _exports_folder() -> Path:
    return load_config().models_folder / "openvino"


def _target(model: Path, origin: dict[str, Any]) -> Path:
    key = sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:12]
    return _exports_folder() / f"{model.stem if model.is_file() else model.name}-{key}"


def _source_file(target: Path) -> Path:
    return target.with_name(f"{target.name}.source.txt")


def _refusal_file(target: Path) -> Path:
    return target.with_name(f"{target.name}.refused.json")


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
