"""The verbs and their options."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias

from core.cli.replay_command import moment
from core.cli.students_command import add_students_options
from core.cli.users_command import add_users_options
from core.config import DEFAULT_TOP_K
from core.evaluation.lift import MIN_COURSES
from core.i18n import LANGUAGES, Translator
from core.pipeline.audit import AuditFormat
from core.pipeline.calibration import DEFAULT_SECONDS
from core.pipeline.export import ExportFormat
from core.pipeline.lift import DEFAULT_COURSES, MAX_COURSES
from core.pipeline.profile import DEFAULT_BATCH, DEFAULT_PRECISIONS
from core.pipeline.profile import DEFAULT_SECONDS as PROFILE_SECONDS
from core.pipeline.settings import ENGINES, PRECISIONS

_Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class _Adder(Protocol):
    def __call__(self, name: str, parent: _Verbs = ...) -> argparse.ArgumentParser: ...


def build_parser(t: Translator) -> argparse.ArgumentParser:
    """The parser, its help in the translator's language. `verb` names the verb in the parsed arguments."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=t("cli.help.json"))
    common.add_argument("--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=t("cli.help.lang"))
    parser = argparse.ArgumentParser(prog="python -m core", description=t("cli.help.program"), parents=[common])
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def add(name: str, parent: _Verbs = verbs) -> argparse.ArgumentParser:
        key = f"cli.help.{parent.dest}_{name}" if parent is not verbs else f"cli.help.{name}"
        return parent.add_parser(name, parents=[common], help=t(key), description=t(key))

    _add_intake(add("intake"), add, t)
    _with_catalog(add("triage"), t)
    _add_writing(_with_catalog(add("enhance"), t), t).add_argument(
        "--limit", type=_positive, metavar="N", help=t("cli.help.limit")
    )
    add("resume").add_argument("--job", required=True, help=t("cli.help.job"))
    approve = add("approve")
    approve.add_argument("--job", required=True, help=t("cli.help.job"))
    approve.add_argument("--passing", action="store_true", required=True, help=t("cli.help.passing"))
    approve.add_argument("--by", default="", help=t("cli.help.by"))
    _add_writing(_with_catalog(add("lift"), t), t).add_argument(
        "--courses", type=_courses, default=DEFAULT_COURSES, metavar="N", help=t("lift.cli.help_courses")
    )
    _add_releases(add, t)
    _add_lists(add, t)
    _add_export(_with_catalog(add("export"), t), t)
    _with_catalog(add("status"), t)
    models = add("models").add_subparsers(dest="models", required=True, metavar="ACTION")
    add("install", models)
    add("list", models)
    students = add("students").add_subparsers(dest="students", required=True, metavar="ACTION")
    add_students_options(students, add, t)
    users = add("users").add_subparsers(dest="users", required=True, metavar="ACTION")
    add_users_options(users, add, t)
    add("backup")
    calibrate, budget = add("calibrate"), round(DEFAULT_SECONDS)
    calibrate.add_argument("--seconds", type=_positive, default=budget, metavar="N", help=t("calibration.help_seconds"))
    _add_profile(add("profile"), t)
    add("restore").add_argument("file", type=Path, help=t("cli.help.backup_file"))
    add("verify").add_argument("--repair", action="store_true", help=t("cli.help.repair"))
    return parser


def _add_intake(intake: argparse.ArgumentParser, add: _Adder, t: Translator) -> None:
    kinds = intake.add_subparsers(dest="intake", required=True, metavar="WHAT")
    catalog = _with_catalog(add("catalog", kinds), t)
    catalog.add_argument("file", type=Path, help=t("cli.help.file"))
    catalog.add_argument("--name", default="", help=t("cli.help.name"))
    catalog.add_argument("--keep-sections", action="store_true", help=t("cli.help.keep_sections"))
    students = _with_catalog(add("students", kinds), t)
    students.add_argument("file", type=Path, help=t("cli.help.file"))


def _add_writing(enhance: argparse.ArgumentParser, t: Translator) -> argparse.ArgumentParser:
    enhance.add_argument("--engine", choices=ENGINES, help=t("cli.help.engine"))
    enhance.add_argument("--model", metavar="REF", help=t("cli.help.model"))
    enhance.add_argument("--confirm-endpoint", action="store_true", help=t("endpoint.help_confirm"))
    enhance.add_argument("--precision", choices=PRECISIONS, help=t("cli.help.precision"))
    enhance.add_argument("--max-new-tokens", type=_positive, metavar="N", help=t("cli.help.max_new_tokens"))
    enhance.add_argument("--batch-size", type=_positive, metavar="N", help=t("cli.help.batch_size"))
    enhance.add_argument("--seed", type=int, metavar="N", help=t("cli.help.seed"))
    enhance.add_argument("--greedy", action="store_true", help=t("cli.help.greedy"))
    return enhance


def _add_lists(add: _Adder, t: Translator) -> None:
    """From vectors to lists, and what explains them."""
    embed = _with_catalog(add("embed"), t)
    embed.add_argument("--model", metavar="REF", help=t("cli.help.embed_model"))
    recommend = _with_catalog(add("recommend"), t)
    recommend.add_argument("--weights", metavar="NAME=N,...", help=t("cli.help.weights"))
    recommend.add_argument("--top", type=_positive, default=DEFAULT_TOP_K, metavar="N", help=t("cli.help.top"))
    explain, replay = _with_catalog(add("explain"), t), _with_catalog(add("replay"), t)
    for verb in (explain, replay):
        verb.add_argument("--student", required=True, metavar="ID", help=t("cli.help.student"))
    replay.add_argument("--at", type=moment, metavar="DATE", help=t("cli.help.at"))


def _add_releases(add: _Adder, t: Translator) -> None:
    publish, rollback = _with_catalog(add("publish"), t), _with_catalog(add("rollback"), t)
    publish.add_argument("--name", default="", help=t("release.cli.name"))
    publish.add_argument("--note", default="", help=t("release.cli.note"))
    rollback.add_argument("--release", metavar="ID", help=t("release.cli.release"))
    for verb in (publish, rollback):
        verb.add_argument("--by", default="", help=t("release.cli.by"))
        verb.add_argument("--despite-verdict", action="store_true", help=t("release.cli.despite"))
    _with_catalog(add("releases"), t)
    audit = _with_catalog(add("audit"), t)
    audit.add_argument("--format", type=AuditFormat, choices=list(AuditFormat), default=AuditFormat.CSV)
    audit.add_argument("--since", type=_since, metavar="DATE", help=t("release.cli.since"))
    audit.add_argument("--output", type=Path, metavar="FILE", help=t("cli.help.output"))


def _add_profile(profile: argparse.ArgumentParser, t: Translator) -> None:
    precisions = ",".join(DEFAULT_PRECISIONS)
    profile.add_argument("--precisions", default=precisions, metavar="A,B", help=t("profile.help_precisions"))
    profile.add_argument("--batch-size", type=_positive, default=DEFAULT_BATCH, help=t("profile.help_batch"))
    seconds = round(PROFILE_SECONDS)
    profile.add_argument("--seconds", type=_positive, default=seconds, metavar="N", help=t("profile.help_seconds"))


def _add_export(export: argparse.ArgumentParser, t: Translator) -> None:
    export.add_argument("--format", type=ExportFormat, choices=list(ExportFormat), default=ExportFormat.CSV)
    export.add_argument("--output", type=Path, metavar="FILE", help=t("cli.help.output"))


def _with_catalog(parser: argparse.ArgumentParser, t: Translator) -> argparse.ArgumentParser:
    parser.add_argument("--catalog", metavar="ID", help=t("cli.help.catalog"))
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _courses(text: str) -> int:
    number = int(text)
    if not MIN_COURSES <= number <= MAX_COURSES:
        raise ValueError(text)
    return number


def _since(text: str) -> datetime:
    """A date means its beginning; a time without a zone is this machine's."""
    return datetime.fromisoformat(text).astimezone()
