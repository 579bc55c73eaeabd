"""Makes cells safe to open in a spreadsheet program."""

from __future__ import annotations

import re

# OWASP "CSV Injection" and ASVS 1.2.10, with line feed, NUL and the full-width forms of the signs added.
_STARTS_FORMULA = tuple("=+-@\t\r\n\0＝＋－＠")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def escape_cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet program could take it for a formula.

    Plain numbers, negative ones too, stay numbers.
    """
    if text.startswith(_STARTS_FORMULA) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text
