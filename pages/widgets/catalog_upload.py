"""The way of an uploaded catalog: read it, check the columns, see what it changes, apply it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.access.roles import Permission
from core.catalog.comparison import CatalogDiff, differing_fields
from core.catalog.corrections import Correction
from core.catalog.mapping import COURSE_FIELDS, ColumnMapping
from core.config import MAX_UPLOAD_MIB
from core.errors import CourseLiftError, IntakeError
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.intake import CatalogImport, CatalogPreview, apply_catalog, preview_catalog, remap_catalog
from core.records import Catalog, Course
from pages.widgets.display import Figure, course_table, metric_row, plain
from pages.widgets.formats import duration
from pages.widgets.navigation import go_to_button
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import select_catalog, show_error
from pages.widgets.upload_form import choose_mapping, draw_problems, draw_table_preview, translate_upload_box

_FILE_TYPES = ("csv", "tsv", "txt", "xlsx", "json", "jsonl", "ndjson")
_LISTED_COURSES = 500  # of each kind of change


@dataclass(frozen=True, slots=True)
class Choices:
    """What people decide about an uploaded file."""

    mapping: ColumnMapping
    catalog_id: str | None  # None: a new catalog
    merge_sections: bool
    keeps_corrections: bool


def draw_upload(app: Application, catalog: Catalog | None, t: Translator) -> None:
    """The upload with everything that follows from it."""
    done: CatalogImport | None = st.session_state.get("catalog_import")
    if done is not None:
        draw_import(done, t)
        return
    translate_upload_box(_FILE_TYPES, t)
    upload = st.file_uploader(
        t("catalog.upload"),
        type=_FILE_TYPES,
        max_upload_size=MAX_UPLOAD_MIB,
        disabled=not may(Permission.IMPORT_CATALOG),
        help=reason_why_not(Permission.IMPORT_CATALOG) or t("catalog.upload_help"),
        key="catalog_file",
    )
    if upload is None:
        _forget_previews()
        st.markdown(t("catalog.upload_text"))
        return
    try:
        first = _first_preview(app, upload.file_id, upload.getvalue(), upload.name, catalog, t)
        preview = _preview_of(app, first, _draw_choices(app, first, t))
    except CourseLiftError as error:
        show_error(error)
        return
    draw_preview(app, preview, t)


def _first_preview(
    app: Application, file_id: str, content: bytes, name: str, catalog: Catalog | None, t: Translator
) -> CatalogPreview:
    """The file as it is understood without a hand; read once, then kept for the session."""
    kept = st.session_state.get("catalog_preview")
    if kept is None or kept[0] != file_id:
        updated = catalog.catalog_id if catalog and not catalog.is_sample else None
        with st.spinner(t("catalog.reading")):
            kept = (file_id, preview_catalog(app, content, name, catalog_id=updated))
        st.session_state["catalog_preview"] = kept
    preview: CatalogPreview = kept[1]
    return preview


def _draw_choices(app: Application, first: CatalogPreview, t: Translator) -> Choices:
    """The columns, the catalog to update and whether to merge sections, as proposed until changed."""
    key = first.upload.content_hash[:12]
    st.markdown(f"#### {t('catalog.columns_title')}")
    st.caption(t("catalog.columns_remembered" if first.was_remembered else "catalog.columns_help"))
    mapping = choose_mapping(
        first.table, first.mapping, COURSE_FIELDS, lambda field: t(f"widgets.field_{field}"), key=f"map_{key}"
    )
    with st.expander(t("catalog.first_rows"), icon=":material/table_rows:"):
        draw_table_preview(first.table, t, key=f"rows_{key}")
    names = {catalog.catalog_id: catalog.name for catalog in app.catalogs.list()}
    target = st.selectbox(
        t("catalog.target"),
        ("", *names),
        index=["", *names].index(first.catalog_id or ""),
        format_func=lambda catalog_id: t("catalog.update", name=names[catalog_id]) if catalog_id else t("catalog.new"),
        key=f"target_{key}",
    )
    groups = first.intake.section_groups
    merge = not groups or st.checkbox(
        t("catalog.merge", groups=groups), value=True, help=t("catalog.merge_help"), key=f"merge_{key}"
    )
    edited = len(app.catalogs.edited_keys(target)) if target else 0
    keep = not edited or st.checkbox(
        t("catalog.keep", courses=edited), value=True, help=t("catalog.keep_help"), key=f"keep_{key}"
    )
    return Choices(mapping, target or None, merge, keep)


def _preview_of(app: Application, first: CatalogPreview, choices: Choices) -> CatalogPreview:
    """What the file would bring under the choices; worked out again only when one of them changes."""
    if choices == Choices(first.mapping, first.catalog_id, True, True):
        return first
    identity = (first.upload.content_hash, choices)
    kept = st.session_state.get("catalog_remapped")
    if kept is None or kept[0] != identity:
        preview = remap_catalog(
            app,
            first,
            mapping=choices.mapping,
            catalog_id=choices.catalog_id,
            merge_sections=choices.merge_sections,
            keeps_corrections=choices.keeps_corrections,
        )
        kept = (identity, preview)
        st.session_state["catalog_remapped"] = kept
    remapped: CatalogPreview = kept[1]
    return remapped


def draw_preview(app: Application, preview: CatalogPreview, t: Translator) -> None:
    """What the file would bring, its problems and changes, and the button that applies it."""
    st.markdown(f"#### {t('catalog.result_title')}")
    figures = [
        Figure(t("catalog.rows"), len(preview.table.rows)),
        Figure(t("catalog.courses"), len(preview.intake.courses)),
        Figure(t("catalog.problems"), len(preview.problems)),
    ]
    diff = preview.diff
    if diff is not None:
        figures += [
            Figure(t("catalog.added"), len(diff.added)),
            Figure(t("catalog.changed"), len(diff.changed)),
            Figure(t("catalog.renamed"), len(diff.renamed)),
            Figure(t("catalog.removed"), len(diff.removed)),
            Figure(t("catalog.unchanged"), len(diff.unchanged)),
        ]
    metric_row(figures)
    draw_problems(preview.problems, t, key="catalog_problems")
    draw_corrections(preview.corrections, t)
    if diff is None:
        with st.expander(t("catalog.courses_preview"), icon=":material/menu_book:"):
            course_table(preview.intake.courses[:_LISTED_COURSES], t, key="new_courses")
    else:
        draw_changes(diff, t)
    draw_apply(app, preview, t)


def draw_corrections(corrections: Sequence[Correction], t: Translator) -> None:
    """Where the file differs from what people corrected here: both, and which of them stays."""
    for is_kept, name, column in ((True, "corrections", "kept"), (False, "not_applied", "corrected")):
        listed = [each for each in corrections if each.is_kept is is_kept]
        if not listed:
            continue
        with st.expander(t(f"catalog.{name}", count=len(listed)), icon=":material/edit_note:", expanded=True):
            st.caption(t(f"catalog.{name}_help"))
            st.dataframe(
                {
                    t("widgets.code"): [each.course.code for each in listed],
                    t("widgets.course_title"): [each.course.title for each in listed],
                    t("catalog.field"): [t(f"widgets.field_{each.field}") for each in listed],
                    t("catalog.in_file"): [each.in_file for each in listed],
                    t(f"catalog.{column}"): [each.kept for each in listed],
                },
                key=f"catalog_{name}",
                hide_index=True,
            )


def draw_changes(diff: CatalogDiff, t: Translator) -> None:
    """New, changed, renamed and removed courses, each in a tab of its own."""
    kinds: dict[str, Sequence[Course]] = {
        "added": diff.added,
        "changed": [new for _, new in diff.changed],
        "renamed": [new for _, new in diff.renamed],
        "removed": diff.removed,
    }
    more = {"changed": _differences(diff.changed, t), "renamed": _differences(diff.renamed, t)}
    shown = [kind for kind, courses in kinds.items() if courses]
    if not shown:
        st.info(t("catalog.no_changes"), icon=":material/info:")
        return
    tabs = st.tabs([t(f"catalog.{kind}_count", count=len(kinds[kind])) for kind in shown])
    for tab, kind in zip(tabs, shown, strict=True):
        with tab:
            st.caption(t(f"catalog.{kind}_help"))
            course_table(kinds[kind][:_LISTED_COURSES], t, key=f"diff_{kind}", extra=more.get(kind))


def _differences(pairs: Sequence[tuple[Course, Course]], t: Translator) -> dict[str, Sequence[str]]:
    """Columns that say in which fields two terms differ, and what stood there before and stands there now."""
    listed = [(old, new, differing_fields(old, new)) for old, new in pairs[:_LISTED_COURSES]]
    return {
        t("catalog.what_changed"): [", ".join(t(f"widgets.field_{name}") for name in names) for *_, names in listed],
        t("catalog.before"): [" · ".join(getattr(old, name) for name in names) for old, _, names in listed],
        t("catalog.after"): [" · ".join(getattr(new, name) for name in names) for _, new, names in listed],
    }


def draw_apply(app: Application, preview: CatalogPreview, t: Translator) -> None:
    """The name of a new catalog, and the button that stores the file."""
    name = ""
    if preview.catalog_id is None:
        name = st.text_input(t("catalog.name"), value=preview.suggested_name, key="catalog_name", max_chars=120)
    ready = bool(preview.intake.courses) and (preview.catalog_id is not None or bool(name.strip()))
    conflict = st.session_state.pop("catalog_conflict", None)
    if conflict is not None:
        st.warning(plain(t.message(conflict)), icon=":material/group:")
    label = t("catalog.apply", count=len(preview.intake.courses))
    if st.button(
        label,
        type="primary",
        icon=":material/check:",
        disabled=(not ready) or not may(Permission.IMPORT_CATALOG),
        help=reason_why_not(Permission.IMPORT_CATALOG),
        key="apply_catalog",
    ):
        with st.spinner(t("catalog.applying")):
            done = _apply(app, preview, name.strip())
        _forget_previews()
        st.session_state["catalog_import"] = done
        select_catalog(done.catalog_id)
        st.rerun()


def _apply(app: Application, preview: CatalogPreview, name: str) -> CatalogImport:
    """What the import did; when somebody else imported a file meanwhile, the page compares anew and says so."""
    try:
        return apply_catalog(app, preview, name=name)
    except IntakeError as error:
        if error.message.key != "pipeline.error.imported_meanwhile":
            raise
        st.session_state["catalog_conflict"] = error.message
        _forget_previews()
        st.rerun()


def _forget_previews() -> None:
    for name in ("catalog_preview", "catalog_remapped"):
        st.session_state.pop(name, None)


def draw_import(done: CatalogImport, t: Translator) -> None:
    """What an import did and where to go from here."""
    st.success(
        t("catalog.applied", courses=done.courses, seconds=duration(done.seconds, t)), icon=":material/task_alt:"
    )
    metric_row(
        [
            Figure(t("catalog.added"), done.added),
            Figure(t("catalog.changed"), done.changed),
            Figure(t("catalog.renamed"), done.renamed),
            Figure(t("catalog.removed"), done.removed),
            Figure(t("catalog.unchanged"), done.unchanged),
        ]
    )
    if done.corrections:
        st.caption(t("catalog.corrections_kept", count=done.corrections))
    if done.corrections_not_applied:
        st.caption(t("catalog.not_applied", count=done.corrections_not_applied))
    if done.problems:
        draw_problems(done.problems, t, key="import_problems")
    with st.container(horizontal=True):
        go_to_button("enhance", t("catalog.go_enhance"), key="go_enhance", primary=True)
        if st.button(t("catalog.upload_another"), icon=":material/upload_file:", key="upload_another"):
            del st.session_state["catalog_import"]
            st.rerun()
