from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from core.cli.main import main
from core.cli.replay_command import moment
from core.config import Config
from core.embedding.fake_encoder import FakeEncoder
from core.pipeline.application import Application
from core.pipeline.embedding import catalog_texts
from core.pipeline.intake import apply_catalog, preview_catalog
from core.pipeline.recommendation import recommend
from core.pipeline.settings import change_settings, read_settings
from core.pipeline.student_intake import apply_students, preview_students
from core.storage.journal_batch import Embedding

CATALOG = b"code,title,department,description\nMA1,Linear Algebra,Mathematics,\nPH1,Optics,Physics,Light.\n"
STUDENTS = b"student_id,department,year,interests\nS1,Mathematics,1,optics\n"


@pytest.fixture
def stored(own_state_folder: Path) -> None:
    """One student with one stored list."""
    with Application(Config(own_state_folder), watch_jobs=False) as app:
        change_settings(app, replace(read_settings(app), embedding_model="fake:"))
        catalog_id = apply_catalog(app, preview_catalog(app, CATALOG, "c.csv")).catalog_id
        apply_students(app, preview_students(app, STUDENTS, "s.csv", catalog_id=catalog_id))
        encoder = FakeEncoder()
        app.embeddings.put(
            [
                Embedding("fake:", key, np.asarray(encoder.encode_batch([text], role=role)[0], np.float32))
                for key, (text, role) in catalog_texts(app, catalog_id).texts.items()
            ]
        )
        recommend(app, catalog_id)


def test_a_list_comes_back_with_its_proofs_and_the_look_is_logged(
    stored: None, own_state_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "--student", "S1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [place["rank"] for place in result["recommendations"]] == [1, 2]
    assert (result["holds"], result["is_unaltered"], result["changed"], result["is_same_now"]) == (True, True, [], True)
    assert result["text_version"] and result["data_version"] and result["weight_set"]["version"] == 1
    with Application(Config(own_state_folder), watch_jobs=False) as app:
        entry, student_id = app.access_log.list()[0], app.students.id_of("S1")
    assert (entry.action, entry.subjects) == ("replay", (student_id,))


def test_before_the_first_run_there_is_nothing_to_replay(stored: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--student", "S1", "--at", "2020-01-31", "--lang", "en"]) == 1
    assert "by then" in capsys.readouterr().err


def test_an_altered_list_ends_with_1(stored: None, own_state_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Application(Config(own_state_folder), watch_jobs=False) as app, app.database.write() as cursor:
        cursor.execute("UPDATE recommendations SET course_key = 'invented' WHERE rank = 1")
    assert main(["replay", "--student", "S1", "--lang", "en"]) == 1
    output = capsys.readouterr().out
    assert "were altered" in output
    assert "1. invented" in output


def test_an_outdated_list_is_explained_with_a_note(
    stored: None, own_state_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "--student", "S1", "--lang", "en"]) == 0
    assert "outdated" not in capsys.readouterr().out
    with Application(Config(own_state_folder), watch_jobs=False) as app:
        without_year = b"student_id,department,interests\nS1,Mathematics,optics\n"
        apply_students(app, preview_students(app, without_year, "s.csv", catalog_id=app.catalogs.list()[0].catalog_id))
    assert main(["explain", "--student", "S1", "--lang", "en"]) == 0
    assert "These lists are outdated. Courses or students have changed since." in capsys.readouterr().out
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["catalog"]["lists_are_outdated"] is True


def test_a_date_means_its_end() -> None:
    end = moment("2026-03-01")
    assert end.tzinfo is not None
    assert end > moment("2026-03-01T23:59")
    assert end < moment("2026-03-02T00:00")
    assert moment("2026-03-01T09:30+09:00") == datetime.fromisoformat("2026-03-01T00:30+00:00")


def test_something_that_is_no_date_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["replay", "--student", "S1", "--at", "yesterday"])
    assert caught.value.code == 2
