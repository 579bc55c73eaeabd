"""Both languages say the same things, and the code asks only for what they say."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import PROJECT_FOLDER
from core.i18n import LANGUAGES, Translator, choose_language, load_catalog
from core.records import Message

AREAS = {path.stem for path in (PROJECT_FOLDER / "core" / "i18n" / "en").glob("*.toml")}
FILE_ENDINGS = (".py", ".csv", ".json", ".log")  # of file names that look like keys


def source_files() -> list[Path]:
    folders = [PROJECT_FOLDER / "core", PROJECT_FOLDER / "pages"]
    return [PROJECT_FOLDER / "app.py", *(path for folder in folders for path in folder.rglob("*.py"))]


def keys_in_code() -> set[str]:
    """Every string literal of the code that looks like a key: `area.name` with a known area."""
    keys = set()
    for path in source_files():
        for text in literals(ast.parse(path.read_text(encoding="utf-8"))):
            area, dot, name = text.partition(".")
            if dot and area in AREAS and name.replace(".", "_").isidentifier():
                keys.add(text)
    return keys


def literals(node: ast.AST) -> Iterator[str]:
    """All string literals below a node, but for the pieces of f-strings: those are no whole keys."""
    if isinstance(node, ast.JoinedStr):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from literals(child)


def gaps(text: str) -> set[str]:
    return {name.split(":")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert set(load_catalog("ko")) == set(load_catalog("en"))


def test_both_languages_fill_the_same_gaps() -> None:
    korean, english = load_catalog("ko"), load_catalog("en")
    different = [key for key in english if gaps(english[key]) != gaps(korean.get(key, ""))]
    assert different == []


def test_every_key_in_the_code_has_a_text() -> None:
    known = set(load_catalog("en"))
    missing = {key for key in keys_in_code() if key not in known and Path(key).suffix not in FILE_ENDINGS}
    assert missing == set()


def test_korean_texts_are_korean() -> None:
    """A sentence (several words) left in English is a forgotten translation."""
    plain = {
        key
        for key, text in load_catalog("ko").items()
        if len(re.sub(r"\{[^}]*\}", "", text).split()) > 3 and not any("가" <= char <= "힣" for char in text)
    }
    assert plain == set()


@pytest.mark.parametrize(
    ("locale", "language"), [("ko-KR", "ko"), ("ko", "ko"), ("en-GB", "en"), ("fr-FR", "en"), ("", "en"), (None, "en")]
)
def test_browser_locale_chooses_the_nearest_language(locale: str | None, language: str) -> None:
    assert choose_language(locale) == language


def test_an_unknown_language_falls_back_to_english() -> None:
    assert Translator("xx").language == "en"


def test_a_missing_text_is_an_error_not_a_blank() -> None:
    with pytest.raises(KeyError):
        Translator("en").message(Message("nowhere.nothing"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_can_be_formatted(language: str) -> None:
    for text in load_catalog(language).values():
        list(string.Formatter().parse(text))
