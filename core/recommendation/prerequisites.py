"""Prerequisites written as text, such as "MATH 1010 (min C-) and (CSCI 1100 or CSCI 1200)".

Grammar: codes joined by and/or (및, 그리고 / 또는, 혹은), "and" binding tighter, with parentheses; a minimum grade in
parentheses is read over, because histories hold no grades. Anything else, a bare list of codes included (it may mean
all of them or any of them), or a text beyond all measure, is not guessed at: the whole text is then ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.recommendation.arrays import Bools

_GRADE = re.compile(r"\(\s*min\.?(imum)?\s+[^()]*\)", re.IGNORECASE)
_TOKEN = re.compile(r"\s*(?:([()])|([^\W\d_]+[-_. ]?\d+\w*)|([^\W\d_]+))")
_AND = frozenset({"and", "및", "그리고"})
_OR = frozenset({"or", "또는", "혹은"})
MAX_DEPTH = 50  # of nested parentheses; real catalogs need three
MAX_CHARACTERS = 5000  # real catalogs need a few hundred; each code of a text takes a byte for every student


@dataclass(frozen=True, slots=True)
class Code:
    """One course must have been taken."""

    code: str  # as same_code writes it


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part must hold."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part must hold."""

    parts: tuple[Expression, ...]


Expression = Code | AllOf | AnyOf
Took = Callable[[str], "Bools | None"]  # code -> which students took it, (S,); None for an unknown code


class UnreadableError(ValueError):
    """The text does not follow the grammar."""


def same_code(code: str) -> str:
    """The form in which course codes are compared: letters and digits only, in capitals."""
    return "".join(sign for sign in code.upper() if sign.isalnum())


def parse(text: str) -> Expression:
    """The expression a text stands for. Raises UnreadableError when it does not follow the grammar."""
    if len(text) > MAX_CHARACTERS:
        raise UnreadableError(text[:MAX_CHARACTERS])
    parser = _Parser(_tokens(_GRADE.sub(" ", text)))
    expression = parser.any_of(0)
    if parser.next is not None:
        raise UnreadableError(parser.next)
    return expression


def holds(expression: Expression, took: Took, count: int) -> Bools:
    """For which of `count` students the expression holds, (count,).

    A code that the catalog does not know counts as taken: no history can show it, and a rule that nobody can
    satisfy would hide the course for ever.
    """
    if isinstance(expression, Code):
        taken = took(expression.code)
        return np.ones(count, np.bool_) if taken is None else taken
    parts = np.stack([holds(part, took, count) for part in expression.parts])
    return np.asarray(parts.all(axis=0) if isinstance(expression, AllOf) else parts.any(axis=0))


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    text = text.strip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found:
            raise UnreadableError(text[position:])
        tokens.append(found.group().strip())
        position = found.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0

    @property
    def next(self) -> str | None:
        """The token to read next; None at the end."""
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def any_of(self, depth: int) -> Expression:
        """`all_of` joined by or."""
        parts = [self.all_of(depth)]
        while self._skip(_OR):
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def all_of(self, depth: int) -> Expression:
        """Codes and groups joined by and."""
        parts = [self._operand(depth)]
        while self._skip(_AND):
            parts.append(self._operand(depth))
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _skip(self, words: frozenset[str]) -> bool:
        found = self.next is not None and self.next.casefold() in words
        self._position += found
        return found

    def _operand(self, depth: int) -> Expression:
        token = self.next
        self._position += 1
        if token == "(" and depth < MAX_DEPTH:  # noqa: S105 - a parenthesis, not a password
            inner = self.any_of(depth + 1)
            if self.next != ")":
                raise UnreadableError(self.next or "")
            self._position += 1
            return inner
        if token is None or not any(sign.isdigit() for sign in token):
            raise UnreadableError(token or "")
        return Code(same_code(token))
