"""JSON and JSON lines as tables: the list of records is found, wherever it hangs, and its records are flattened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.catalog.delimited import check_size
from core.catalog.header import unique_names
from core.catalog.names import is_field_name, tokens_of
from core.catalog.tables import ProblemList, ReadLimits
from core.catalog.text import storable
from core.errors import IntakeError

Record = Mapping[str, Any]
NumberedRecord = tuple[int, Record]

_MAX_DOTTED_DEPTH = 3  # deeper objects stay JSON text
_MAX_SEARCH_DEPTH = 5
_NAMED_LISTS = 20  # of those that are not read
_NAME_CHARACTERS = 60
_LIST_SEPARATOR = " | "
# Lists of these hold the courses (or students) themselves, not a detail of the record that they hang on.
_NESTED_ENGLISH = ("course", "lecture", "class", "subject", "module", "student", "program", "activities")
_NESTED_KOREAN = ("과목", "교과목", "강의", "강좌", "학생", "프로그램")
_NESTED_ROWS = frozenset(tokens_of(name)[0] for name in (*_NESTED_ENGLISH, *_NESTED_KOREAN))


class _Number(str):
    """A JSON number, digit for digit as it stood in the file."""

    __slots__ = ()


def _constant(name: str) -> _Number | None:
    """Python writes NaN into JSON where a table had nothing."""
    return None if name == "NaN" else _Number(name)


def parse_json(text: str) -> Any:
    """The value of a JSON text with numbers kept as they stand. Raises ValueError."""
    try:
        return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_json(text: str, limits: ReadLimits, problems: ProblemList) -> tuple[list[str], list[NumberedRecord]]:
    """Column names in order of first appearance, and the flattened records with 1-based numbers.

    What is not read beside them is reported.

    Raises IntakeError when the text is damaged or holds no list of records.
    """
    try:
        value = parse_json(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise IntakeError("intake.error.damaged_json", line=line) from error
    records = _find_records(value, problems)
    if not records:
        raise IntakeError("intake.error.no_records")
    return _flatten_all(iter(records), limits)


def read_json_lines(text: str, limits: ReadLimits, problems: ProblemList) -> tuple[list[str], list[NumberedRecord]]:
    """As read_json, one object a line; damaged lines are reported and left out."""

    def records() -> Iterator[NumberedRecord]:
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                value = parse_json(line)
            except ValueError:
                problems.add("bad_json_line", number, value=line.strip())
                continue
            if isinstance(value, dict):
                yield number, value
            else:
                problems.add("not_an_object", number, value=line.strip())

    columns, rows = _flatten_all(records(), limits)
    if not rows:
        raise IntakeError("intake.error.no_records")
    return columns, rows


def looks_like_json_lines(text: str) -> bool:
    """Whether the first line that is not blank is a whole JSON object, and more lines follow."""
    lines = text.lstrip().split("\n", 1)
    if len(lines) < 2 or not lines[0].startswith("{") or not lines[1].strip():
        return False
    try:
        return isinstance(parse_json(lines[0]), dict)
    except ValueError:
        return False


def _find_records(value: Any, problems: ProblemList) -> list[NumberedRecord]:
    """The records of a JSON value: the longest list of objects, opened up where it only groups others."""
    if isinstance(value, dict) and len(value) > 1 and all(isinstance(item, dict) for item in value.values()):
        keyed: list[Record] = [{"key": key, **item} for key, item in value.items()]
        if any(is_field_name(name) for name in keyed[0]):
            return _numbered(keyed)
    lists = sorted(_lists_of_objects(value, "", 0), key=lambda found: len(found[1]), reverse=True)
    if not lists:
        is_record = isinstance(value, dict) and any(is_field_name(name) for name in value)
        return _numbered([value] if is_record else [])
    (name, items), *others = lists
    if others:
        named = [_shortened(other) for other, _ in others[:_NAMED_LISTS]] + ["…"] * (len(others) > _NAMED_LISTS)
        problems.add("other_lists", list=_shortened(name), others=", ".join(named))
    records: list[NumberedRecord] = []
    for number, item in _numbered(items):
        if isinstance(item, dict):
            records.append((number, item))
        else:
            problems.add("not_an_object", number, value=_cell(item))
    return _open_groups(name, records)


def _numbered(items: list[Any]) -> list[tuple[int, Any]]:
    return list(enumerate(items, start=1))


def _shortened(name: str) -> str:
    return storable(name if len(name) <= _NAME_CHARACTERS else f"{name[:_NAME_CHARACTERS]}…")


def _lists_of_objects(value: Any, name: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Lists at least half of which are objects, with the way to them; tables that are written as lists of lists too."""
    if isinstance(value, list):
        objects = sum(isinstance(item, dict) for item in value)
        if objects and 2 * objects >= len(value):
            yield name, value
        elif value and all(isinstance(item, list) for item in value):
            yield name, _records_of_lists(value)
    elif isinstance(value, dict) and (together := _together(value)):
        yield name, together
    elif isinstance(value, dict) and depth < _MAX_SEARCH_DEPTH:
        for key, item in value.items():
            yield from _lists_of_objects(item, f"{name}.{key}" if name else key, depth + 1)


