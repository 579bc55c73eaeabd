from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.pipeline import releases, review
from core.pipeline.application import Application
from core.pipeline.audit import AuditFormat, audit_file, audit_name
from core.pipeline.course_editing import edit_course
from core.records import Enhancement, Severity

Write = Callable[..., Enhancement]


@pytest.fixture
def audited(app: Application, catalog_id: str, write: Write) -> str:
    """One edited and published text, one rejected text, one draft whose source has changed since."""
    edited = write("PH2", "=Sound and light in rooms.", severity=Severity.SOFT)
    review.edit(app, edited.enhancement_id, "=Sound in rooms.", by="kim", reason="no light")
    review.reject(app, [write("PH1").enhancement_id], by="lee", reason="beside the point")
    releases.publish(app, catalog_id, by="kim", name="autumn")
    write("MA2")
    course = app.catalogs.course(catalog_id, "MA2")
    app.catalogs.update_course(
        catalog_id, replace(course, description="New.", description_raw="New.", content_hash="n")
    )
    return catalog_id


def rows_of(app: Application, catalog_id: str) -> dict[str, dict[str, object]]:
    lines = audit_file(app, catalog_id, AuditFormat.JSONL).decode().splitlines()
    return {row["course_key"]: row for row in map(json.loads, lines)}


def test_each_text_is_there_from_source_to_release(app: Application, audited: str) -> None:
    rows = rows_of(app, audited)
    assert set(rows) == {"PH2", "PH1", "MA2"}
    row = rows["PH2"]
    assert (row["source"], row["draft"], row["final"]) == (
        "Sound and rooms.",
        "=Sound and light in rooms.",
        "=Sound in rooms.",
    )
    assert row["draft_to_final"] == "=Sound [-and light -]in rooms."
    assert (row["state"], row["reviewer"], row["reason"]) == ("edited", "kim", "no light")
    assert (row["model"], row["engine"], row["precision"], row["prompt_version"]) == ("m", "fake", "float32", "v1")
    assert (row["releases"], row["in_use"]) == (["autumn"], True)
    assert [finding["check"] for finding in row["findings"]] == ["cut_off"]  # type: ignore[attr-defined]
    assert [decision["to"] for decision in row["decisions"]] == ["edited"]  # type: ignore[attr-defined]


def test_the_source_is_what_the_text_was_written_from_after_a_correction_too(
    app: Application, catalog_id: str, write: Write
) -> None:
    edit_course(app, app.catalogs.course(catalog_id, "PH2"), {"description": "How rooms sound."}, by="kim")
    write("PH2", "How big rooms sound.")
    row = rows_of(app, catalog_id)["PH2"]
    assert (row["source"], row["source_to_draft"]) == ("How rooms sound.", "How {+big +}rooms sound.")


def test_a_text_whose_course_an_older_database_lacks_is_there_without_a_source(
    app: Application, audited: str, write: Write
) -> None:
    draft = write("HI1", "Of a later import.")
    app.enhancements.save([replace(draft, enhancement_id="later", course_key="HI9")])
    row = rows_of(app, audited)["HI9"]
    assert (row["draft"], row["title"], row["source"], row["source_now"]) == ("Of a later import.", "", "", True)


def test_what_was_not_approved_has_no_final_text(app: Application, audited: str) -> None:
    rows = rows_of(app, audited)
    assert (rows["PH1"]["state"], rows["PH1"]["final"], rows["PH1"]["releases"]) == ("rejected", "", [])
    assert (rows["MA2"]["source"], rows["MA2"]["source_now"]) == ("", True)
    assert not rows["PH1"]["source_now"]


@pytest.mark.parametrize(("language", "heading"), [("en", "final text"), ("ko", "최종 설명")])
def test_the_table_opens_safely_in_a_spreadsheet(app: Application, audited: str, language: str, heading: str) -> None:
    content = audit_file(app, audited, AuditFormat.CSV, language)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert {row[heading] for row in rows} == {"'=Sound in rooms.", ""}
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_a_term_can_be_cut_out_by_date(app: Application, audited: str) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert audit_file(app, audited, AuditFormat.JSONL, since=soon) == b""
    earlier = soon - timedelta(days=1)
    whole = audit_file(app, audited, AuditFormat.JSONL)
    assert audit_file(app, audited, AuditFormat.JSONL, since=earlier) == whole


def test_the_file_is_named_after_the_catalog(app: Application, audited: str) -> None:
    assert audit_name(app, audited, AuditFormat.CSV).endswith(".csv")
    assert "audit" in audit_name(app, audited, AuditFormat.JSONL)
