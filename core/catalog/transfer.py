"""Carries a Table or an error from the reading process to the app: JSON lines, the first one about the whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from core.catalog.tables import Table
from core.errors import IntakeError
from core.records import Message, Problem, Severity


def table_to_lines(table: Table) -> Iterator[str]:
    """The lines of a table: its facts, then one line `[row number, cell, ...]` a row."""
    yield _line(
        {
            "columns": table.columns,
            "encoding": table.encoding,
            "format": table.format,
            "header_row": table.header_row,
            "sheet": table.sheet,
            "problems": [_problem_to_json(problem) for problem in table.problems],
            "row_count": len(table.rows),
        }
    )
    for number, row in zip(table.row_numbers, table.rows, strict=True):
        yield _line([number, *row])


def error_to_line(message: Message) -> str:
    """The single line of a file that could not be read."""
    return _line({"error": message.key, "params": dict(message.params)})


def read_result(lines: Iterable[str]) -> Table:
    """The table that the lines hold. Raises the IntakeError they hold, ValueError when they are incomplete."""
    iterator = iter(lines)
    facts = json.loads(next(iterator, ""))
    if "error" in facts:
        raise IntakeError(facts["error"], **facts["params"])
    numbers, rows = [], []
    for line in iterator:
        number, *cells = json.loads(line)
        numbers.append(number)
        rows.append(tuple(cells))
    if len(rows) != facts["row_count"]:
        raise ValueError("the result is incomplete")
    return Table(
        columns=tuple(facts["columns"]),
        rows=tuple(rows),
        row_numbers=tuple(numbers),
        encoding=facts["encoding"],
        format=facts["format"],
        header_row=facts["header_row"],
        problems=tuple(_problem_from_json(problem) for problem in facts["problems"]),
        sheet=facts["sheet"],
    )


def _line(value: Any) -> str:
    return json.dumps(value) + "\n"  # ASCII: lone surrogates, which JSON input can hold, survive


def _problem_to_json(problem: Problem) -> list[Any]:
    message = problem.message
    return [message.key, dict(message.params), problem.row_number, problem.column, problem.value, problem.severity]


def _problem_from_json(fields: list[Any]) -> Problem:
    key, params, row_number, column, value, severity = fields
    return Problem(Message(key, params), row_number, column, value, Severity(severity))
