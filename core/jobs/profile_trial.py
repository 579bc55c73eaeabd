"""One generation under profilers: load the engine, warm it up, write the same texts twice."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Any

from core.config import load_config
from core.generation.engine import Generation, GenerationSettings
from core.generation.registry import create_engine
from core.jobs.calibration_trial import peak_mib
from core.jobs.measuring_request import MeasuringRequest
from core.measurement.background import BackgroundWatch
from core.measurement.calibration import Configuration
from core.measurement.profile import PrecisionProfile, largest
from core.measurement.profilers import profile_functions, profile_operators
from core.models.references import resolve

_WARM_UP_TOKENS = 2
_PARTS = 40  # of each table; the rest is added up


def run_profile(request: MeasuringRequest, configuration: Configuration) -> dict[str, Any]:
    """A `PrecisionProfile` as plain values: under torch's profiler, then under Python's."""
    engine = create_engine(configuration.engine)
    engine.load(resolve(request.model_ref, load_config()), configuration.precision, request.device)
    settings = replace(GenerationSettings.from_mapping(request.settings), batch_size=configuration.batch_size)
    chats = request.chats[: configuration.batch_size]
    list(engine.generate(chats[:1], replace(settings, max_new_tokens=_WARM_UP_TOKENS)))
    made: list[Generation] = []
    background = BackgroundWatch()
    moments = [time.perf_counter()]
    operators = profile_operators(lambda: made.extend(engine.generate(chats, settings)), request.device)
    moments.append(time.perf_counter())
    functions = profile_functions(lambda: list(engine.generate(chats, settings)))
    moments.append(time.perf_counter())
    return asdict(
        PrecisionProfile(
            precision=configuration.precision,
            seconds=min(moments[1] - moments[0], moments[2] - moments[1]),
            new_tokens=sum(each.new_tokens for each in made),
            peak_mib=peak_mib(),
            others=background.cores(),
            operators=largest(operators, _PARTS),
            functions=largest(functions, _PARTS),
        )
    )
