"""Finds the header in rows as people have them: titles above, two rows joined, none at all, totals below."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.catalog.delimited import NumberedRow
from core.catalog.names import is_field_name
from core.catalog.tables import ProblemList
from core.catalog.text import clean_line

_SEARCHED_ROWS = 20  # a header further down is not looked for
_SAMPLED_ROWS = 50
_MAX_LABEL_CHARACTERS = 60
_MAX_NAME_CHARACTERS = 300  # what is cut says nothing about a column, and every name is read and shown many times
_VALUE_LIKE = re.compile(r"https?://|^[-+]?[\d.,:/%\s-]+$|^[A-Za-z]{1,6}[-_ ]?\d{2,}")  # numbers, dates, codes, links
# Signs and words that begin no title; words that may, where a number, a sign or nothing follows.
_FOOTER = re.compile(
    r"\s*(※|\*|주\)|(합\s*계|총\s*계|소\s*계|출처|비고|grand total|subtotals?)\b|"
    r"(총|계|totals?|sum|sources?|notes?)(\s*$|\s*[\d(:=：.]|\s+(number|courses|credits)\b))",
    re.IGNORECASE,
)
_LONG_CODE = 5  # characters; shorter ones, years and weeks among them, may be names of columns
_MAX_FOOTER_SHARE = 0.5  # a row with more of its cells filled is data, whatever it says
_FOOTER_ROWS = 10
_MIN_NAMES = 3  # of columns in a row below the header, for it to be the header in another language ...
_MIN_SHARE_OF_NAMES = 0.6  # ... and of its cells


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a sheet are: positions in the list of rows."""

    names: tuple[str, ...]  # of the columns, unique; "column_3" where the header says nothing
    first_data: int
    header: int | None


def find_layout(rows: Sequence[NumberedRow]) -> Layout:
    """The column names and the first row of data. `rows` are the rows that are not blank, at least one."""
    width = max(len(_trimmed(cells)) for _, cells in rows[:_SAMPLED_ROWS])
    header = _find_header(rows)
    if header is None:
        return Layout(unique_names([""] * width), 0, None)
    labels = [clean_line(cell) for cell in _trimmed(rows[header][1])]
    first_data = header + 1
    if first_data < len(rows):
        below = [clean_line(cell) for cell in _trimmed(rows[first_data][1])]
        if _continues_header(labels, below):
            labels = _join_labels(labels, below)
            first_data += 1
    return Layout(unique_names(labels), first_data, header)


def unique_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Names for columns: empty ones by position, endless ones cut, repeated ones numbered."""
    taken: set[str] = set()
    names = []
    for position, label in enumerate(labels, start=1):
        wanted = name = label[:_MAX_NAME_CHARACTERS] or f"column_{position}"
        count = 1
        while name in taken:
            count += 1
            name = f"{wanted} ({count})"
        taken.add(name)
        names.append(name)
    return tuple(names)


def drop_outside_rows(rows: list[NumberedRow], layout: Layout, problems: ProblemList) -> list[NumberedRow]:
    """The data rows: without titles above, totals and notes below, and repetitions of the header."""
    if layout.header:
        first, last = rows[0][0], rows[layout.header - 1][0]
        above = " / ".join(cell for _, cells in rows[: layout.header] for cell in cells if cell.strip())
        problems.add("rows_above_header", first, value=above, first=first, last=last)
    data = rows[layout.first_data :]
    if layout.header is not None:
        header = _trimmed(rows[layout.header][1])
        repeated = [number for number, cells in data if _trimmed(cells) == header]
        if data and data[0][0] not in repeated and _names_columns(data[0][1]):
            repeated.append(data[0][0])  # the names in another language
        for number in repeated:
            problems.add("repeated_header", number)
        if repeated:
            data = [row for row in data if row[0] not in set(repeated)]
    for _ in range(_FOOTER_ROWS):
        if len(data) < 2 or not _is_footer(data[-1][1], len(layout.names)):
            break
        number, cells = data.pop()
        problems.add("rows_below_table", number, value=" / ".join(cell for cell in cells if cell.strip()))
    return data


def _find_header(rows: Sequence[NumberedRow]) -> int | None:
    """The position of the header row; None when the first row is data already."""
    searched = [_trimmed(cells) for _, cells in rows[:_SEARCHED_ROWS]]
    known = [sum(is_field_name(clean_line(cell)) for cell in set(cells) if cell.strip()) for cells in searched]
    best = max(known)
    if best >= 2:
        candidate = next(position for position, count in enumerate(known) if count >= max(2, best / 2))
    else:
        usual = Counter(_filled(cells) for _, cells in rows[:_SAMPLED_ROWS]).most_common(1)[0][0]
        candidate = next((i for i, cells in enumerate(searched) if _filled(cells) >= max(1, usual / 2)), 0)
    below = [cells for _, cells in rows[candidate + 1 :][:_SAMPLED_ROWS]]
    if known[candidate] and not _is_like_the_rows_below(searched[candidate], below):
        return candidate
    return candidate if _differs_from_data(searched[candidate], below) else None


def _is_like_the_rows_below(labels: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a number or code stands over others of its shape: then known names beside it (an interest in "language",
    say) are values, and the row is somebody's, whose number must not become the name of a column.
    """
    for position, label in enumerate(labels):
        shape = _shape(label)
        if len(shape) >= _LONG_CODE and "9" in shape:
            column = [cells[position] for cells in below if position < len(cells) and cells[position].strip()]
            if column and sum(_shape(cell) == shape for cell in column) > len(column) / 2:
                return True
    return False


