"""Is a text nearer to another course of the catalog than to its own?

Compared by TF-IDF and cosine over titles and descriptions: vectors of meaning are made later, of approved texts only.
`benchmarks/checks.py` measures what it finds and how many drafts it holds back.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from core.enhancement.checks.source import HANGUL, WORD, finding, fold, is_content, stem
from core.records import Course, Finding, Severity

TITLE_WEIGHT = 2  # a word of the title counts like two of the description
MIN_SIMILARITY = 0.2  # to the other course, below which nothing is said
MIN_RATIO = 2.0  # of the similarity to the other course to that of its own course or department
_TWINS = 0.5  # courses as like as that are told apart by nobody
_MAX_WORDS = 120  # of a description
_COMMON_SHARE, _MIN_COMMON = 0.05, 20  # a word of more courses than that tells none of them apart


class CourseIndex:
    """The courses of a catalog, to be compared with a text."""

    def __init__(self, courses: Iterable[Course]) -> None:
        self._courses = {course.course_key: course for course in courses}
        counts = {key: _course_terms(course) for key, course in self._courses.items()}
        courses_with = Counter(term for told in counts.values() for term in told)
        total = len(counts)
        limit = max(_MIN_COMMON, _COMMON_SHARE * total)
        self._weights = {
            term: math.log((1 + total) / (1 + number)) + 1 if number <= limit else 0.0
            for term, number in courses_with.items()
        }
        self._unseen = math.log(1 + total) + 1
        self._postings: dict[str, list[tuple[str, float]]] = defaultdict(list)
        self._vectors = {key: self._vector(told) for key, told in counts.items()}
        for key, vector in self._vectors.items():
            for term, weight in vector.items():  # common words are not among them
                self._postings[term].append((key, weight))

    def check(self, course: Course, text: str) -> Iterator[Finding]:
        """A finding when a course of another department is much nearer to the text than any of `course`'s department.

        Within a department texts are alike by nature, so there nothing is said. A text that names most of the title
        is about the course, at least in name: then the finding is soft.
        """
        vector = self._vector(_terms(text))
        itself = self._vector(_course_terms(course))
        own, nearest, other = _dot(vector, itself), 0.0, ""
        for key, score in self._scores(vector).items():
            if key == course.course_key or self._courses[key].department == course.department:
                own = max(own, score)
            elif score > nearest:
                nearest, other = score, key
        if nearest < MIN_SIMILARITY or nearest < MIN_RATIO * own or _dot(self._vectors[other], itself) >= _TWINS:
            return
        title, told = _terms(course.title), _terms(text)
        is_named = bool(title) and 2 * len(title.keys() & told.keys()) >= len(title)
        severity = Severity.SOFT if is_named else Severity.HARD
        yield finding("mixed_up", severity, 0, len(text), title=self._courses[other].title[:80])

    def _vector(self, counts: Counter[str]) -> dict[str, float]:
        """Unit length; a text's words that no course has count too."""
        weighted = {
            term: (1 + math.log(count)) * weight
            for term, count in counts.items()
            if (weight := self._weights.get(term, self._unseen))
        }
        length = math.sqrt(sum(value * value for value in weighted.values())) or 1.0
        return {term: value / length for term, value in weighted.items()}

    def _scores(self, vector: dict[str, float]) -> dict[str, float]:
        scores: dict[str, float] = defaultdict(float)
        for term, weight in vector.items():
            for key, other in self._postings.get(term, ()):
                scores[key] += weight * other
        return scores


def _course_terms(course: Course) -> Counter[str]:
    told = " ".join(course.description.split()[:_MAX_WORDS])
    counts = _terms(f"{told} {course.department}")
    for term, number in _terms(f"{course.title} {course.title_en}").items():
        counts[term] += TITLE_WEIGHT * number
    return counts


def _terms(text: str) -> Counter[str]:
    """Stems of English content words; pairs of syllables of Korean ones, which carry particles at their end."""
    counts: Counter[str] = Counter()
    for word in WORD.findall(fold(text)):
        if not is_content(word):
            continue
        if HANGUL.search(word):
            counts.update(word[at : at + 2] for at in range(len(word) - 1))
        else:
            counts[stem(word)] += 1
    return counts


def _dot(first: dict[str, float], second: dict[str, float]) -> float:
    return sum(weight * second.get(term, 0.0) for term, weight in first.items())
