"""Texts with marked words: the model's own words, findings, differences.

This is the one place that writes HTML. All of it is built here from constants, and every text from data goes
through `html.escape` first, so that nothing a catalog or a model says can become markup; Streamlit cleans the
result once more. The colours are see-through, so that they hold on light and dark pages.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from core.enhancement.word_diff import Change, WordRun
from core.i18n import Translator
from core.pipeline.review_screen import TextPart, mark_text
from core.records import Course, Enhancement, Severity

_ADDED = "background:rgba(230,159,0,0.22);border-radius:3px;padding:1px 0"
_UNDERLINES = {
    Severity.HARD: "text-decoration:underline wavy #D55E00 2px;text-underline-offset:4px",
    Severity.SOFT: "text-decoration:underline dotted #CC79A7 2px;text-underline-offset:4px",
    Severity.NOTE: "text-decoration:underline dotted #8A8F98 1px;text-underline-offset:4px",
}
_CHANGES = {
    Change.REMOVED: "text-decoration:line-through;background:rgba(138,143,152,0.22);border-radius:3px",
    Change.ADDED: "background:rgba(0,158,115,0.25);border-radius:3px;text-decoration:none",
}
_SMALL = "font-size:0.85rem;opacity:0.85"
_BLOCK = "white-space:pre-wrap;line-height:1.7;overflow-wrap:anywhere"


def parts_html(parts: Sequence[TextPart], tips: Sequence[str]) -> str:
    """A draft as HTML: the model's own words shaded, findings underlined, their sentences as tooltips.

    tips: one sentence for each finding of the enhancement, in their order.
    """
    return _block("".join(_part(part, tips) for part in parts))


def _part(part: TextPart, tips: Sequence[str]) -> str:
    styles = [_ADDED] if part.is_added else []
    if part.severity is not None:
        styles.append(_UNDERLINES[part.severity])
    tip = " · ".join(tips[index] for index in part.finding_indexes)
    return _span("mark" if part.is_added else "span", part.text, ";".join(styles), tip)


def diff_html(runs: Sequence[WordRun]) -> str:
    """The way from one text to another as HTML: left out words struck through, new ones shaded."""
    tags = {Change.REMOVED: "del", Change.ADDED: "ins", Change.KEPT: "span"}
    return _block("".join(_span(tags[run.change], run.text, _CHANGES.get(run.change, "")) for run in runs))


def _span(tag: str, text: str, style: str, tip: str = "") -> str:
    if not style and not tip:
        return html.escape(text)
    title = f' title="{html.escape(tip, quote=True)}"' if tip else ""
    return f'<{tag} style="color:inherit;{style}"{title}>{html.escape(text)}</{tag}>'


def _block(content: str) -> str:
    return f'<div style="{_BLOCK}">{content}</div>'


def enhancement_text(course: Course, enhancement: Enhancement, t: Translator) -> None:
    """Draw a generated text, wherever it is shown, with the words marked that its course does not have."""
    draft_text(mark_text(course, enhancement), [t.message(finding.message) for finding in enhancement.findings])


def added_legend(added: str) -> None:
    """Draw what the mark of the model's own words means, in that mark."""
    st.html(f'<div style="{_SMALL}">{_span("mark", added, _ADDED)}</div>')


def draft_text(parts: Sequence[TextPart], tips: Sequence[str]) -> None:
    """Draw a draft with its marks."""
    st.html(parts_html(parts, tips))


def diff_text(runs: Sequence[WordRun]) -> None:
    """Draw a difference."""
    st.html(diff_html(runs))


def legend(added: str, hard: str, soft: str) -> None:
    """Draw what the marks of a draft mean, each sentence in its own mark."""
    samples = (
        ("mark", added, _ADDED),
        ("span", hard, _UNDERLINES[Severity.HARD]),
        ("span", soft, _UNDERLINES[Severity.SOFT]),
    )
    drawn = " &nbsp; ".join(_span(tag, text, style) for tag, text, style in samples)
    st.html(f'<div style="{_SMALL}">{drawn}</div>')
