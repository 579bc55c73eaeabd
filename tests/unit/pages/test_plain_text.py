"""Text from data stays text where Streamlit reads markdown."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from pages.widgets.display import plain

MARKING = set(string.punctuation) - set(":;")  # a colon is cut off from what follows instead
MARKED = st.text(alphabet=string.punctuation + "ab 가\n")


@given(MARKED)
def test_every_sign_of_markdown_is_escaped(text: str) -> None:
    safe = plain(text)
    position = 0
    while position < len(safe):
        if safe[position] == "\\":
            position += 2
            continue
        assert safe[position] not in MARKING
        position += 1


@given(MARKED)
def test_nothing_readable_is_lost(text: str) -> None:
    assert _unescape(plain(text).replace("\u2060", "")) == text


def test_a_colon_names_no_emoji_and_starts_no_address() -> None:
    assert ":smile" not in plain(":smile:").replace("\\", "")
    assert "://" not in plain("https://example.org").replace("\\", "")


def test_neither_www_nor_mail_becomes_a_link() -> None:
    readable = plain("see WWW.example.org or kim@example.org").replace("\\", "")
    assert "WWW." not in readable
    assert "@e" not in readable


def _unescape(text: str) -> str:
    letters = iter(text)
    return "".join(next(letters) if letter == "\\" else letter for letter in letters)
