"""A second opinion on drafts, that shares no code with the checks: `python -m benchmarks.judge_drafts FILE`.

FILE holds one JSON object a line: `text`, `language`, `known` (what the catalog says of the course) and `prompt` (the
messages that asked for it); `python -m benchmarks.checks --state FOLDER --keep FILE` writes it from the drafts of an
installation. Looked for are the four things that no draft may do that passed the checks:

- mid-sentence: the text does not end with the sign of a sentence, or ends on a word that wants another
- language: a quarter of the words, or eight words in a row, are of the other script, or an English text has hardly
  any of the commonest words of English
- loop: one sentence nearly equals another (difflib), or five words in a row come three times
- leak: forty characters in a row stand in the prompt, but not in what the catalog says, or a label of the prompt does
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

DANGLING = frozenset({
    "a", "an", "the", "of", "and", "or", "to", "in", "on", "for", "with", "by", "from", "as", "at", "that", "which",
    "including", "such", "its", "their", "is", "are",
})  # fmt: skip
COMMONEST = frozenset({
    "the", "of", "and", "to", "in", "a", "is", "for", "this", "course", "students", "with", "on", "an", "are", "as",
    "by", "that", "it", "from",
})  # fmt: skip
LEAK_CHARACTERS = 40
LABELS = ("Course title:", "Department:", "Existing note", "Credits:", "<<<", ">>>", "과목명:", "학과:", "참고(")


def ends_mid_sentence(draft: dict[str, Any]) -> bool:
    """Whether the text breaks off."""
    text = draft["text"].rstrip("\"'”’)] ")
    if draft["language"] == "ko":
        return not text.endswith((".", "!", "?", "다", "요", "함", "음", "임"))
    return not text.endswith((".", "!", "?")) or text.rstrip(".!?").split()[-1].lower() in DANGLING


def switches_language(draft: dict[str, Any]) -> bool:
    """Whether the text, or a good part of it, is in another language."""
    own = "hangul" if draft["language"] == "ko" else "latin"
    scripts = [script for word in draft["text"].split() if (script := _script(word))]
    foreign = [script != own for script in scripts]
    run = longest = 0
    for is_foreign in foreign:
        run = run + 1 if is_foreign else 0
        longest = max(longest, run)
    words = [word.strip(".,;:()").lower() for word in draft["text"].split()]
    is_no_english = own == "latin" and sum(word in COMMONEST for word in words) < 0.05 * len(words)
    return sum(foreign) > 0.25 * len(foreign) or longest >= 8 or is_no_english


def loops(draft: dict[str, Any]) -> bool:
    """Whether the text says the same again and again."""
    sentences = [part.strip() for part in draft["text"].replace("!", ".").replace("?", ".").split(". ") if part.strip()]
    for position, first in enumerate(sentences):
        if any(len(first) > 20 and SequenceMatcher(None, first, other).ratio() > 0.9 for other in sentences[:position]):
            return True
    words = draft["text"].lower().split()
    runs = Counter(tuple(words[at : at + 5]) for at in range(len(words) - 4))
    return any(count >= 3 for count in runs.values())


def leaks(draft: dict[str, Any]) -> bool:
    """Whether words of the prompt, and not of the course, stand in the text."""
    text = " ".join(draft["text"].split())
    if any(label in text and label not in draft["known"] for label in LABELS):
        return True
    for message in draft["prompt"]:
        told = " ".join(message["content"].split())
        match = SequenceMatcher(None, text, told, autojunk=False).find_longest_match()
        run = text[match.a : match.a + match.size]
        if len(run.strip()) >= LEAK_CHARACTERS and run.strip() not in " ".join(draft["known"].split()):
            return True
    return False


JUDGES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "mid_sentence": ends_mid_sentence,
    "language": switches_language,
    "loop": loops,
    "leak": leaks,
}


def judge(drafts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How many drafts each judge objects to, with up to three of the texts."""
    result: dict[str, Any] = {"drafts": len(drafts)}
    for name, objects in JUDGES.items():
        found = [draft["text"] for draft in drafts if objects(draft)]
        result[name] = {"count": len(found), "texts": found[:3]}
    return result


def _script(word: str) -> str:
    letters = [letter for letter in word if letter.isalpha()]
    if not letters:
        return ""
    if sum("가" <= letter <= "힣" for letter in letters) * 2 > len(letters):
        return "hangul"
    return "latin" if sum(letter < "ɐ" for letter in letters) * 2 > len(letters) else "other"


def main() -> None:
    """Judge a file of drafts and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    lines = parser.parse_args().file.read_text(encoding="utf-8").splitlines()
    print(json.dumps(judge([json.loads(line) for line in lines]), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
