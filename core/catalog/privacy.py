"""Recognises columns that say who a person is, so that they never get into the database."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.catalog.names import tokens_of
from core.catalog.values import SAMPLE_ROWS

_CONTACT = ("email", "mail", "phone", "mobile", "telephone", "tel", "cell", "address", "kakao", "guardian", "parent")
_IDENTITY = ("ssn", "birth", "birthday", "birthdate", "dob", "passport", "surname", "firstname", "lastname", "fullname")
_ENGLISH_NAMES = frozenset(word for name in (*_CONTACT, *_IDENTITY, "photo") for word in tokens_of(name))
_NAME_OF_WHAT = frozenset(
    ("first", "last", "full", "student", "given", "family", "middle", "preferred", "nick", "user")
)
_KOREAN_CONTACT = ("이메일", "메일", "전화", "휴대폰", "핸드폰", "연락처", "주소", "보호자", "학부모", "카카오")
_KOREAN_IDENTITY = ("이름", "성명", "성함", "주민", "외국인등록", "생년월일", "생일", "여권", "계좌", "사진")
_KOREAN_NAMES = (*_KOREAN_CONTACT, *_KOREAN_IDENTITY)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"(\+82[- ]?|0)1[016789][- .]?\d{3,4}[- .]?\d{4}|0\d{1,2}[- )]\d{3,4}[- ]\d{4}")
_RESIDENT_NUMBER = re.compile(r"\d{6}[- ]?[1-8]\d{6}")
# A common family name and one or two syllables (Statistics Korea 2015: these cover over 95 % of the people).
_KOREAN_PERSON = re.compile(
    "[김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천방공현][가-힣]{1,2}"
)
_MIN_SHARE = 0.3
_MIN_NAME_SHARE = 0.8


def is_personal_column(name: str, cells: Sequence[str]) -> bool:
    """Whether a column holds names, addresses, telephone or resident numbers, by its name or its values."""
    tokens = tokens_of(name)
    joined = "".join(tokens)
    if joined == "name" or (tokens[-1:] == ("name",) and _NAME_OF_WHAT & set(tokens)):
        return True
    if _ENGLISH_NAMES & {joined, *tokens} or any(part in joined for part in _KOREAN_NAMES):
        return True
    filled = [cell.strip() for cell in cells if cell.strip()][:SAMPLE_ROWS]
    if not filled:
        return False
    private = sum(is_private_value(cell) for cell in filled) / len(filled)
    people = sum(bool(_KOREAN_PERSON.fullmatch(cell)) for cell in filled) / len(filled)
    various = len(set(filled)) > 0.5 * len(filled) and len(filled) >= 5  # "인문", "공학" repeat, people do less
    return private >= _MIN_SHARE or (people >= _MIN_NAME_SHARE and various)


def is_private_value(cell: str) -> bool:
    """Whether a cell is an e-mail address, a telephone number or a Korean resident number."""
    text = cell.strip()
    return any(shape.fullmatch(text) for shape in (_EMAIL, _PHONE, _RESIDENT_NUMBER))
