"""Weight sets, settings, measurements, the access log and stored values in a real DuckDB."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import StorageError
from core.records import Message
from core.storage import AccessLog, Database, MeasurementStore, SettingsStore, WeightStore
from core.storage.conversion import from_json, from_stored_time, now, to_json, to_stored_time

WEIGHTS = {"department": 0.7, "interest": 0.3}


def test_saving_makes_the_next_version_and_keeps_the_others(database: Database) -> None:
    store = WeightStore(database)
    first = store.save("catalog", "기본", WEIGHTS, "kim", "start")
    second = store.save("catalog", "기본", {"department": 0.5}, "lee", expected_version=first.version)
    assert (first.version, second.version) == (1, 2)
    assert store.list("catalog") == [second, first]
    assert store.get(first.weight_set_id).weights == WEIGHTS
    assert store.newest("catalog", "기본") == second
    assert store.list("other") == []
    with pytest.raises(StorageError, match="nothing"):
        store.get("nothing")


def test_the_second_to_save_is_told_who_was_first(database: Database) -> None:
    store = WeightStore(database)
    store.save("catalog", "a", WEIGHTS, "kim")
    store.save("catalog", "a", {"department": 1.0}, "lee", expected_version=1)
    for version in (0, 1):
        with pytest.raises(StorageError) as caught:
            store.save("catalog", "a", WEIGHTS, "kim", expected_version=version)
        assert caught.value.message.key == "storage.changed_by"
        assert caught.value.message.params["author"] == "lee"
    assert len(store.list("catalog")) == 2


def test_what_was_saved_last_comes_first_although_the_clock_was_set_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = WeightStore(database)
    store.save("catalog", "fair", WEIGHTS)
    earlier = now() - timedelta(hours=1)
    monkeypatch.setattr("core.storage.weight_store.now", lambda: earlier)
    store.save("catalog", "fair", WEIGHTS, expected_version=1)
    assert [each.version for each in store.list("catalog")] == [2, 1]


def test_publishing_and_rolling_back(database: Database) -> None:
    store = WeightStore(database)
    first, second = store.save("catalog", "a", WEIGHTS), store.save("catalog", "b", WEIGHTS)
    assert store.published("catalog") is None
    store.publish(first.weight_set_id)
    store.publish(second.weight_set_id)
    published = store.published("catalog")
    assert published is not None and published.weight_set_id == second.weight_set_id
    assert [item.is_published for item in store.list("catalog")] == [True, False]
    assert store.rollback("catalog").weight_set_id == first.weight_set_id
    assert store.published("catalog") == store.get(first.weight_set_id)
    with pytest.raises(StorageError):
        store.rollback("catalog")
    with pytest.raises(StorageError, match="nothing"):
        store.publish("nothing")


def test_settings_keep_any_json(database: Database) -> None:
    settings = SettingsStore(database)
    assert settings.get("language", "ko") == "ko"
    for value in ("en", {"a": [1, None, True]}, None, 0.5):
        settings.set("language", value)
        assert settings.get("language", "default") == value


def test_measurements_come_back_newest_first(database: Database) -> None:
    store = MeasurementStore(database)
    store.save_run("calibration", [{"engine": "fake", "tokens": 12.5}], {"cpu": "x", "cores": 2})
    run_id = store.save_run("profile", [], {})
    assert store.list()[0].run_id == run_id
    (run,) = store.list("calibration")
    assert (run.rows, run.machine) == (({"engine": "fake", "tokens": 12.5},), {"cpu": "x", "cores": 2})
    assert run.created_at.tzinfo is not None


def test_the_measurement_that_was_stored_last_is_the_newest_although_the_clock_was_set_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MeasurementStore(database)
    store.save_run("lift", [], {})
    earlier = now() - timedelta(hours=1)
    monkeypatch.setattr("core.storage.measurement_store.now", lambda: earlier)
    last = store.save_run("lift", [], {})
    assert store.list("lift")[0].run_id == last


def fill(log: AccessLog) -> None:
    for number in range(4):
        log.record("view", [f"S{number}", "S9"], "kim", "상담")


def test_the_access_log_says_who_saw_whom(database: Database) -> None:
    log = AccessLog(database)
    assert log.first_broken() is None
    fill(log)
    newest = log.list(limit=2)[0]
    assert (newest.sequence, newest.subjects, newest.actor, newest.reason) == (4, ("S3", "S9"), "kim", "상담")
    assert log.first_broken() is None


@pytest.mark.parametrize(
    ("forgery", "broken"),
    [
        ("UPDATE access_log SET actor = 'lee' WHERE sequence = 2", 2),
        ("UPDATE access_log SET subjects = '[]' WHERE sequence = 1", 1),
        ("UPDATE access_log SET recorded_at = '2020-01-01' WHERE sequence = 4", 4),
        ("DELETE FROM access_log WHERE sequence = 3", 3),
        ("DELETE FROM access_log WHERE sequence = 1", 1),
    ],
)
def test_a_changed_access_log_is_noticed(database: Database, forgery: str, broken: int) -> None:
    log = AccessLog(database)
    fill(log)
    with database.write() as cursor:
        cursor.execute(forgery)
    assert log.first_broken() == broken


@pytest.mark.parametrize(("cut", "missing"), [("sequence > 2", [3, 4]), ("sequence = 4", [4]), ("true", [1, 2, 3, 4])])
def test_entries_cut_off_at_the_end_show_in_the_journal(
    database: Database, tmp_path: Path, cut: str, missing: list[int]
) -> None:
    log = AccessLog(database, tmp_path / "access.log")
    fill(log)
    assert log.missing() == []
    assert stat.S_IMODE((tmp_path / "access.log").stat().st_mode) == 0o600
    with database.write() as cursor:
        cursor.execute(f"DELETE FROM access_log WHERE {cut}")
    assert log.first_broken() is None  # the chain alone cannot tell
    assert log.missing() == missing
    log.record("view", ["S5"], "kim")
    again = AccessLog(database, tmp_path / "access.log")
    assert again.missing() == missing  # nothing new takes the place of what is gone
    assert again.put_back() == len(missing)
    assert (again.missing(), again.first_broken(), len(again.list())) == ([], None, 5)


def test_a_kill_between_database_and_journal_leaves_no_gap(database: Database, tmp_path: Path) -> None:
    fill(AccessLog(database))  # in the database, not in the journal
    with (tmp_path / "access.log").open("w") as file:
        file.write('[1, "half a li')
    log = AccessLog(database, tmp_path / "access.log")
    log.record("view", ["S9"], "kim")
    assert len((tmp_path / "access.log").read_text().splitlines()) == 6
    assert (log.missing(), log.first_broken()) == ([], None)
    with database.write() as cursor:
        cursor.execute("DELETE FROM access_log")
    assert AccessLog(database, tmp_path / "access.log").put_back() == 5


@pytest.mark.parametrize("subjects", ["5", "null", '["\\ud800"]'])
def test_a_line_that_is_none_of_ours_is_passed_over(database: Database, tmp_path: Path, subjects: str) -> None:
    line = f'[1, "2026-01-01T00:00:00+00:00", "delete", {subjects}, "kim", "", "", ""]'
    (tmp_path / "access.log").write_text(f"{line}\n")
    log = AccessLog(database, tmp_path / "access.log")
    assert not log.lacks_deletions()
    assert log.put_back() == 0
    assert log.missing() == [1]


def test_a_forged_line_of_the_journal_is_not_put_back(database: Database, tmp_path: Path) -> None:
    log = AccessLog(database, tmp_path / "access.log")
    fill(log)
    text = (tmp_path / "access.log").read_text()
    with database.write() as cursor:
        cursor.execute("DELETE FROM access_log WHERE sequence = 4")
    (tmp_path / "access.log").write_text(text.replace("S3", "S4"))
    assert log.missing() == [4]
    assert log.put_back() == 0


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))])))
def test_a_time_comes_back_as_the_same_moment(moment: datetime) -> None:
    stored = to_stored_time(moment)
    assert stored is not None and stored.tzinfo is None
    assert from_stored_time(stored) == moment


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_json_and_messages_inside_come_back(value: object) -> None:
    message = Message("area.key", {"value": value, "inner": Message("area.other", {"n": 1})})
    assert from_json(to_json({"message": message, "value": value})) == {"message": message, "value": value}
