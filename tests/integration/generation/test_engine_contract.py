"""What every generation engine promises; one suite that all of them pass."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core.config import Config
from core.errors import ModelError
from core.generation.engine import Chat, Generation, GenerationEngine, GenerationSettings
from core.generation.registry import ENGINE_NAMES, create_engine
from core.models.endpoints import confirm_endpoint, parse_endpoint
from core.records import FinishReason
from tests.endpoint_server import EndpointServer

TITLES = ("Introduction to Optics", "Organic Chemistry", "Machine Learning", "Ancient Greek Philosophy", "Game Design")
GREEDY = GenerationSettings(max_new_tokens=12, do_sample=False, batch_size=3)
LONGER = GenerationSettings(max_new_tokens=32, do_sample=False, batch_size=5)


class RecordingControl:
    """Remembers the beats, and asks to stop once `stop_after` tokens were heard of."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.beats: list[int] = []
        self.stop_after = stop_after

    def beat(self, tokens: int) -> None:
        self.beats.append(tokens)

    def should_stop(self) -> bool:
        return self.stop_after is not None and sum(self.beats) >= self.stop_after


def chats(titles: Sequence[str] = TITLES) -> list[Chat]:
    return [
        [
            {"role": "system", "content": "You write course descriptions for a university catalog."},
            {"role": "user", "content": f"Write a description of this course.\nTitle: {title}"},
        ]
        for title in titles
    ]


def texts(results: Sequence[Generation]) -> list[str]:
    return [result.text for result in sorted(results, key=lambda result: result.index)]


class EngineContract:
    """Subclasses give the engine's name and, through the `engine` fixture, an engine with a model."""

    engine_name: str
    device = "cpu"

    @pytest.fixture
    def engine(self) -> GenerationEngine:
        raise NotImplementedError

    def test_every_prompt_gets_one_text_under_its_index(self, engine: GenerationEngine) -> None:
        results = list(engine.generate(chats(), GREEDY))
        assert sorted(result.index for result in results) == list(range(len(TITLES)))
        assert all(result.text and result.text == result.text.strip() for result in results)
        assert all("<|" not in result.text for result in results)
        assert all(result.error is None for result in results)

    def test_a_text_is_about_its_own_prompt(self, engine: GenerationEngine) -> None:
        results = texts(list(engine.generate(chats(), LONGER)))
        words = ("optic", "chemi", "learning", "greek", "game")
        assert all(word in text.lower() for word, text in zip(words, results, strict=True))

    def test_no_prompts_give_no_texts(self, engine: GenerationEngine) -> None:
        assert list(engine.generate([], GREEDY)) == []

    def test_greedy_texts_are_the_same_every_time(self, engine: GenerationEngine) -> None:
        assert texts(list(engine.generate(chats(), GREEDY))) == texts(list(engine.generate(chats(), GREEDY)))

    def test_sampled_texts_are_the_same_for_the_same_seed(self, engine: GenerationEngine) -> None:
        sampled = GenerationSettings(max_new_tokens=12, batch_size=5, seed=7)
        list(engine.generate(chats(TITLES[:1]), sampled))  # the first batch after loading may be smaller
        first = texts(list(engine.generate(chats(), sampled)))
        assert texts(list(engine.generate(chats(), sampled))) == first

    def test_the_token_limit_is_kept_and_said(self, engine: GenerationEngine) -> None:
        settings = GenerationSettings(max_new_tokens=5, do_sample=False)
        for result in engine.generate(chats(), settings):
            assert result.finish_reason is FinishReason.LENGTH
            assert result.new_tokens == 5

    def test_tokens_and_seconds_are_counted(self, engine: GenerationEngine) -> None:
        started = time.perf_counter()
        results = list(engine.generate(chats(), GREEDY))
        elapsed = time.perf_counter() - started
        assert all(result.prompt_tokens > 10 and 0 < result.new_tokens <= GREEDY.max_new_tokens for result in results)
        assert all(result.seconds >= 0 for result in results)
        assert sum(result.seconds for result in results) <= elapsed

    def test_beats_tell_of_every_new_token(self, engine: GenerationEngine) -> None:
        control = RecordingControl()
        results = list(engine.generate(chats(), GREEDY, control))
        assert sum(control.beats) == sum(result.new_tokens for result in results)
        assert len(control.beats) >= 2

    def test_nothing_is_begun_after_a_stop(self, engine: GenerationEngine) -> None:
        assert list(engine.generate(chats(), GREEDY, RecordingControl(stop_after=0))) == []

    def test_a_stop_ends_the_texts_under_way_and_begins_no_others(self, engine: GenerationEngine) -> None:
        results = list(engine.generate(chats(TITLES * 4), GREEDY, RecordingControl(stop_after=6)))
        assert len(results) < len(TITLES * 4)
        assert len({result.index for result in results}) == len(results)
        assert all(
            result.new_tokens < GREEDY.max_new_tokens
            for result in results
            if result.finish_reason is FinishReason.CANCELLED
        )

    def test_it_writes_on_after_a_stop(self, engine: GenerationEngine) -> None:
        list(engine.generate(chats(), GREEDY, RecordingControl(stop_after=3)))
        assert len(list(engine.generate(chats(), GREEDY))) == len(TITLES)

    def test_an_abandoned_run_leaves_the_engine_usable(self, engine: GenerationEngine) -> None:
        next(engine.generate(chats(), GREEDY))
        assert sorted(result.index for result in engine.generate(chats(), GREEDY)) == list(range(len(TITLES)))

    def test_it_says_what_it_is(self, engine: GenerationEngine) -> None:
        info = engine.describe()
        assert info.engine == self.engine_name == engine.name
        assert info.model
        assert info.device == self.device

    def test_without_a_model_it_refuses(self) -> None:
        engine = create_engine(self.engine_name)
        with pytest.raises(ModelError):
            engine.describe()
        with pytest.raises(ModelError):
            list(engine.generate(chats(), GREEDY))


