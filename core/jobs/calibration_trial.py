"""One trial of a configuration: load the engine, write a batch, say what it took."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import psutil

from core.config import load_config
from core.enhancement.enhancer import MAX_SENTENCES
from core.enhancement.triage import script_language
from core.enhancement.trimming import is_enough
from core.generation.engine import GenerationSettings
from core.generation.registry import create_engine
from core.jobs.measuring_request import MeasuringRequest
from core.jobs.reasons import reason_of
from core.measurement.background import BackgroundWatch
from core.measurement.calibration import Configuration, Trial
from core.models.references import resolve

_WARM_UP_TOKENS = 4


def run_trial(request: MeasuringRequest, configuration: Configuration) -> Trial:
    """Load the engine and write one batch of texts, greedily. An error becomes part of the trial."""
    background = BackgroundWatch()
    started = time.perf_counter()
    try:
        engine = create_engine(configuration.engine)
        engine.load(resolve(request.model_ref, load_config()), configuration.precision, request.device)
        loaded = time.perf_counter()
        settings = replace(
            GenerationSettings.from_mapping(request.settings), do_sample=False, batch_size=configuration.batch_size
        )
        list(engine.generate(request.chats[:1], replace(settings, max_new_tokens=_WARM_UP_TOKENS)))
        begun = time.perf_counter()
        chats = request.chats[: max(configuration.batch_size, request.least_texts)]
        made = sorted(engine.generate(chats, settings, is_enough=_is_enough), key=lambda generation: generation.index)
        ended = time.perf_counter()
    except Exception as error:
        wall = time.perf_counter() - started
        return Trial(configuration, wall, others=background.cores(), error=reason_of(error))
    refused = next((each.error for each in made if each.error), None)
    if refused is not None:
        return Trial(configuration, ended - started, others=background.cores(), error=refused)
    prefills = [each.prefill_seconds for each in made[: configuration.batch_size] if each.prefill_seconds]
    return Trial(
        configuration=configuration,
        wall_seconds=ended - started,
        load_seconds=loaded - started,
        seconds=ended - begun,
        first_token_seconds=min(prefills, default=None),
        prefill_seconds=max(prefills, default=None) if len(chats) <= configuration.batch_size else None,
        prompt_tokens=sum(each.prompt_tokens for each in made),
        new_tokens=sum(each.new_tokens for each in made),
        peak_mib=peak_mib(),
        others=background.cores(),
        texts=tuple(each.text for each in made),
    )


def _is_enough(_: int, text: str) -> bool:
    """As in a job: courses a minute are worth nothing if jobs write less, or more."""
    return is_enough(text, script_language(text), MAX_SENTENCES)


def peak_mib() -> float:
    """The most resident memory so far. The kernel's figure for this program alone: getrusage counts the parent's."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        found = None
    return int(found.group(1)) / 1024 if found else float(psutil.Process().memory_info().rss) / 2**20
