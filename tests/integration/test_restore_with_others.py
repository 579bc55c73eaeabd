"""A restore while other browsers are open: what they refresh by themselves goes on, and a second restore waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from core.access.actor import Actor, acting_as, local_actor
from core.access.roles import Role
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.backup import BackupFile, keep_backups, kept_backups, make_backup, restore_while_open
from core.pipeline.enhancement import EnhancementOptions, plan_enhancement, start_enhancement
from core.pipeline.jobs import cancel_job
from core.pipeline.settings import change_settings, read_settings
from pages.widgets import settings_data
from pages.widgets.session import application
from tests.pages_lab import catalog_of, open_page, run, shown


@pytest.mark.parametrize("name", ["overview", "enhance"])
def test_what_refreshes_itself_goes_on_after_a_restore(
    name: str, uploaded: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_settings(uploaded, replace(read_settings(uploaded), generation_model="fake:delay=3"))
    plan = plan_enhancement(uploaded, catalog_of(uploaded), None, EnhancementOptions())
    job_id = start_enhancement(uploaded, plan).job_id
    made = make_backup(uploaded)
    drawn = []

    def refreshed_after_a_restore(draw: Callable[..., None], **_: Any) -> Callable[..., None]:
        def refresh(*arguments: object) -> None:
            restore_while_open(uploaded, made.path)
            st.cache_resource.clear()
            draw(*arguments)
            drawn.append(name)
            st.stop()  # only this part of the page is drawn anew

        return refresh

    monkeypatch.setattr(st, "fragment", refreshed_after_a_restore)
    at = open_page(name, uploaded)
    cancel_job(application(), job_id)
    assert drawn == [name], shown(at)
    assert not at.error


def test_the_backup_whose_button_was_pressed_is_asked_about_though_a_newer_one_was_made(
    uploaded: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[BackupFile] = []
    monkeypatch.setattr(settings_data, "_confirm", lambda backup, t: asked.append(backup))
    wanted = make_backup(uploaded)
    at = open_page("settings", uploaded)
    button = next(each for each in at.button if each.label == Translator("en")("settings.restore"))
    make_backup(uploaded)
    button.click()
    at.run()
    assert [backup.path for backup in asked] == [wanted.path]


def test_two_restores_at_once_come_one_after_the_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    happened = []

    def restore_slowly(_: object, path: Path) -> None:
        happened.append("begins")
        time.sleep(0.1)
        happened.append("ends")

    monkeypatch.setattr(settings_data, "application", lambda: None)
    monkeypatch.setattr(settings_data, "restore_while_open", restore_slowly)
    monkeypatch.setattr(st.cache_resource, "clear", lambda: happened.append("clears"))
    backup = BackupFile(tmp_path, datetime.now(UTC), 1.0, "by_hand")
    both = [threading.Thread(target=settings_data._put_back, args=(backup,)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert happened == ["begins", "ends", "clears"] * 2


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.VIEWER])
def test_how_many_backups_are_kept_stays_as_somebody_else_has_set_it(
    uploaded: Application, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    monkeypatch.setattr("core.access.actor._source", lambda: Actor("kim", role, is_signed_in=True))
    at = open_page("settings", uploaded)
    with acting_as(local_actor()):
        keep_backups(uploaded, 20)
    run(at)
    assert not at.error
    assert kept_backups(uploaded) == 20
    assert [field.value for field in at.number_input if "kept_backups" in str(field.key)] == [20]
