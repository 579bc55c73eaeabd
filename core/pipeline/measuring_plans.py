"""What every measurement of engines needs: the user's own prompts, and what it takes to repeat it."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.catalog.courses import build_courses
from core.catalog.mapping import propose_mapping
from core.enhancement.prompts import build_messages, prompt_version, template_for
from core.errors import JobError
from core.jobs.measuring_request import MeasuringKind, MeasuringRequest
from core.measurement.calibration import Configuration
from core.measurement.hardware import get_device, machine_facts
from core.models.endpoints import is_endpoint
from core.models.languages import can_write
from core.models.references import resolve
from core.pipeline.application import Application
from core.pipeline.file_reading import read_file
from core.pipeline.prompts import current_prompts
from core.pipeline.samples import SAMPLES
from core.pipeline.settings import read_settings
from core.records import Course
from core.storage.conversion import new_id

_LIBRARIES = ("torch", "transformers", "openvino", "openvino-genai", "tokenizers", "numpy")


def plan_measuring(
    app: Application,
    kind: MeasuringKind,
    seconds: float,
    configurations: tuple[Configuration, ...],
    *,
    prompts: int,
    least_texts: int = 1,
    max_new_tokens: int | None = None,
) -> MeasuringRequest:
    """A measurement with the chosen model on up to `prompts` of the user's own prompts, spread over the catalog.

    Raises ModelError without a model, JobError when the model is a server: there is nothing of it to measure here.
    """
    settings = read_settings(app)
    refuse_endpoint(settings.generation_model)
    catalog, courses = _sample_courses(app, resolve(settings.generation_model, app.config), prompts)
    templates = current_prompts(app)
    # Without the person's batch size: every configuration brings its own.
    generation = replace(
        settings.generation, do_sample=False, max_new_tokens=max_new_tokens or settings.generation.max_new_tokens
    )
    return MeasuringRequest(
        request_id=new_id(),
        kind=kind,
        device=get_device(),
        seconds=seconds,
        model_ref=settings.generation_model,
        settings={name: value for name, value in generation.as_dict().items() if name != "batch_size"},
        configurations=configurations,
        least_texts=least_texts,
        catalog=catalog,
        prompt_version=prompt_version(courses, templates),
        chats=tuple(build_messages(course, template_for(course, templates)) for course in courses),
    )


def refuse_endpoint(model_ref: str) -> None:
    """Raise JobError for a model server: what it computes with cannot be chosen or measured from here."""
    if is_endpoint(model_ref):
        raise JobError("measuring.endpoint", model=model_ref)


def provenance(request: MeasuringRequest) -> dict[str, Any]:
    """Everything needed to repeat a measurement, as plain JSON values: machine, libraries, model, settings, prompts."""
    return {
        **asdict(machine_facts()),
        "request_id": request.request_id,
        "device": request.device,
        "seconds": request.seconds,
        "model_ref": request.model_ref,
        "settings": dict(request.settings),
        "catalog": request.catalog,
        "prompts": len(request.chats),
        "prompt_version": request.prompt_version,
        "libraries": library_versions(),
    }


def library_versions() -> Mapping[str, str]:
    """The versions of Python and of the libraries that compute."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _sample_courses(app: Application, folder: Path, count: int) -> tuple[str, list[Course]]:
    """Courses of the user's newest catalog that the model can write about, spread over it; else of the sample."""
    for catalog in sorted(app.catalogs.list(), key=lambda each: each.is_sample):
        courses = [
            each for each in app.catalogs.courses(catalog.catalog_id) if can_write(folder, each.language or "en")
        ]
        if courses:
            return catalog.name, courses[:: -(-len(courses) // count)]
    sample = SAMPLES[0].path
    table = read_file(app, sample, sample.name)
    return SAMPLES[0].name, list(build_courses(table, propose_mapping(table)).courses[:count])
