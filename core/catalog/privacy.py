"""Recognises values that say who a person is, so that they never take the place of a student's number."""

from __future__ import annotations

import re

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"(\+82[- ]?|0)1[016789][- .]?\d{3,4}[- .]?\d{4}|0\d{1,2}[- )]\d{3,4}[- ]\d{4}")
_RESIDENT_NUMBER = re.compile(r"\d{6}[- ]?[1-8]\d{6}")


def is_private_value(cell: str) -> bool:
    """Whether a cell is an e-mail address, a telephone number or a Korean resident number."""
    text = cell.strip()
    return any(shape.fullmatch(text) for shape in (_EMAIL, _PHONE, _RESIDENT_NUMBER))