def _shape(cell: str) -> str:
    return "".join("9" if sign.isdigit() else "a" if sign.isalpha() else sign for sign in cell.strip())


def _differs_from_data(labels: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row of unknown names is a header: short different labels, over columns of another nature."""
    filled = [label.strip() for label in labels if label.strip()]
    if len(set(filled)) < len(filled) or any(
        len(label) > _MAX_LABEL_CHARACTERS or _VALUE_LIKE.search(label) for label in filled
    ):
        return False
    for position, label in enumerate(labels):
        column = [cells[position].strip() for cells in below if position < len(cells) and cells[position].strip()]
        if not column:
            continue
        value_like = sum(bool(_VALUE_LIKE.search(cell)) for cell in column) / len(column)
        typical = sum(len(cell) for cell in column) / len(column)
        if value_like > 0.5 or typical > 3 * max(len(label), 10):
            return True
    return not below


def _continues_header(labels: Sequence[str], below: Sequence[str]) -> bool:
    """Whether the row below the header names the parts of merged cells, and only those.

    Under a name that stands alone it says nothing, the same, or something in brackets: else it is a row of data.
    """
    width = max(len(labels), len(below))
    upper = [*labels, *[""] * (width + 1 - len(labels))]
    lower = [*below, *[""] * (width - len(below))]
    gaps = [position for position in range(width) if not upper[position]]
    alone = [
        position for position in range(width) if upper[position] and (upper[position + 1] or position + 1 == width)
    ]
    if not gaps or all(lower[position] for position in alone):
        return False
    if any(lower[position] not in ("", upper[position]) and lower[position][0] not in "(（" for position in alone):
        return False
    parts = [label for label in lower if label]
    short = all(len(label) <= _MAX_LABEL_CHARACTERS and not _VALUE_LIKE.search(label) for label in parts)
    return short and all(lower[position] for position in gaps) and gaps[0] > 0


def _join_labels(labels: Sequence[str], below: Sequence[str]) -> list[str]:
    width = max(len(labels), len(below))
    joined, above = [], ""
    for position in range(width):
        upper = labels[position] if position < len(labels) else ""
        lower = below[position] if position < len(below) else ""
        above = upper or above
        joined.append(f"{above} {lower}" if lower and lower != above else above)
    return joined


def _names_columns(cells: Sequence[str]) -> bool:
    """Whether a row of data says what most of its columns are called."""
    filled = [clean_line(cell) for cell in cells if cell.strip()]
    known = sum(map(is_field_name, filled))
    is_short = all(len(cell) <= _MAX_LABEL_CHARACTERS and not _VALUE_LIKE.search(cell) for cell in filled)
    return is_short and known >= max(_MIN_NAMES, _MIN_SHARE_OF_NAMES * len(filled))


def _is_footer(cells: Sequence[str], width: int) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return width > 1 and len(filled) <= _MAX_FOOTER_SHARE * width and bool(_FOOTER.match(clean_line(filled[0])))


def _trimmed(cells: Sequence[str]) -> list[str]:
    """The cells without empty ones at the end."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return list(cells[:end])


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)
