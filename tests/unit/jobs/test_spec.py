from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import JobError
from core.i18n import LANGUAGES, Translator
from core.jobs.spec import ITEMS_FILE, OTHERS_FILE, SPEC_FILE, JobSpec, WorkItem, differences
from core.records import JobKind
from tests.jobs_lab import make_course, make_spec


def test_a_spec_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    spec = make_spec()
    spec.save(tmp_path)
    assert JobSpec.load(tmp_path) == spec


@given(title=st.text(max_size=40), extra=st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3))
@settings(max_examples=50, deadline=None)
def test_any_course_text_survives_the_job_folder(
    title: str, extra: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("job")
    course = replace(make_course(1), title=title, extra=extra)
    chat = ({"role": "user", "content": title},)
    spec = make_spec(items=(WorkItem("key", "hash", chat, course),))
    spec.save(folder)
    assert JobSpec.load(folder) == spec


def test_embedding_items_survive_the_job_folder(tmp_path: Path) -> None:
    spec = make_spec(kind=JobKind.EMBED, items=(WorkItem("hash", "hash", text="줄 하나\u2028둘", role="passage"),))
    spec.save(tmp_path)
    assert JobSpec.load(tmp_path) == spec


@pytest.mark.parametrize(
    "change",
    [
        {"model_ref": "other"},
        {"precision": "float32"},
        {"settings": {"seed": 1}},
        {"prompt_version": "2"},
        {"engine": "x"},
    ],
)
def test_what_changes_a_result_changes_the_settings_hash(change: dict[str, Any]) -> None:
    assert make_spec(**change).settings_hash != make_spec().settings_hash


def test_job_id_and_deadline_say_nothing_about_the_result() -> None:
    assert make_spec("other", item_deadline_seconds=1).settings_hash == make_spec().settings_hash


def test_the_same_work_has_the_same_idempotency_key() -> None:
    spec = make_spec()
    assert make_spec("other", items=spec.items[::-1]).idempotency_key == spec.idempotency_key
    assert make_spec(items=spec.items[1:]).idempotency_key != spec.idempotency_key
    assert make_spec(catalog_id="other").idempotency_key != spec.idempotency_key


def test_the_cache_key_does_not_ask_how_many_are_written_side_by_side() -> None:
    spec = make_spec()
    assert make_spec(batch_size=1, catalog_id="other", device="cuda").cache_key("a") == spec.cache_key("a")
    assert spec.cache_key("a") != spec.cache_key("b")
    assert make_spec(prompt_version="2").cache_key("a") != spec.cache_key("a")


@pytest.mark.parametrize("name", [SPEC_FILE, ITEMS_FILE, OTHERS_FILE])
def test_a_changed_or_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    make_spec(others=(make_course(1),)).save(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes().replace(b"0001", b"0009").replace(b'"engine": "fake"', b'"engine": "other"'))
    with pytest.raises(JobError):
        JobSpec.load(tmp_path)
    path.unlink()
    with pytest.raises(JobError):
        JobSpec.load(tmp_path)


def test_equal_specs_do_not_differ() -> None:
    assert differences(make_spec(), make_spec("other", count=3)) is None


def test_differences_are_named_in_words() -> None:
    old = make_spec(count=3)
    changed = tuple(replace(item, input_hash="new") for item in old.items)
    new = make_spec(model_ref="other", settings={**old.settings, "seed": 7}, items=changed)
    found = differences(old, new)
    assert found is not None
    sentences = {language: Translator(language)("jobs.has_changed", differences=found) for language in LANGUAGES}
    assert "the model, the setting “seed”, the source of some courses" in sentences["en"]
    assert "모델" in sentences["ko"]


def test_the_courses_to_compare_with_survive_the_job_folder_and_change_no_hash(tmp_path: Path) -> None:
    spec = make_spec(others=tuple(make_course(number) for number in range(3)))
    spec.save(tmp_path)
    assert JobSpec.load(tmp_path) == spec
    assert spec.settings_hash == make_spec().settings_hash
    assert spec.header() == make_spec().header()
