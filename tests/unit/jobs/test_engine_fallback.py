from __future__ import annotations

import pytest

from core.errors import ModelError
from core.generation.fake_engine import FakeEngine
from core.jobs.tasks import enhance
from core.jobs.tasks.enhance import EnhanceTask
from core.measurement.monitor import PerformanceMonitor
from tests.jobs_lab import make_spec


class Refusing(FakeEngine):
    key = "models.export_failed"

    def load(self, *_: object) -> None:
        raise ModelError(self.key, model="m", reason="r", engine="e")


class Broken(Refusing):
    key = "models.broken_file"


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> dict[str, type[FakeEngine]]:
    known: dict[str, type[FakeEngine]] = {"first": Refusing, "second": FakeEngine}
    monkeypatch.setattr(enhance, "create_engine", lambda name: known[name]())
    return known


def test_an_engine_of_auto_that_cannot_take_the_model_is_replaced(engines) -> None:
    task = EnhanceTask(make_spec(engine="first", fallback_engine="second"))
    task.load(PerformanceMonitor())
    assert task._engine.describe().engine == "fake"


def test_a_chosen_engine_that_cannot_take_the_model_fails_the_job(engines) -> None:
    with pytest.raises(ModelError, match="r"):
        EnhanceTask(make_spec(engine="first")).load(PerformanceMonitor())


def test_a_damaged_model_fails_the_job_whoever_chose_the_engine(engines) -> None:
    engines["first"] = Broken
    with pytest.raises(ModelError):
        EnhanceTask(make_spec(engine="first", fallback_engine="second")).load(PerformanceMonitor())


def test_the_fallback_says_nothing_about_the_result() -> None:
    assert make_spec(fallback_engine="second").settings_hash == make_spec().settings_hash