def _together(lists: Mapping[str, Any]) -> list[Record]:
    """What lists of one kind hold, such as a list for each department, each record with the name of its list."""
    is_lists = len(lists) > 1 and all(isinstance(items, list) and items for items in lists.values())
    if not is_lists or not all(isinstance(item, dict) for items in lists.values() for item in items):
        return []
    kinds = {frozenset(items[0]) for items in lists.values()}
    if len(kinds) > 1 or not any(map(is_field_name, kinds.pop())):
        return []
    return [{"key": name, **item} for name, items in lists.items() for item in items]


def _records_of_lists(rows: list[list[Any]]) -> list[Record]:
    """Records of a table written as a list of lists, the first of which names the columns, or some of them."""
    width = max(map(len, rows))
    names = unique_names([*map(_cell, rows[0]), *[""] * (width - len(rows[0]))])
    return [dict(zip(names, row, strict=False)) for row in rows[1:]]


def _open_groups(name: str, records: list[NumberedRecord]) -> list[NumberedRecord]:
    """Where each record is a group, such as a department with its courses: the courses, with their group's data.

    A group that holds nothing stays a record: it may be a student without courses, or the course itself.
    """
    for key in dict.fromkeys(key for _, record in records for key in record):
        groups = [record.get(key) for _, record in records]
        inside = [item for group in groups if isinstance(group, list) for item in group]
        if not inside or not all(isinstance(item, dict) for item in inside) or tokens_of(key)[-1:] == ():
            continue
        if tokens_of(key)[-1] in _NESTED_ROWS and len(inside) >= len(records):
            prefix = name.rpartition(".")[2] or "group"
            return _numbered([row for _, record in records for row in _rows_inside(record, key, prefix)])
    return records


def _rows_inside(record: Record, key: str, prefix: str) -> Iterator[Record]:
    group = record.get(key)
    is_list = isinstance(group, list)
    around = {f"{prefix}.{k}": v for k, v in record.items() if k != key or (v and not isinstance(v, list | dict))}
    for item in group if is_list and group else [group if isinstance(group, dict) else {}]:
        yield {**item, **around}


def _flatten_all(records: Iterator[NumberedRecord], limits: ReadLimits) -> tuple[list[str], list[NumberedRecord]]:
    columns: dict[str, None] = {}
    rows: list[NumberedRecord] = []
    characters = 0
    for number, record in records:
        flat: dict[str, str] = {}
        _flatten(record, "", 1, flat)
        columns.update(dict.fromkeys(flat))
        rows.append((number, flat))
        characters += sum(map(len, flat.values()))
        check_size(len(rows), len(columns), characters, limits)
    return list(columns), rows


def _flatten(record: Record, prefix: str, depth: int, into: dict[str, str]) -> None:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value and depth < _MAX_DOTTED_DEPTH:
            _flatten(value, f"{name}.", depth + 1, into)
        else:
            into[name] = _cell(value)


def _cell(value: Any) -> str:
    """One value as the text of a cell."""
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return storable(str(value))
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return _LIST_SEPARATOR.join(_cell(item) for item in value)
    return storable(_json_text(value))


def _json_text(value: Any) -> str:
    """JSON of a parsed value, numbers as they stood (json.dumps would quote them)."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {_json_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_json_text(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
