"""Marked texts show every character and let none of them act."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from core.enhancement.word_diff import word_diff
from core.pipeline.review_screen import TextPart
from core.records import Severity
from pages.widgets.marked_text import diff_html, parts_html

ATTACK = '<img src=x onerror="alert(1)">'


def _shown(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", markup))


def test_markup_in_a_draft_is_shown_as_text() -> None:
    part = TextPart(ATTACK, is_added=True, severity=Severity.HARD, finding_indexes=(0,))
    markup = parts_html([part], ['"><script>x</script>'])
    assert "<img" not in markup
    assert "<script" not in markup
    assert ATTACK in unescape(markup)


def test_words_of_the_source_carry_no_mark() -> None:
    plain = TextPart("from the source", is_added=False, severity=None)
    added = TextPart("from the model", is_added=True, severity=None)
    assert re.findall(r"<mark[^>]*>([^<]*)</mark>", parts_html([plain, added], [])) == ["from the model"]


def test_a_finding_tells_its_sentence_at_its_place() -> None:
    part = TextPart("12 credits", is_added=False, severity=Severity.HARD, finding_indexes=(1,))
    assert 'title="Number not in the source"' in parts_html([part], ["Other", "Number not in the source"])


@given(st.text(max_size=40), st.text(max_size=40), st.booleans())
def test_every_character_of_a_draft_is_shown(first: str, second: str, is_added: bool) -> None:
    parts = [TextPart(first, is_added, None), TextPart(second, not is_added, Severity.SOFT)]
    assert _shown(parts_html(parts, [])) == first + second


def test_a_difference_escapes_both_texts() -> None:
    assert "<img" not in diff_html(word_diff("plain", ATTACK))
    assert "<img" not in diff_html(word_diff(ATTACK, "plain"))
