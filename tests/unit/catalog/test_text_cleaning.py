import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.text import clean_line, clean_text, korean_share, language_of, visible_line


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("  Autumn <b>2026</b>\n final ", "Autumn <b>2026</b> final"),
        ("\u202egnp.exe\u202c \u2066x\u2069 \x07\x1b[31m\ufeff", "gnp.exe x [31m"),
        ("\u200b\u2060", ""),
        ("=1+1 **강조**", "=1+1 **강조**"),
    ],
)
def test_names_and_notes_keep_what_can_be_seen(raw, line):
    assert visible_line(raw) == line


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("<p>Art &amp; Design</p>", "Art & Design"),
        ("one<br>two<BR/>three", "one\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("a&nbsp;b &lt;i&gt;c&lt;/i&gt;", "a b c"),
        ("&amp;amp; twice", "& twice"),
        ("Law&ethics, Macro&microeconomics, R&D", "Law&ethics, Macro&microeconomics, R&D"),
        ("AI&ethics; https://a.kr/?id=1&section=2; &nothing;", "AI&ethics; https://a.kr/?id=1&section=2; &nothing;"),
        ("&#48150;&#xc544; &Auml;", "밖아 Ä"),
        ("<script>alert(1)</script>safe<!-- hidden -->", "safe"),
        ("<style>p {}</style>text", "text"),
        ("if a < b > c then List<String>", "if a < b > c then List<String>"),
        ("zero\u200bwidth \u202eright\u202c soft\xadhyphen\ufeff", "zerowidth right softhyphen"),
        ("bell\x07 tab\there", "bell tab here"),
        ("a\r\nb\rc\n\n\n\nd", "a\nb\nc\n\nd"),
        (unicodedata.normalize("NFD", "한글"), "한글"),
        ("", ""),
    ],
)
def test_markup_and_invisible_signs_go_and_words_stay(raw, clean):
    assert clean_text(raw) == clean


def test_no_letter_keeps_more_accents_than_fit_over_it():
    """To put them in order takes the square of their number, and stops everybody's pages meanwhile."""
    accents = "\u0315" * 5000 + "\u0300" * 5000
    assert len(clean_text(f"a{accents}b{accents}")) == 2 * 31
    stroke = "─" * 40 + "…" * 40
    assert clean_text(f"한글 {stroke} cafe\u0301") == f"한글 {stroke} café"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(raw):
    plain = raw.replace("<", "").replace("&", "")  # what is escaped once more comes out once more, on purpose
    assert clean_text(clean_text(plain)) == clean_text(plain)


@given(st.text())
def test_a_clean_line_is_one_printable_line(raw):
    line = clean_line(raw)
    assert "\n" not in line
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in line)


@pytest.mark.parametrize("unit", ["<script>", "<!--", "<", "&", "<p ", "</script><script>", "&lt;script&gt;"])
def test_hostile_markup_takes_linear_time(unit):
    started = time.perf_counter()
    clean_text(unit * (120_000 // len(unit)))
    assert time.perf_counter() - started < 1.0


@pytest.mark.parametrize(
    ("title", "description", "language"),
    [
        ("인공지능 개론", "", "ko"),
        ("Do it! 안드로이드 앱 프로그래밍 (2018)", "", "ko"),
        ("Data Structures", "", "en"),
        ("인공지능", "This course introduces artificial intelligence.", "en"),
        ("AI", "인공지능의 기본 개념(search, planning)을 배우는 과목입니다.", "ko"),
        ("자료구조", "TBA", "ko"),
        ("1234", "", "en"),
    ],
)
def test_the_language_is_that_of_the_description_else_of_the_title(title, description, language):
    assert language_of(title, description) == language


def test_text_without_letters_has_no_language_share():
    assert korean_share("123 - 4") is None
