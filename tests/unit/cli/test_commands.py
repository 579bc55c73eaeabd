from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.cli.main import main
from core.cli.parser import build_parser
from core.config import PROJECT_FOLDER
from core.i18n import LANGUAGES, Translator

CATALOG = 'code,title,department,description\nMA1,Linear Algebra,Mathematics,\nPH1,Optics,Physics,"Light."\n'


@pytest.fixture
def catalog_file(tmp_path: Path) -> str:
    path = tmp_path / "spring.csv"
    path.write_text(CATALOG)
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object], str]:
    """Exit code, the one JSON object of standard output, standard error."""
    code = main([*arguments, "--json"])
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 1
    return code, json.loads(captured.out), captured.err


def test_intake_tells_ids_counts_and_problems(capsys: pytest.CaptureFixture[str], catalog_file: str) -> None:
    code, result, _ = run(capsys, "intake", "catalog", catalog_file)
    assert code == 0
    assert (result["courses"], result["added"], result["problem_count"], result["problems"]) == (2, 2, 0, [])
    assert result["catalog"]
    code, again, _ = run(capsys, "intake", "catalog", catalog_file, "--catalog", str(result["catalog"]))
    assert (again["catalog"], again["unchanged"]) == (result["catalog"], 2)


def test_triage_counts_every_status(capsys: pytest.CaptureFixture[str], catalog_file: str) -> None:
    run(capsys, "intake", "catalog", catalog_file)
    code, result, _ = run(capsys, "triage")
    assert code == 0
    assert result["statuses"] == {"missing": 1, "copies_title": 0, "too_short": 1, "sufficient": 0}


def test_a_catalog_can_be_named(capsys: pytest.CaptureFixture[str], catalog_file: str) -> None:
    first = run(capsys, "intake", "catalog", catalog_file, "--name", "봄 학기")[1]
    second = run(capsys, "intake", "catalog", catalog_file, "--name", "봄 학기")[1]
    assert first["catalog"] == second["catalog"]
    assert run(capsys, "triage", "--catalog", "봄 학기")[1]["catalog"] == first["catalog"]


def test_a_domain_error_is_one_sentence_and_exit_code_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, result, errors = run(capsys, "triage")
    assert code == 1
    assert list(result) == ["error"]
    assert str(result["error"]).startswith("There is no catalog yet.")
    assert errors == ""
    assert main(["triage"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("There is no catalog yet.")


def test_messages_come_in_the_language_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert "교과목 목록" in str(run(capsys, "triage", "--lang", "ko")[1]["error"])


def test_the_language_follows_the_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    assert "교과목 목록" in str(run(capsys, "triage")[1]["error"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["intake"],
        ["approve", "--job", "1"],
        ["enhance", "--limit", "0"],
        ["enhance", "--engine", "abacus"],
    ],
)
def test_wrong_usage_is_exit_code_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert capsys.readouterr().out == ""


def test_a_scope_that_is_empty_is_done_with_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = "The motion of bodies, the forces behind it and the conservation of energy are treated. " * 2
    path = tmp_path / "full.csv"
    path.write_text(f'code,title,description\nPH1,Mechanics,"{text}"\n')
    run(capsys, "intake", "catalog", str(path))
    code, result, _ = run(capsys, "enhance", "--engine", "fake")
    assert (code, result["job"], result["courses"]) == (0, None, 0)


def test_weights_that_cannot_be_read_are_refused(capsys: pytest.CaptureFixture[str], catalog_file: str) -> None:
    run(capsys, "intake", "catalog", catalog_file)
    code, result, _ = run(capsys, "recommend", "--weights", "department")
    assert code == 1
    assert "department" in str(result["error"])


def test_status_says_what_to_do_next(capsys: pytest.CaptureFixture[str], catalog_file: str) -> None:
    run(capsys, "intake", "catalog", catalog_file)
    code, result, _ = run(capsys, "status")
    assert code == 0
    assert result["students"] == 0
    assert any("2 courses" in str(step) for step in result["next"])  # type: ignore[attr-defined]


def test_export_writes_where_it_is_told(capsys: pytest.CaptureFixture[str], catalog_file: str, tmp_path: Path) -> None:
    run(capsys, "intake", "catalog", catalog_file)
    target = tmp_path / "out.jsonl"
    code, result, _ = run(capsys, "export", "--format", "jsonl", "--output", str(target))
    assert (code, result["path"]) == (0, str(target))
    assert [json.loads(line)["code"] for line in target.read_text().splitlines()] == ["MA1", "PH1"]
    assert run(capsys, "export", "--output", str(tmp_path / "no" / "folder.csv"))[0] == 1


def test_models_are_listed_without_opening_the_database(
    capsys: pytest.CaptureFixture[str], own_state_folder: Path
) -> None:
    code, result, _ = run(capsys, "models", "list")
    assert code == 0
    assert {model["purpose"] for model in result["models"]} == {"generation", "embedding"}  # type: ignore[attr-defined]
    assert not (own_state_folder / "courselift.duckdb").exists()


def test_a_backup_is_put_back(capsys: pytest.CaptureFixture[str], catalog_file: str) -> None:
    made = run(capsys, "backup")[1]
    run(capsys, "intake", "catalog", catalog_file)
    assert run(capsys, "restore", str(made["path"]))[0] == 0
    assert run(capsys, "status")[1]["catalogs"] == []
    assert run(capsys, "restore", "nothing.duckdb")[0] == 1


def test_help_is_written_in_both_languages() -> None:
    texts = {language: build_parser(Translator(language)).format_help() for language in LANGUAGES}
    assert len(set(texts.values())) == len(LANGUAGES)


def test_another_process_that_holds_the_database_is_named(
    capsys: pytest.CaptureFixture[str], own_state_folder: Path
) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom core.config import Config\n"
        "from core.pipeline.application import Application\n"
        f"app = Application(Config(Path({str(own_state_folder)!r})), watch_jobs=False)\n"
        "print('open', flush=True)\nsys.stdin.read()\napp.close()\n"
    )
    command = [sys.executable, "-c", script]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=PROJECT_FOLDER, text=True, **pipes) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        code, result, _ = run(capsys, "status")
        holder.communicate("")
    assert code == 1
    assert str(holder.pid) in str(result["error"])


def test_neither_pipeline_nor_command_line_imports_a_model_library() -> None:
    script = (
        "import pkgutil, importlib, sys, core.pipeline, core.cli\n"
        "for package in (core.pipeline, core.cli):\n"
        "    for module in pkgutil.iter_modules(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "import core.__main__\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'openvino', 'openvino_genai'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
