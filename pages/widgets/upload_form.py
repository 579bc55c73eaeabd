"""What an uploaded table needs before it is stored: a look at it, its columns' meaning, its problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.catalog.mapping import ColumnMapping
from core.catalog.tables import Table
from core.config import MAX_UPLOAD_MIB
from core.i18n import Translator
from core.pipeline.intake import problems_file
from core.records import Problem

PREVIEW_ROWS = 8
SHOWN_PROBLEMS = 500  # the file to download has all of them
FIELDS_A_ROW = 4
_TWO_LINES = 56  # pixels of a row
_RED = "#e0383e"  # contrast of 4.3:1 on white and on the dark theme


def translate_upload_box(file_types: Sequence[str], t: Translator) -> None:
    """Put the reader's words in place of those that Streamlit writes into its upload box, which are English only.

    Why a browser did not send a file, Streamlit says only while the mouse is over it: that comes below the box.
    """
    kinds = ", ".join(kind.upper() for kind in file_types)
    rules = (
        ("button p", t("upload.choose")),
        ('[data-testid="stFileUploaderDropzoneInstructions"] span', t("upload.limit", mib=MAX_UPLOAD_MIB, kinds=kinds)),
    )
    box = '[data-testid="stFileUploaderDropzone"]:not(:has([data-testid="stFileUploaderFile"]))'
    for part, words in rules:
        st.html(
            f"<style>{box} {part} {{ font-size: 0 }}"
            f'{box} {part}::after {{ content: "{words}"; font-size: 0.93rem }}</style>'
        )
    refused = '[data-testid="stFileUploader"]:has([data-testid="stFileChip"][aria-invalid="true"])'
    words = t("upload.not_taken", mib=MAX_UPLOAD_MIB, kinds=kinds)
    st.html(
        f'<style>{refused}::after {{ content: "{words}"; display: block; margin-top: 0.5rem; color: {_RED} }}</style>'
    )


def draw_table_preview(table: Table, t: Translator, *, key: str) -> None:
    """The first rows as they came, every cell as text, with their row numbers in the file."""
    rows = table.rows[:PREVIEW_ROWS]
    cells = {t("upload.row"): [str(number) for number in table.row_numbers[: len(rows)]]}
    for position, column in enumerate(table.columns):
        cells[column] = [row[position] for row in rows]
    st.caption(t("upload.preview", shown=len(rows), rows=len(table.rows), columns=len(table.columns)))
    st.dataframe(cells, hide_index=True, key=key)


def choose_mapping(
    table: Table, proposed: ColumnMapping, fields: Sequence[str], label: Callable[[str], str], *, key: str
) -> ColumnMapping:
    """One selector a field, preset to the proposal. `label` names a field; `key` changes with the file."""
    chosen: dict[str, str] = {}
    for start in range(0, len(fields), FIELDS_A_ROW):
        for column, field in zip(st.columns(FIELDS_A_ROW), fields[start : start + FIELDS_A_ROW], strict=False):
            preset = proposed.fields.get(field)
            answer = column.selectbox(
                label(field),
                table.columns,
                index=table.columns.index(preset) if preset in table.columns else None,
                placeholder="—",
                key=f"{key}_{field}",
            )
            if answer is not None:
                chosen[field] = answer
    return ColumnMapping(chosen)


def draw_problems(problems: Sequence[Problem], t: Translator, *, key: str) -> None:
    """Problems by row, column and value with what to do, and all of them as a file."""
    if not problems:
        st.markdown(f":green[:material/check_circle: {t('upload.no_problems')}]")
        return
    shown = problems[:SHOWN_PROBLEMS]
    with st.expander(
        t("upload.problems", count=len(problems)), icon=":material/warning:", expanded=len(problems) <= 10
    ):
        st.dataframe(
            {
                t("upload.row"): ["" if problem.row_number is None else str(problem.row_number) for problem in shown],
                t("upload.column"): [problem.column for problem in shown],
                t("upload.value"): [problem.value for problem in shown],
                t("upload.what"): [t.message(problem.message) for problem in shown],
            },
            column_config={t("upload.what"): st.column_config.TextColumn(width="large")},
            hide_index=True,
            row_height=_TWO_LINES,
            key=f"{key}_table",
        )
        st.download_button(
            t("upload.download_problems"),
            lambda: problems_file(problems, t.language),
            file_name="problems.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"{key}_download",
            on_click="ignore",
        )
