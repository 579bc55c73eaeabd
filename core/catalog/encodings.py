"""From bytes to text without guessing: a file is read exactly, or refused with what to do about it."""

from __future__ import annotations

import codecs

from core.errors import IntakeError

# The beginnings of files that people upload by mistake, and the sentence each gets.
_SIGNATURES = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a", "archive"),
    (b"\x7fELF", "program"),
    (b"SQLite format 3\0", "binary"),
)
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of old Office files, of HWP, of locked XLSX
_MAX_CONTROL_SHARE = 0.01  # texts out of word processors and PDFs do hold a few control characters
_CP949_SAMPLE = 20_000  # characters beyond ASCII to look at
_CP949_MIN_COMMON = 0.5


def refuse_known_binary(content: bytes) -> None:
    """Raise IntakeError with a sentence of its own for files that are known not to be tables."""
    if not content.strip():
        raise IntakeError("intake.error.empty")
    for signature, name in _SIGNATURES:
        if content.startswith(signature):
            raise IntakeError(f"intake.error.{name}")
    if content.startswith(b"MZ") and b"\0" in content[:512]:
        raise IntakeError("intake.error.program")
    if content.startswith(_OLE_SIGNATURE):
        raise IntakeError(f"intake.error.{_kind_of_ole(content)}")


def _kind_of_ole(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "locked_excel"
    if "Workbook".encode("utf-16-le") in content or "Book\0".encode("utf-16-le") in content:
        return "old_excel"
    return "old_office"


def decode_text(content: bytes) -> tuple[str, str]:
    """The text and the name of its encoding: by its mark, else strict UTF-8, else strict CP949.

    The order matters: some UTF-8 Hangul also decodes as CP949, never the other way round; UTF-16 without a mark
    and Latin-1 accept anything and are therefore not tried. Raises IntakeError for everything else.
    """
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise IntakeError("intake.error.encoding")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text, encoding = _decode(content, "utf-16"), "utf-16"
    elif content.startswith(codecs.BOM_UTF8):
        text, encoding = _decode(content, "utf-8-sig"), "utf-8-sig"
    else:
        text, encoding = _decode_unmarked(content)
    if text is None:
        raise IntakeError("intake.error.encoding")
    if "\0" in text or _looks_binary(text):
        raise IntakeError("intake.error.binary")
    return text, encoding


def _decode_unmarked(content: bytes) -> tuple[str | None, str]:
    if b"\0" in content:
        raise IntakeError("intake.error.binary")
    text = _decode(content, "utf-8")
    if text is not None:
        return text, "utf-8"
    text = _decode(content, "cp949")
    if text is not None and not _is_common_korean(text):
        text = None
    return text, "cp949"


def _decode(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding, errors="strict")
    except UnicodeError:
        return None


def _is_common_korean(text: str) -> bool:
    """Whether most characters are of the everyday KS X 1001 set.

    A Western file (Windows-1252) can decode as CP949 by chance: a curly apostrophe and the letter after it become
    one rare syllable outside that set.
    """
    foreign = [character for character in text[: _CP949_SAMPLE * 50] if character > "\x7f"][:_CP949_SAMPLE]
    common = sum(_decodes_in_ks_x_1001(character) for character in foreign)
    return common >= _CP949_MIN_COMMON * len(foreign)


def _decodes_in_ks_x_1001(character: str) -> bool:
    try:
        return len(character.encode("euc_kr")) == 2
    except UnicodeError:
        return False


def _looks_binary(text: str) -> bool:
    controls = sum(text.count(chr(code)) for code in range(32) if chr(code) not in "\t\n\r\f\v")
    return controls > _MAX_CONTROL_SHARE * len(text)
