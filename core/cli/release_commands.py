"""Verbs about publishing: publish, rollback, releases, audit."""

from __future__ import annotations

import argparse
from datetime import UTC
from typing import Any

from core.cli.data_commands import choose_catalog
from core.cli.output import Console, Result, write_output
from core.errors import CourseLiftError
from core.pipeline import releases as publishing
from core.pipeline.application import Application
from core.pipeline.audit import audit_file, audit_name
from core.pipeline.export import write_export
from core.pipeline.settings import read_settings
from core.records import Release


def publish(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`publish`: the approved texts become the release in use."""
    catalog_id = choose_catalog(app, options)
    release = publishing.publish(
        app,
        catalog_id,
        by=_actor(app, options),
        name=options.name,
        note=options.note,
        despite_verdict=options.despite_verdict,
    )
    return Result(release_values(release), [_sentence(release, console)])


def rollback(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`rollback`: an earlier release is published again."""
    catalog_id = choose_catalog(app, options)
    _, *earlier = publishing.list_releases(app, catalog_id) or (None,)
    wanted = options.release
    found = [each for each in earlier if each and wanted in (None, each.release_id, each.name)]
    if not found:
        raise CourseLiftError("release.cli.no_earlier" if wanted is None else "release.cli.unknown", name=wanted or "")
    release = publishing.publish_again(
        app, found[0].release_id, by=_actor(app, options), despite_verdict=options.despite_verdict
    )
    return Result(release_values(release), [_sentence(release, console)])


def releases(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`releases`: every release of a catalog, the last published first."""
    catalog_id = choose_catalog(app, options)
    found = publishing.list_releases(app, catalog_id)
    lines = [
        console.t(
            "release.cli.line",
            mark="*" if each.is_current else " ",
            name=each.name,
            count=each.text_count,
            when=f"{each.published_at.astimezone():%Y-%m-%d %H:%M}",
        )
        for each in found
    ]
    data = {"catalog": catalog_id, "releases": [release_values(each) for each in found]}
    return Result(data, lines or [console.t("release.cli.none")])


def audit(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`audit`: every text of a catalog from source to release, as a file."""
    catalog_id = choose_catalog(app, options)
    since = None if options.since is None else options.since.astimezone(UTC)
    content = audit_file(app, catalog_id, options.format, console.t.language, since=since)
    path = options.output
    if path is None:
        path = write_export(app, content, audit_name(app, catalog_id, options.format))
    else:
        write_output(path, content)
    data = {"catalog": catalog_id, "path": str(path), "format": options.format.value, "bytes": len(content)}
    return Result(data, [console.t("cli.exported", path=path)])


def release_values(release: Release) -> dict[str, Any]:
    """A release as plain JSON values."""
    return {
        "release": release.release_id,
        "catalog": release.catalog_id,
        "name": release.name,
        "note": release.note,
        "texts": release.text_count,
        "embeds_generated": release.embeds_generated,
        "lift": dict(release.lift),
        "created_at": release.created_at.isoformat(),
        "created_by": release.created_by,
        "published_at": release.published_at.isoformat(),
        "published_by": release.published_by,
        "is_current": release.is_current,
    }


def _actor(app: Application, options: argparse.Namespace) -> str:
    return options.by or read_settings(app).actor or "cli"


def _sentence(release: Release, console: Console) -> str:
    embedded = console.t("release.cli.embeds" if release.embeds_generated else "release.cli.embeds_edited")
    return console.t("release.cli.published", name=release.name, count=release.text_count, embedded=embedded)
