"""The whole job from the command line, as a nightly script would run it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.config import DATA_FOLDER, PROJECT_FOLDER

STUDENTS = "student_id,department,year,interests,taken courses\nS1,CSCI,2,robots; music,\nS2,PHYS,3,optics,PHYS-1010\n"


def start(*arguments: str, **more: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "core", *arguments, "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=PROJECT_FOLDER, text=True, **pipes, **more)


def run(*arguments: str, code: int = 0) -> dict[str, Any]:
    with start(*arguments) as process:
        output, errors = process.communicate(timeout=240)
    assert process.returncode == code, errors
    assert output.count("\n") == 1
    result: dict[str, Any] = json.loads(output)
    return result


@pytest.fixture
def student_file(tmp_path: Path) -> str:
    path = tmp_path / "students.csv"
    path.write_text(STUDENTS)
    return str(path)


def test_from_a_file_to_recommendations_with_a_fake_model(student_file: str) -> None:
    catalog = run("intake", "catalog", str(DATA_FOLDER / "en_mcgill_courses.json"))["catalog"]
    assert run("intake", "students", student_file)["students"] == 2
    assert run("triage", "--catalog", catalog)["courses"] == 314
    written = run("enhance", "--catalog", catalog, "--limit", "20", "--engine", "fake")
    assert (written["status"], written["done"], written["failed"]) == ("succeeded", 20, 0)
    assert written["tokens"] > 0
    assert {part["name"] for part in written["timings"]} >= {"generate", "check"}
    approved = run("approve", "--job", written["job"], "--passing")
    assert approved["approved"] + approved["held_back"] == 20
    assert run("status")["catalog"]["unreleased"] == approved["approved"]
    release = run("publish", "--name", "autumn", "--by", "Kim")
    assert (release["texts"], release["is_current"], release["embeds_generated"]) == (approved["approved"], True, True)
    embedded = run("embed", "--catalog", catalog, "--model", "fake:")
    assert (embedded["status"], embedded["done"]) == ("succeeded", embedded["texts"])
    assert run("embed", "--catalog", catalog)["job"] is None
    stored = run("recommend", "--catalog", catalog, "--weights", "department=0.6,interest=0.4", "--top", "5")
    assert stored["students"] == 2
    explained = run("explain", "--student", "S1")
    assert len(explained["recommendations"]) == 5
    for place in explained["recommendations"]:
        assert sum(part["amount"] for part in place["contributions"]) == pytest.approx(place["score"], abs=1e-5)
        assert place["reasons"]
    replayed = run("replay", "--student", "S1")
    assert (replayed["release"], replayed["holds"]) == ({"id": release["release"], "name": "autumn"}, True)
    lines = Path(run("export", "--format", "jsonl")["path"]).read_text().splitlines()
    exported = [json.loads(line) for line in lines]
    assert sum(row["text_state"] == "approved" for row in exported) == approved["approved"]
    now = run("status")
    assert now["catalog"]["published"] == approved["approved"]
    assert now["catalog"]["recommended_students"] == 2


def test_the_same_text_again_costs_nothing(student_file: str) -> None:
    catalog = run("intake", "catalog", str(DATA_FOLDER / "en_mcgill_courses.json"))["catalog"]
    first = run("enhance", "--catalog", catalog, "--limit", "10", "--engine", "fake")
    copy = run("intake", "catalog", str(DATA_FOLDER / "en_mcgill_courses.json"), "--name", "the same again")["catalog"]
    second = run("enhance", "--catalog", copy, "--limit", "10", "--engine", "fake")
    assert (first["cached"], second["cached"], second["done"], second["tokens"]) == (0, 10, 10, 0)


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_pauses_the_job_and_resume_ends_it() -> None:
    catalog = run("intake", "catalog", str(DATA_FOLDER / "en_mcgill_courses.json"))["catalog"]
    arguments = ("enhance", "--catalog", catalog, "--limit", "20", "--model", "fake:delay=0.4", "--batch-size", "2")
    # Whoever runs tests in the background of a shell has interrupts ignored, which children inherit.
    with start(*arguments, start_new_session=True, preexec_fn=_heed_interrupts) as process:
        assert process.stderr is not None
        while "Writing" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    paused = json.loads(output)
    assert (process.returncode, paused["status"]) == (1, "paused")
    assert paused["done"] < 20
    resumed = run("resume", "--job", paused["job"])
    assert (resumed["status"], resumed["done"]) == ("succeeded", 20)


def test_with_the_embedded_models(home_with_models: Path, student_file: str, tmp_path: Path) -> None:
    rows = (DATA_FOLDER / "en_rpi_catalog.csv").read_text(encoding="utf-8-sig").splitlines()[:1]
    rows += ["PHYS-1,PHYS,1,Optics,,,,,,x", "CSCI-1,CSCI,1,Robotics,,,,,,x", "MATH-1,MATH,1,Linear Algebra,,,,,,x"]
    rows += ["HIST-1,HIST,1,History of Rome,,,,,,x"]
    catalog_file = tmp_path / "small.csv"
    catalog_file.write_text("\n".join(rows))
    catalog = run("intake", "catalog", str(catalog_file))["catalog"]
    run("intake", "students", student_file)
    written = run("enhance", "--catalog", catalog, "--limit", "4", "--max-new-tokens", "40", "--engine", "transformers")
    assert (written["engine"], written["done"]) == ("transformers", 4)
    assert written["tokens_per_second"] > 0
    run("approve", "--job", written["job"], "--passing")
    assert run("embed", "--catalog", catalog)["status"] == "succeeded"
    run("recommend", "--catalog", catalog, "--top", "2")
    places = run("explain", "--student", "S2")["recommendations"]
    assert places[0]["title"] == "Optics"


def test_a_korean_course_is_refused_by_a_model_that_cannot_write_korean(home_with_models: Path, tmp_path: Path) -> None:
    catalog_file = tmp_path / "korean.csv"
    catalog_file.write_text("과목코드,과목명,개설학과\nH1,한국 근대사,사학과\nH2,서양 미술사,미술학과\n")
    run("intake", "catalog", str(catalog_file))
    refused = run("enhance", "--lang", "ko", code=1)
    assert "한국어" in refused["error"]
