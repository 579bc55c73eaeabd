import pytest

from core.catalog.mapping import propose_mapping
from core.catalog.own_export import ADDED_FIELDS, MARK, added_heading, without_additions
from core.catalog.tables import Table
from core.records import Severity

TEXT = "Light as a wave and as a ray, with lenses, mirrors and what a camera and an eye make of them."


def table_of(columns, *rows) -> Table:
    return Table(tuple(columns), tuple(tuple(row) for row in rows), tuple(range(2, len(rows) + 2)), header_row=1)


@pytest.mark.parametrize("heading", ["final_description", "Approved description", "승인한 설명", f"승인한 설명{MARK}"])
def test_an_approved_text_is_never_proposed_as_the_departments_own(heading):
    found = propose_mapping(table_of(("code", "title", heading), ("PH1", "Optics", TEXT), ("PH2", "Sound", TEXT)))
    assert found.fields == {"code": "code", "title": "title"}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_an_export_added_goes_and_a_note_says_so(language):
    added = [added_heading(field, language) + (MARK if field == "model" else "") for field in ADDED_FIELDS]
    table = without_additions(
        table_of(("code", "'+hours", "title", *added), ("PH1", "'=1", "'tis", *["x"] * len(added)))
    )
    assert table.columns == ("code", "+hours", "title")
    assert table.rows == (("PH1", "=1", "'tis"),)
    (note,) = table.problems
    assert note.severity is Severity.NOTE
    assert note.message.params == {"columns": ", ".join(added)}


def test_another_programs_columns_of_the_same_name_stay():
    table = table_of(("code", "title", "model", "engine", "상태"), ("C1", "Cars", "T", "V8", "'=1"))
    assert without_additions(table) is table
