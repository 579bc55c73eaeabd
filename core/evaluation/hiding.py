"""A description without what gives its course away besides its subject: course codes and prerequisites.

They name the department, and would let a text that repeats the department look better than it is.
"""

from __future__ import annotations

import re

# "CSCI 2300", "PHYS-1010", "MATH1020H", "전자 3021"; years alone ("2016") stay.
_CODE = re.compile(r"(?<![A-Za-z가-힣])(?:[A-Z]{2,5}|[가-힣]{2,4})[-_. ]?\d{3,5}[A-Z]?(?![\d년])")
_WITH_CODE = re.compile(r"[(\[][^()\[\]]*[)\]]")
_REQUIREMENT = re.compile(r"[cp]o?-?re-?requisites?|선수\s*(?:교과목|과목|이수)|선이수|동시\s*수강", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?。\n]*(?:[.!?。\n]+|$)")


def without_giveaways(text: str) -> str:
    """The text in single spaces without sentences about prerequisites and without course codes."""
    kept = _WITH_CODE.sub(lambda found: "" if _CODE.search(found.group()) else found.group(), text)
    sentences = [sentence for sentence in _SENTENCE.findall(kept) if not _REQUIREMENT.search(sentence)]
    return " ".join(_CODE.sub("", "".join(sentences)).split())
