"""A whole job whose texts come from an endpoint: from the command line, and stopped in the middle."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.config import DATA_FOLDER, PROJECT_FOLDER, Config
from core.errors import ModelError
from core.models.endpoints import confirm_endpoint, parse_endpoint
from core.pipeline import jobs
from core.pipeline.application import Application
from core.pipeline.enhancement import EnhancementOptions, EnhancementScope, plan_enhancement, start_enhancement
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.settings import Settings, change_settings
from core.records import JobStatus
from tests.endpoint_server import MODEL, EndpointServer

COURSES = DATA_FOLDER / "en_mcgill_courses.json"
STUDENTS = "student_id,department,year,interests\nS-4711,Physics,2,falconry\n"


def run(*arguments: str, code: int = 0) -> dict[str, Any]:
    command = [sys.executable, "-m", "core", *arguments, "--json", "--lang", "en"]
    ended = subprocess.run(command, cwd=PROJECT_FOLDER, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == code, ended.stderr
    result: dict[str, Any] = json.loads(ended.stdout)
    return result


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture
def app(own_state_folder: Path) -> Iterator[Application]:
    with Application(Config(own_state_folder)) as opened:
        yield opened


@pytest.fixture
def catalog_id(app: Application) -> str:
    return apply_catalog(app, preview_catalog(app, COURSES.read_bytes(), COURSES.name)).catalog_id


def test_ten_courses_are_written_from_the_command_line(tmp_path: Path) -> None:
    students = tmp_path / "students.csv"
    students.write_text(STUDENTS)
    catalog = run("intake", "catalog", str(COURSES))["catalog"]
    run("intake", "students", str(students))
    with EndpointServer() as server:
        server.faults = ["500", "drop"]
        arguments = ("enhance", "--catalog", catalog, "--limit", "10", "--model", server.reference)
        refused = run(*arguments, code=1)
        assert "--confirm-endpoint" in refused["error"]
        assert server.paths == []
        written = run(*arguments, "--confirm-endpoint")
    assert (written["status"], written["done"], written["failed"]) == ("succeeded", 10, 0)
    assert (written["engine"], written["model"]) == ("openai", server.reference)
    assert written["tokens"] > 0
    sent = json.dumps(server.bodies)
    first_attempts = [body for body in server.bodies if body["seed"] == server.bodies[0]["seed"]]
    assert len(first_attempts) == 12  # ten courses and two faults; a weak draft is written again with another seed
    assert "S-4711" not in sent and "falconry" not in sent


def test_the_provenance_names_the_model_of_the_endpoint(app: Application, catalog_id: str) -> None:
    with EndpointServer() as server:
        job = start(app, catalog_id, server, limit=2)
        app.job_service.wait(job, 30)
    texts = app.enhancements.of_job(job)
    assert {(text.provenance.engine, text.provenance.model) for text in texts} == {("openai", MODEL)}


def test_a_cancelled_job_stops_sending_within_two_seconds(app: Application, catalog_id: str) -> None:
    with EndpointServer(token_seconds=1.0) as server:
        job = start(app, catalog_id, server, limit=10)
        wait_until(lambda: len(server.bodies) >= 4)
        asked = time.monotonic()
        jobs.cancel_job(app, job)
        wait_until(lambda: app.jobs.get(job).status is JobStatus.CANCELLED)
        assert time.monotonic() - asked < 2.0
        wait_until(lambda: server.busy == 0, 3.0)


def test_a_withdrawn_address_is_refused_at_the_start(app: Application, catalog_id: str) -> None:
    with EndpointServer() as server:
        confirm(app, server)
        options = EnhancementOptions(model_ref=server.reference)
        plan = plan_enhancement(app, catalog_id, EnhancementScope(limit=1), options)
        (app.config.home / "confirmed_endpoints.json").unlink()
        with pytest.raises(ModelError, match="Confirm"):
            start_enhancement(app, plan)
        assert server.paths == []


@pytest.mark.parametrize("engine", ["auto", "transformers", "openai"])
def test_the_reference_decides_the_engine(app: Application, catalog_id: str, engine: str) -> None:
    with EndpointServer() as server:
        confirm(app, server)
        plan = plan_enhancement(app, catalog_id, None, EnhancementOptions(engine, server.reference))
        assert (plan.engine, plan.precision) == ("openai", "endpoint")
        assert server.paths == []


def test_the_engine_needs_an_endpoint(app: Application, catalog_id: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="is not an endpoint"):
        plan_enhancement(app, catalog_id, None, EnhancementOptions("openai", str(tmp_path)))


def test_an_endpoint_never_makes_vectors(app: Application) -> None:
    with EndpointServer() as server:
        confirm(app, server)
        with pytest.raises(ModelError, match="students' interests"):
            change_settings(app, Settings(embedding_model=server.reference))
        change_settings(app, Settings(generation_model=server.reference))


def confirm(app: Application, server: EndpointServer) -> None:
    confirm_endpoint(app.config, parse_endpoint(server.reference))


def start(app: Application, catalog_id: str, server: EndpointServer, limit: int) -> str:
    confirm(app, server)
    options = EnhancementOptions(model_ref=server.reference)
    return start_enhancement(app, plan_enhancement(app, catalog_id, EnhancementScope(limit=limit), options)).job_id
