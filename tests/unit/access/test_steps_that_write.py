"""Every step of the pipeline that writes asks who is acting, or is named here with the reason why it need not."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import core.pipeline
import core.storage
from core.access.actor import Actor, acting_as
from core.access.roles import Role
from core.errors import AccessError

VIEWER = Actor("kim", Role.VIEWER, is_signed_in=True)
PIPELINE, STORAGE = (Path(package.__path__[0]) for package in (core.pipeline, core.storage))
OF_JOBS = {"start", "pause", "cancel", "resume", "retry_failed", "catch_up"}
OF_THE_LOG = ("note_access", "note_list", "note_look", "take_in_notes", "verify", "look", "look_when_due")
NEEDS_NO_PERMISSION = {
    **dict.fromkeys(OF_THE_LOG, "writes the access log only"),
    **dict.fromkeys(("keep", "store_winner"), "stores what a measurement found, and starting that asked"),
    "put_log_back": "a part of restoring, repairing and opening",
    "restore_newest": "a part of repairing, which asks",
    "weight_set_for": "a part of making lists, which asks",
}


def functions(folder: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    """All functions of a package with the names of their modules."""
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield path.stem, node


def calls(function: ast.FunctionDef) -> set[str]:
    """What a function calls: "name", or the last two parts of "app.students.forget"."""
    called = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {".".join(ast.unparse(each).split(".")[-2:]) for each in called}


def is_guarded(function: ast.FunctionDef) -> bool:
    return any(ast.unparse(each).startswith("requires(") for each in function.decorator_list)


def spread(called: dict[str, set[str]], found: set[str]) -> set[str]:
    """`found` and all functions that call one of them, directly or through others."""
    grown = found | {name for name, names in called.items() if names & found}
    return found if grown == found else spread(called, grown)


def writing_calls() -> set[str]:
    """What may be called on an open installation that writes, as `calls` gives it."""
    source = ast.parse((PIPELINE / "application.py").read_text(encoding="utf-8"))
    attributes = {it.attr for it in ast.walk(source) if isinstance(it, ast.Attribute)}
    stores = {name for name in attributes if not name.startswith("_")} - {"database"}
    methods = {f"self.{it.name}": calls(it) for _, it in functions(STORAGE)}
    writing = spread(methods, {name for name, names in methods.items() if "_database.write" in names})
    of_stores = {f"{store}.{method.removeprefix('self.')}" for store in stores for method in writing}
    return of_stores | {f"job_service.{name}" for name in OF_JOBS} | {"database.write", "database.rewrite"}


def test_every_step_that_writes_into_the_database_asks_who_is_acting() -> None:
    unguarded = {it.name: calls(it) for _, it in functions(PIPELINE) if not is_guarded(it)}
    writing = writing_calls()
    found = spread(unguarded, {name for name, names in unguarded.items() if names & writing})
    assert {name for name in found if not name.startswith("_")} == set(NEEDS_NO_PERMISSION)


@pytest.mark.parametrize(
    ("module", "name"), [(module, it.name) for module, it in functions(PIPELINE) if is_guarded(it)]
)
def test_a_viewer_is_refused_before_anything_is_done(module: str, name: str) -> None:
    step = getattr(importlib.import_module(f"core.pipeline.{module}"), name)
    with acting_as(VIEWER), pytest.raises(AccessError, match="yours is viewer"):
        step()
