"""`students`: deleting what is known about them."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Protocol, TypeAlias

from core.cli.output import Console, Result
from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.student_access import find_student
from core.pipeline.student_deletion import delete_students, delete_unseen, finish_deletions, unseen_students

_Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class _Adder(Protocol):
    def __call__(self, name: str, parent: _Actions) -> argparse.ArgumentParser: ...


def add_students_options(actions: _Actions, add: _Adder, t: Translator) -> None:
    """The actions of `students` and their options."""
    delete = add("delete", actions)
    whom = delete.add_mutually_exclusive_group(required=True)
    whom.add_argument("--student", metavar="ID", help=t("deletion.help.student"))
    whom.add_argument("--not-seen-for", type=int, metavar="DAYS", help=t("deletion.help.not_seen_for"))
    delete.add_argument("--reason", required=True, help=t("deletion.help.reason"))
    delete.add_argument("--dry-run", action="store_true", help=t("deletion.help.dry_run"))
    add("finish", actions)


def students(app: Application, options: argparse.Namespace, console: Console) -> Result:
    """`students delete` and `students finish`. Raises CourseLiftError."""
    if options.students == "finish":
        finish_deletions(app)
        return Result({"finished": True}, [console.t("deletion.finished")])
    chosen = None if options.student is None else (find_student(app, options.student),)
    if options.dry_run:
        count = len(unseen_students(app, options.not_seen_for) if chosen is None else chosen)
        return Result({"students": count}, [console.t("deletion.would", count=count)])
    if chosen is None:
        record = delete_unseen(app, options.not_seen_for, options.reason)
    else:
        record = delete_students(app, chosen, options.reason)
    if record is None:
        return Result({"students": 0}, [console.t("deletion.nothing")])
    data = {**asdict(record), "deleted_at": record.deleted_at.isoformat()}
    data["finished_at"] = record.finished_at.isoformat() if record.finished_at else None
    return Result(data, [console.t("deletion.done", **record.counts)])
