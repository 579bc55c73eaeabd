"""The audit file of a catalog: every text from source to release, with who decided what when, one row a text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from core.catalog.export_safety import escape_cell
from core.enhancement.word_diff import Change, word_diff
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.table_files import file_stem
from core.records import Course, Enhancement
from core.storage.decisions import Decision

_MARKS = {Change.KEPT: "{}", Change.REMOVED: "[-{}-]", Change.ADDED: "{{+{}+}}"}  # as `git diff --word-diff` writes


class AuditFormat(StrEnum):
    """How an audit file is written."""

    CSV = "csv"  # UTF-8 with a byte order mark, safe against formula injection, headings in the reader's language
    JSONL = "jsonl"  # one JSON object a line, names always the same


def audit_file(
    app: Application, catalog_id: str, format: AuditFormat, language: str = "en", *, since: datetime | None = None
) -> bytes:
    """Every text of a catalog, oldest first; with `since` only those written or decided about from then on."""
    t = Translator(language)
    texts = [text for text in app.enhancements.of_catalog(catalog_id) if since is None or _last_touched(text) >= since]
    rows = list(_rows(app, catalog_id, texts, t))
    return _csv(rows, t) if format is AuditFormat.CSV else _json_lines(rows)


def audit_name(app: Application, catalog_id: str, format: AuditFormat) -> str:
    """A file name for the catalog's audit file, with today's date."""
    return f"{file_stem(app.catalogs.get(catalog_id).name)}-audit-{datetime.now(UTC):%Y-%m-%d}.{format}"


def _last_touched(text: Enhancement) -> datetime:
    return max(text.created_at, text.decided_at or text.created_at)


def _rows(app: Application, catalog_id: str, texts: Sequence[Enhancement], t: Translator) -> Iterator[dict[str, Any]]:
    courses = {course.course_key: course for course in app.catalogs.courses(catalog_id, active_only=False)}
    sources = app.catalogs.sources(catalog_id)
    decisions = app.enhancements.histories(catalog_id)
    releases = app.releases.names_by_text(catalog_id)
    current = app.releases.current(catalog_id)
    in_use = {} if current is None else app.releases.texts(current.release_id)
    for text in texts:
        key = text.course_key
        now = courses.get(key) or Course(key, "")  # an older database was put back, and the text came from its journal
        source = sources.get((key, text.source_hash), now)
        used = in_use.get(key)
        yield {
            **_about_course(source),
            "source_now": text.source_hash != now.content_hash,
            **_about_text(source, text, t),
            "decisions": [_decision(each) for each in decisions.get(text.enhancement_id, ())],
            **_about_making(text),
            "releases": list(releases.get(text.enhancement_id, ())),
            "in_use": used is not None and used.enhancement_id == text.enhancement_id,
        }


def _about_course(source: Course) -> dict[str, Any]:
    """The course as it was when the text was written, corrections by people included."""
    names = ("course_key", "code", "title", "department", "category", "language")
    return {**{name: getattr(source, name) for name in names}, "source": source.description}


def _about_text(source: Course, text: Enhancement, t: Translator) -> dict[str, Any]:
    final = text.published_text if text.state.is_published else ""
    return {
        "draft": text.text,
        "final": final,
        "source_to_draft": _diff(source.description, text.text),
        "draft_to_final": _diff(text.text, final) if final else "",
        "state": text.state.value,
        "findings": [
            {
                "check": each.check,
                "severity": each.severity.value,
                "message": t.message(each.message),
                "start": each.start,
                "end": each.end,
            }
            for each in text.findings
        ],
        "reviewer": text.decided_by,
        "reason": text.reason,
        "written_at": text.created_at.isoformat(),
        "decided_at": "" if text.decided_at is None else text.decided_at.isoformat(),
    }


def _about_making(text: Enhancement) -> dict[str, Any]:
    made = text.provenance
    return {
        "seconds": round(text.seconds, 3),
        "model": made.model,
        "engine": made.engine,
        "precision": made.precision,
        "device": made.device,
        "prompt_version": made.prompt_version,
        "settings": dict(made.settings),
        "seed": made.seed,
        "job": text.job_id,
        "enhancement": text.enhancement_id,
    }


def _decision(decision: Decision) -> dict[str, str]:
    return {
        "at": decision.decided_at.isoformat(),
        "by": decision.decided_by,
        "from": decision.previous_state.value,
        "to": decision.state.value,
        "reason": decision.reason,
    }


def _diff(before: str, after: str) -> str:
    return "".join(_MARKS[run.change].format(run.text) for run in word_diff(before, after))


def _json_lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _csv(rows: Sequence[Mapping[str, Any]], t: Translator) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    names = list(rows[0]) if rows else []  # a catalog without texts has nothing to head
    writer.writerow([t(f"release.audit.{name}") for name in names])
    writer.writerows([[escape_cell(_cell(row[name])) for name in names] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    """Lists of records as one line each, everything else as it is."""
    if isinstance(value, list):
        return "\n".join(each if isinstance(each, str) else " · ".join(map(str, each.values())) for each in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | bool) else str(value)
