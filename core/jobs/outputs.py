"""What the worker makes, as the plain JSON values of a journal record, and back again."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.jobs.reasons import as_message, as_values
from core.jobs.spec import JobSpec
from core.records import Enhancement, Finding, FinishReason, JobKind, Measurement, Provenance, Severity

if TYPE_CHECKING:
    from core.jobs.entries import ItemDone

Vector = npt.NDArray[np.float32]
MEASURE_ITEM = "measure"  # the last item of a lift job; its other items are course keys


def text_output(
    text: str, finish_reason: FinishReason, findings: tuple[Finding, ...], seed: int, made_by: Mapping[str, str]
) -> dict[str, Any]:
    """A draft; `made_by` names model, engine, precision and device."""
    return {
        "text": text,
        "finish_reason": finish_reason.value,
        "findings": [{**asdict(finding), "message": as_values(finding.message)} for finding in findings],
        "seed": seed,
        **made_by,
    }


def cached_output(enhancement: Enhancement) -> dict[str, Any]:
    """The draft that was made before, for an item that the cache answers."""
    made_by = enhancement.provenance
    return text_output(
        enhancement.text,
        enhancement.finish_reason,
        enhancement.findings,
        made_by.seed,
        {
            "model": made_by.model,
            "engine": made_by.engine,
            "precision": made_by.precision,
            "device": made_by.device,
        },
    )


def vector_output(vector: Vector) -> dict[str, Any]:
    """A vector: base64 of its little-endian float32 bytes."""
    return {"vector": b64encode(vector.astype("<f4").tobytes()).decode()}


def read_output(spec: JobSpec, done: ItemDone, at: datetime) -> Enhancement | Vector | Measurement:
    """What a result stands for. Raises KeyError, TypeError or ValueError when it is nothing of the job's kind."""
    if spec.kind is JobKind.EMBED:
        return read_vector(done.output)
    if spec.kind is JobKind.LIFT and done.item == MEASURE_ITEM:
        return _read_measurement(spec, done)
    return _read_text(spec, done, at)


def _read_measurement(spec: JobSpec, done: ItemDone) -> Measurement:
    rows, about = done.output["rows"], done.output["about"]
    if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows) and isinstance(about, dict)):
        raise ValueError("not a measurement")
    return Measurement(spec.job_id, spec.kind.value, rows, about)


def read_vector(output: Mapping[str, Any]) -> Vector:
    """The vector of `vector_output`. Raises KeyError or ValueError when it is none."""
    vector = np.frombuffer(b64decode(output["vector"], validate=True), "<f4").astype(np.float32)
    if not vector.size or not np.isfinite(vector).all():
        raise ValueError("not a vector")
    return vector


def _read_text(spec: JobSpec, done: ItemDone, at: datetime) -> Enhancement:
    output = done.output
    text = output["text"]
    if not isinstance(text, str) or not text or "\0" in text:
        raise ValueError("not a text")
    findings = [
        Finding(**{**each, "severity": Severity(each["severity"]), "message": as_message(each["message"])})
        for each in output["findings"]
    ]
    return Enhancement(
        enhancement_id=hashlib.sha256(f"{spec.job_id}\n{done.item}".encode()).hexdigest()[:32],
        catalog_id=spec.catalog_id,
        course_key=done.item,
        job_id=spec.job_id,
        text=text,
        provenance=Provenance(
            model=str(output["model"]),
            engine=str(output["engine"]),
            precision=str(output["precision"]),
            device=str(output["device"]),
            prompt_version=spec.prompt_version,
            settings=spec.settings,
            seed=int(output["seed"]),
        ),
        source_hash=done.input_hash,
        finish_reason=FinishReason(output["finish_reason"]),
        prompt_tokens=int(done.prompt_tokens),
        new_tokens=int(done.new_tokens),
        seconds=float(done.seconds),
        created_at=at,
        findings=tuple(findings),
    )
