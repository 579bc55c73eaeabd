"""What is looked at once a day, and who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.pipeline import daily_look
from core.pipeline.application import Application
from core.pipeline.backup import make_backup
from core.pipeline.daily_look import look, look_when_due
from core.pipeline.status import overview
from core.pipeline.verify import mend, verify


def test_it_is_looked_once_a_day_and_again_after_a_clock_that_was_ahead(app: Application, catalog_id: str) -> None:
    look_when_due(app)
    first = app.last_look
    assert first is not None and first.report.holds
    look_when_due(app)
    assert app.last_look is first
    for days in (1, -1):
        app.last_look = replace(first, at=first.at - timedelta(days=days))
        look_when_due(app)
        assert app.last_look.at > first.at


def test_the_overview_tells_what_does_not_hold_until_it_does(app: Application, catalog_id: str) -> None:
    (upload,) = app.config.uploads_folder.iterdir()
    content = upload.read_bytes()
    upload.unlink()
    look(app)
    step = overview(app, catalog_id).next_steps[0]
    assert (step.page, step.message.key, step.count) == ("settings", "pipeline.next.mend", 1)
    upload.write_bytes(content)
    look(app)
    assert "pipeline.next.mend" not in {step.message.key for step in overview(app, catalog_id).next_steps}


def test_what_does_not_hold_at_the_first_glance_only_is_no_fault(
    app: Application, catalog_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (upload,) = app.config.uploads_folder.iterdir()
    content = upload.read_bytes()
    upload.unlink()

    def verify_and_write(app: Application, *, every_list: bool) -> object:
        report = verify(app, every_list=every_list)
        upload.write_bytes(content)  # by somebody who was in the middle of it
        return report

    monkeypatch.setattr(daily_look, "verify", verify_and_write)
    assert look(app).holds


def test_a_file_that_is_gone_is_put_back_from_a_backup_while_the_dashboard_is_open(
    app: Application, catalog_id: str
) -> None:
    make_backup(app)
    (upload,) = app.config.uploads_folder.iterdir()
    content = upload.read_bytes()
    upload.unlink()
    assert not look(app).holds
    assert [step.key for step in mend(app).steps] == ["verify.files_put_back", "verify.repaired"]
    assert upload.read_bytes() == content
    assert look(app).holds
