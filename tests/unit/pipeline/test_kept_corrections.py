"""A later upload and what people corrected in review."""

from __future__ import annotations

import pytest

from core.pipeline import review
from core.pipeline.application import Application
from core.pipeline.course_editing import edit_course
from core.pipeline.intake import CatalogPreview, apply_catalog, preview_catalog, remap_catalog
from core.records import ReviewState


@pytest.fixture
def corrected(app: Application, catalog_id: str) -> str:
    edit_course(app, app.catalogs.course(catalog_id, "PH1"), {"title": "Wave Optics"}, by="kim")
    return catalog_id


def next_term(app: Application, catalog_id: str, file: bytes) -> CatalogPreview:
    return preview_catalog(app, file, "autumn term.csv", catalog_id=catalog_id)


def test_the_correction_is_kept_shown_and_counted(app: Application, corrected: str, catalog_file: bytes) -> None:
    preview = next_term(app, corrected, catalog_file)
    (shown,) = preview.corrections
    assert (shown.course.course_key, shown.field, shown.in_file, shown.kept) == (
        "PH1",
        "title",
        "Optics",
        "Wave Optics",
    )
    assert preview.diff is not None
    assert not (preview.diff.changed or preview.diff.renamed)
    assert apply_catalog(app, preview).corrections == 1
    assert app.catalogs.course(corrected, "PH1").title == "Wave Optics"


def test_a_text_approved_for_the_corrected_course_stays_approved(
    app: Application, corrected: str, catalog_file: bytes, write
) -> None:
    text = write("PH1").enhancement_id
    review.approve(app, [text], by="lee")
    apply_catalog(app, next_term(app, corrected, catalog_file))
    assert app.enhancements.get(text).state is ReviewState.APPROVED


def test_the_file_counts_where_a_person_says_so_and_from_then_on(
    app: Application, corrected: str, catalog_file: bytes
) -> None:
    preview = remap_catalog(app, next_term(app, corrected, catalog_file), catalog_id=corrected, keeps_corrections=False)
    assert preview.corrections == ()
    assert preview.diff is not None
    assert [new.title for _, new in preview.diff.renamed] == ["Optics"]
    apply_catalog(app, preview)
    assert app.catalogs.course(corrected, "PH1").title == "Optics"
    assert next_term(app, corrected, catalog_file).corrections == ()


def test_a_correction_made_while_the_file_was_looked_at_is_kept_too(
    app: Application, corrected: str, catalog_file: bytes
) -> None:
    preview = next_term(app, corrected, catalog_file)
    edit_course(app, app.catalogs.course(corrected, "PH1"), {"credits": "7"}, by="kim")
    apply_catalog(app, preview)
    course = app.catalogs.course(corrected, "PH1")
    assert (course.title, course.credits) == ("Wave Optics", "7")


def test_a_correction_is_named_but_not_applied_where_another_course_got_the_code(
    app: Application, corrected: str, catalog_file: bytes
) -> None:
    preview = next_term(
        app, corrected, catalog_file.replace(b"PH1,Optics,Physics,Optics", b"PH1,Mechanics,Physics,Forces")
    )
    assert [(each.field, each.kept, each.is_kept) for each in preview.corrections] == [("title", "Wave Optics", False)]
    done = apply_catalog(app, preview)
    assert (done.corrections, done.corrections_not_applied) == (0, 1)
    assert app.catalogs.course(corrected, "PH1").title == "Mechanics"