def assert_ends_texts_early(engine: GenerationEngine) -> None:
    """Every second text is ended after its first sentence, the others are written as ever."""
    settings = GenerationSettings(max_new_tokens=60, do_sample=False, batch_size=5)
    whole = sorted(engine.generate(chats(), settings), key=lambda result: result.index)
    cut = sorted(
        engine.generate(chats(), settings, is_enough=lambda index, text: index % 2 == 0 and ". " in text),
        key=lambda result: result.index,
    )
    assert texts(cut[1::2]) == texts(whole[1::2])
    for full, short in zip(whole[::2], cut[::2], strict=True):
        assert full.text.startswith(short.text)
        assert (short.new_tokens < full.new_tokens) == (". " in short.text)
        assert short.finish_reason is FinishReason.STOP or ". " not in short.text
    assert any(". " in result.text for result in cut[::2])


class TestFakeEngine(EngineContract):
    engine_name = "fake"

    @pytest.fixture
    def engine(self) -> GenerationEngine:
        engine = create_engine("fake")
        engine.load(Path("fake:"), "float32", "cpu")
        return engine


class TestOpenAiEngine(EngineContract):
    engine_name = "openai"
    device = "endpoint"

    @pytest.fixture
    def engine(self, own_state_folder: Path) -> Iterator[GenerationEngine]:
        with EndpointServer() as server:
            confirm_endpoint(Config(own_state_folder), parse_endpoint(server.reference))
            engine = create_engine("openai")
            engine.load(Path(server.reference), "float32", "cpu")
            yield engine


class TestTransformersEngine(EngineContract):
    engine_name = "transformers"

    @pytest.fixture(scope="class")
    def engine(self, installed_models: Config) -> GenerationEngine:
        engine = create_engine("transformers")
        engine.load(installed_models.models_folder / "smollm2-135m-instruct", "float32", "cpu")
        return engine

    def test_a_text_that_is_enough_is_ended(self, engine: GenerationEngine) -> None:
        assert_ends_texts_early(engine)

    def test_texts_do_not_depend_on_the_batch(self, engine: GenerationEngine) -> None:
        alone = GenerationSettings(max_new_tokens=20, do_sample=False, batch_size=1)
        together = GenerationSettings(max_new_tokens=20, do_sample=False, batch_size=5)
        prompts = [*chats(TITLES[:2]), chats(("A much longer title that leaves the others with a lot of padding",))[0]]
        assert texts(list(engine.generate(prompts, alone))) == texts(list(engine.generate(prompts, together)))

    def test_a_prompt_that_does_not_fit_fails_alone(self, engine: GenerationEngine) -> None:
        settings = GenerationSettings(max_new_tokens=8, do_sample=False)
        results = {result.index: result for result in engine.generate(chats(("Optics", "word " * 9000)), settings)}
        assert results[0].error is None
        assert results[1].error is not None
        assert results[1].error.key == "models.prompt_too_long"
        assert results[1].text == ""


class TestOpenVinoEngine(EngineContract):
    engine_name = "openvino"

    @pytest.fixture(scope="class")
    def engine(self, installed_models: Config) -> Iterator[GenerationEngine]:
        engine = create_engine("openvino")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COURSELIFT_HOME", str(installed_models.home))  # the export is kept there between runs
            engine.load(installed_models.models_folder / "smollm2-135m-instruct", "float32", "cpu")
        yield engine

    def test_a_text_that_is_enough_is_ended(self, engine: GenerationEngine) -> None:
        assert_ends_texts_early(engine)

    def test_greedy_texts_are_those_of_transformers(self, engine: GenerationEngine, installed_models: Config) -> None:
        reference = create_engine("transformers")
        reference.load(installed_models.models_folder / "smollm2-135m-instruct", "float32", "cpu")
        assert texts(list(engine.generate(chats(), LONGER))) == texts(list(reference.generate(chats(), LONGER)))

    def test_texts_come_one_by_one(self, engine: GenerationEngine) -> None:
        control = RecordingControl()
        settings = GenerationSettings(max_new_tokens=10, do_sample=False, batch_size=2)
        heard = [sum(control.beats) for _ in engine.generate(chats(), settings, control)]
        assert heard[0] < heard[-1] / 2

    def test_a_sampled_text_does_not_depend_on_its_neighbours(self, engine: GenerationEngine) -> None:
        settings = GenerationSettings(max_new_tokens=12, seed=3)
        alone = texts(list(engine.generate(chats(TITLES[:1]), settings)))
        assert texts(list(engine.generate(chats(), settings)))[:1] == alone

    def test_a_prompt_that_does_not_fit_fails_alone(self, engine: GenerationEngine) -> None:
        settings = GenerationSettings(max_new_tokens=8, do_sample=False)
        results = {result.index: result for result in engine.generate(chats(("Optics", "word " * 9000)), settings)}
        assert results[0].error is None
        assert results[1].error is not None

    def test_another_device_is_refused(self) -> None:
        with pytest.raises(ModelError, match="CPU only"):
            create_engine("openvino").load(Path("model"), "float32", "cuda")


def test_every_engine_is_under_contract() -> None:
    tested = {contract.engine_name for contract in EngineContract.__subclasses__()}
    assert tested == set(ENGINE_NAMES)


def test_an_unknown_engine_is_refused_with_the_known_names() -> None:
    with pytest.raises(ModelError, match="transformers"):
        create_engine("steam")
