"""What the model is told: versions of the prompt, editing with a preview, saving, putting to use and going back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.access.roles import Permission
from core.enhancement.prompt_rules import prompt_problems
from core.enhancement.prompts import Example, PromptTemplate
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.courses import courses_of
from core.pipeline.prompts import (
    MAX_NOTE_CHARACTERS,
    PROMPT_LANGUAGES,
    PromptVersion,
    make_default,
    preview,
    previous_default,
    prompt_versions,
    roll_back,
    save_prompt,
)
from core.records import Catalog, Course
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.prompt_trial import draw_trial
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, current_catalog

_MAX_COURSES = 300  # to choose from, those with the shortest texts first
_OUTCOME = "prompt_outcome"
_COLUMN_WIDTHS = {"title": 150, "department": 110, "note": 260, "description": 460}  # pixels
_NEXT_VERSION = "prompt_next_version"  # to be shown from the next run on


def draw_prompts(t: Translator) -> None:
    """The prompt of one language: choose a version, edit it, see what the model is told, try, save."""
    app = application()
    if outcome := st.session_state.pop(_OUTCOME, None):
        st.toast(outcome, icon=":material/check:")
    st.markdown(t("prompts.intro"))
    catalog = current_catalog()
    courses = _courses(app, catalog)
    language = _choose_language(courses, t)
    version = _choose_version(app, language, t)
    st.markdown(f"#### {t('prompts.edit')}")
    template = _edit(version, t)
    problems = prompt_problems(template)
    for problem in problems:
        st.warning(plain(t.message(problem)), icon=":material/edit_note:")
    if problems:
        return
    is_changed = template.content() != version.template.content()
    _draw_saving(app, template, is_changed, t)
    own = sorted((it for it in courses if (it.language or "en") == language), key=lambda it: len(it.description))
    if catalog is None or not own:
        st.caption(t("prompts.no_courses"))
        return
    _draw_preview(template, own, t)
    draw_trial(app, catalog, template if is_changed else version.template, own, t)


def _courses(app: Application, catalog: Catalog | None) -> Sequence[Course]:
    return () if catalog is None else courses_of(app, catalog.catalog_id)


def _choose_language(courses: Sequence[Course], t: Translator) -> str:
    used = courses[0].language if courses and courses[0].language in PROMPT_LANGUAGES else t.language
    chosen = st.segmented_control(
        t("prompts.language"),
        PROMPT_LANGUAGES,
        default=used,
        format_func=lambda language: t(f"prompts.language_{language}"),
        key="prompt_language",
        required=True,
    )
    return str(chosen)


def _choose_version(app: Application, language: str, t: Translator) -> PromptVersion:
    versions = {version.number: version for version in prompt_versions(app, language)}
    key = f"prompt_version_{language}"
    default = next(version.number for version in versions.values() if version.is_default)
    st.session_state[key] = st.session_state.pop(_NEXT_VERSION, None) or st.session_state.get(key, default)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(
            t("prompts.version"),
            list(versions),
            format_func=lambda number: _version_name(versions[number], t),
            key=key,
            width=420,
        )
        version = versions[number]
        if st.button(
            t("prompts.make_default"),
            icon=":material/check_circle:",
            disabled=(version.is_default) or not may(Permission.REVIEW),
            help=reason_why_not(Permission.REVIEW),
            key="prompt_use",
        ):
            make_default(app, language, version.number)
            _announce(t("prompts.chosen", number=version.number))
        before = previous_default(app, language)
        if before is not None and st.button(
            t("prompts.roll_back", number=before),
            icon=":material/undo:",
            help=reason_why_not(Permission.REVIEW) or t("prompts.roll_back_help"),
            disabled=not may(Permission.REVIEW),
            key=f"prompt_back_{before}",
        ):
            _announce(t("prompts.chosen", number=roll_back(app, language)))
    if version.note:
        st.caption(plain(t("prompts.note_of", note=version.note)))
    return version


def _version_name(version: PromptVersion, t: Translator) -> str:
    name = t("prompts.version_0")
    if version.number:
        by = version.author or t("prompts.nobody")
        name = t("prompts.version_n", number=version.number, author=by, when=moment(version.created_at, t))
    return t("prompts.default_mark", version=name) if version.is_default else name


def _edit(version: PromptVersion, t: Translator) -> PromptTemplate:
    """The template as the boxes have it; another version has boxes of its own."""
    shown, key = version.template, f"{version.template.language}_{version.number}"
    system = st.text_area(
        t("prompts.system"), shown.system, height=100, help=t("prompts.system_help"), key=f"prompt_system_{key}"
    )
    request = st.text_area(
        t("prompts.request"), shown.request, height=200, help=t("prompts.request_help"), key=f"prompt_request_{key}"
    )
    st.markdown(t("prompts.examples"), help=t("prompts.examples_help"))
    rows = st.data_editor(
        [_row(example) for example in shown.examples] or [_row(Example("", "", ""))],
        column_config={
            name: st.column_config.TextColumn(t(f"prompts.example_{name}"), width=width)
            for name, width in _COLUMN_WIDTHS.items()
        },
        num_rows="dynamic",
        row_height=70,
        key=f"prompt_examples_{key}",
    )
    examples = tuple(example for row in rows if (example := _example(row)) != Example("", "", ""))
    return PromptTemplate(shown.language, shown.name, system.strip(), request.strip(), examples)


def _row(example: Example) -> dict[str, str]:
    """In the order in which the model reads it."""
    return {name: getattr(example, name) for name in _COLUMN_WIDTHS}


def _example(row: dict[str, Any]) -> Example:
    return Example(**{name: " ".join(str(value or "").split()) for name, value in row.items()})


def _draw_saving(app: Application, template: PromptTemplate, is_changed: bool, t: Translator) -> None:
    if not is_changed:
        return
    with st.container(border=True, key="prompt_saving"):
        st.markdown(f":material/edit: {t('prompts.unsaved')}")
        note = st.text_input(
            t("prompts.note"), max_chars=MAX_NOTE_CHARACTERS, help=t("prompts.note_help"), key="prompt_note"
        )
        if st.button(
            t("prompts.save"),
            type="primary",
            icon=":material/save:",
            disabled=not may(Permission.REVIEW),
            help=reason_why_not(Permission.REVIEW),
            key="prompt_save",
        ):
            saved = save_prompt(app, template, note)
            st.session_state[_NEXT_VERSION] = saved.number
            _announce(t("prompts.saved", number=saved.number))


def _draw_preview(template: PromptTemplate, courses: list[Course], t: Translator) -> None:
    st.markdown(f"#### {t('prompts.preview')}")
    listed = {course.course_key: course for course in courses[:_MAX_COURSES]}
    chosen = st.selectbox(
        t("prompts.preview_course"),
        list(listed),
        format_func=lambda key: f"{listed[key].code} {listed[key].title}".strip(),
        key=f"prompt_preview_{template.language}",
        width=520,
    )
    messages = preview(template, listed[chosen])
    own = len(messages[-1]["content"])
    shared = sum(len(message["content"]) for message in messages) - own
    st.caption(t("prompts.preview_text", shared=shared, own=own))
    with st.container(border=True, height=360, key="prompt_messages"):
        for message in messages:
            st.caption(t(f"prompts.role_{message['role']}"))
            st.code(message["content"], language=None, wrap_lines=True)


def _announce(sentence: str) -> None:
    st.session_state[_OUTCOME] = sentence
    st.rerun()
