"""Cleans texts for reading: markup, entities and invisible characters go, words and paragraphs stay."""

from __future__ import annotations

import html
import re
import unicodedata
from html.entities import html5

# Control characters but tab and newline, zero-width signs, bidirectional controls, soft hyphen, byte-order mark,
# variation tags, interlinear marks and noncharacters: none can be seen, all can deceive a reader or a model.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_HIDDEN_STARTS = re.compile(r"<(?:(script|style)\b|!--)", re.IGNORECASE)
_BREAKS = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h[1-6]|/ul|/ol)\b[^<>]*>", re.IGNORECASE)
_ITEMS = re.compile(r"<\s*li\b[^<>]*>", re.IGNORECASE)
# Only names that HTML has: "a < b > c" and "List<String>" are text.
_TAGS = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|body|br|center|code|div|dd|dl|dt|em|font|form|h[1-6]|head|hr|html|i|iframe|img|"
    r"input|li|link|meta|object|ol|p|pre|s|script|section|small|span|strike|strong|style|sub|sup|svg|table|tbody|td|"
    r"tfoot|th|thead|title|tr|tt|u|ul|o:p)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ACCENTS = 30  # over one letter at most, as in the Stream-Safe Text Format (UAX #15): no language has as many
_SIGNS = re.compile(rf"[^\w\s\x00-\x7f]{{{_ACCENTS + 1},}}")  # accents are among them
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_MAX_UNESCAPES = 2  # systems that escape twice are common ("&amp;nbsp;"), three times is somebody's intention

_HANGUL = re.compile("[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_HANGUL_WEIGHT = 2.5  # one syllable block carries about as much as 2.5 Latin letters
_MIN_KOREAN_SHARE = 0.3


def clean_text(raw: str) -> str:
    """The text as a reader should see it, paragraphs kept, composed form (NFC)."""
    text = _LINE_ENDS.sub("\n", raw)
    for _ in range(_MAX_UNESCAPES):
        text = _strip_markup(text)
        unescaped = _ENTITY.sub(_character_of, text)
        if unescaped == text:
            break
        text = unescaped
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", _strip_markup(text)))
    text = unicodedata.normalize("NFC", few_accents(text))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def clean_line(raw: str) -> str:
    """As clean_text, on one line."""
    return " ".join(clean_text(raw).split())


def few_accents(raw: str) -> str:
    """Without the accents of a letter that are more than any script has, so that it can be normalised in time."""
    return _SIGNS.sub(_without_piles, raw)


def storable(raw: str) -> str:
    """Without what JSON and workbooks can escape and no text can hold: half a character, or NUL."""
    return raw.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def visible_line(raw: str) -> str:
    """What a person typed as a name or a note: as it is, but on one line and without signs that nobody sees."""
    return " ".join(_INVISIBLE.sub("", _LINE_ENDS.sub("\n", raw)).split())


def _character_of(entity: re.Match[str]) -> str:
    """What an entity stands for, and only with its semicolon: "Law&ethics" holds none, whatever browsers make of it."""
    text = entity.group()
    return html.unescape(text) if text[1] == "#" or text[1:] in html5 else text


def _without_piles(signs: re.Match[str]) -> str:
    """Signs without more accents over one letter than fit: putting them in order takes the square of their number."""
    kept, height = [], 0
    for sign in signs.group():
        height = height + 1 if unicodedata.combining(sign) else 0
        if height <= _ACCENTS:
            kept.append(sign)
    return "".join(kept)


def _strip_markup(text: str) -> str:
    if "<" not in text:
        return text
    text = _BREAKS.sub("\n", _ITEMS.sub("- ", _without_hidden_blocks(text)))
    return _TAGS.sub("", text)


def _without_hidden_blocks(text: str) -> str:
    """Without scripts, styles and comments. No regular expression: on hostile input it would take quadratic time."""
    lowered = text.lower()
    if len(lowered) != len(text):  # some capitals become two letters
        lowered = text
    kept, position, endless = [], 0, set()
    for start in _HIDDEN_STARTS.finditer(text):
        name = (start.group(1) or "").lower()
        closing = f"</{name}" if name else "-->"
        if start.start() < position or closing in endless:
            continue
        end = lowered.find(closing, start.end())
        if end < 0:
            endless.add(closing)
            continue
        kept.append(text[position : start.start()])
        position = end + len(closing)
        if name:
            position = text.find(">", position) + 1 or len(text)
    return " ".join([*kept, text[position:]])


def korean_share(text: str) -> float | None:
    """How much of a text is Korean, from 0 to 1, by letters; None when it has no letters to judge."""
    hangul = _HANGUL_WEIGHT * len(_HANGUL.findall(text))
    letters = hangul + len(_LATIN.findall(text))
    return hangul / letters if letters else None


def language_of(title: str, description: str) -> str:
    """The language of a course, "ko" or "en": its description decides, without one its title."""
    for text, enough in ((description, 20), (title, 1)):
        if len(_HANGUL.findall(text)) * _HANGUL_WEIGHT + len(_LATIN.findall(text)) >= enough:
            return "ko" if (korean_share(text) or 0.0) >= _MIN_KOREAN_SHARE else "en"
    return "en"
