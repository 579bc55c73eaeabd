"""Makes data/students_synthetic.csv: 5,000 invented students for the RPI catalog, always the same ones.

Run from anywhere: `python data/make_students.py`. Nobody in the file exists. What is made up, and how:
- department: a subject of the catalog, drawn in proportion to its number of courses;
- year: 1 to 5 (5: graduate), fewer in the later ones; the term about to begin is 2026-1;
- interests: one to four of TOPICS, those that the titles of the own department mention eight times as likely;
- taken courses, each with its term: one or two in each of the two terms of every year behind the student, of a level
  that fits that year (RPI numbers courses by level: 1 and 2 first years, 4 upper years, 6 graduate), never one whose
  prerequisites were not taken before. Three in four come from the own department. Among them a course is likelier
  if its title names an interest of the student (TOPIC_WEIGHT times), and some courses are simply larger than others
  (a factor drawn once for each course, log-normal).

So department, interests, year and popularity all have an influence on what was taken, as strong as the constants below
say. Measured evidence for weights on these students shows whether the recommender finds again what was put in. It says
nothing about real students.
"""

from __future__ import annotations

import csv
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from core.recommendation.prerequisites import Expression, UnreadableError, holds, parse, same_code

FOLDER = Path(__file__).resolve().parent
CATALOG = FOLDER / "en_rpi_catalog.csv"
STUDENTS = FOLDER / "students_synthetic.csv"
COUNT = 5_000
SEED = 20_260_301

# Phrases out of the titles of the catalog, each in at least one of them.
TOPICS = (
    "accounting",
    "acoustics",
    "aerospace",
    "algorithms",
    "animation",
    "architectural design",
    "astronomy",
    "astrophysics",
    "behavior",
    "big data",
    "biochemistry",
    "biomechanics",
    "biostatistics",
    "biotechnology",
    "calculus",
    "cell biology",
    "chemical process",
    "chinese",
    "climate",
    "cognitive science",
    "communication",
    "computer graphics",
    "computer organization",
    "control systems",
    "critical thinking",
    "cryptography",
    "culture",
    "data analytics",
    "data science",
    "decision making",
    "documentary",
    "drawing",
    "earth",
    "ecology",
    "econometrics",
    "electronic arts",
    "energy",
    "engineering acoustics",
    "entrepreneurship",
    "environment",
    "ethics",
    "experimental game",
    "fiction",
    "finance",
    "finite element",
    "fluid dynamics",
    "fluid mechanics",
    "game design",
    "game theory",
    "genetics",
    "geochemistry",
    "global",
    "health economics",
    "heat transfer",
    "history",
    "human factors",
    "imaging",
    "innovation",
    "internet",
    "leadership",
    "life science",
    "lighting",
    "linear algebra",
    "listening",
    "literature",
    "logic",
    "machine learning",
    "manufacturing",
    "marketing",
    "materials science",
    "medicine",
    "molecular biology",
    "molecular modeling",
    "music",
    "network security",
    "networks",
    "neuroscience",
    "nuclear",
    "operating systems",
    "optical",
    "optimization",
    "organic chemistry",
    "painting",
    "philosophy",
    "power",
    "protein",
    "psychology",
    "public policy",
    "quantum mechanics",
    "robotics",
    "semiconductor",
    "simulation",
    "social media",
    "software",
    "solid state",
    "sound",
    "statistics",
    "supply chain",
    "sustainability",
    "transportation",
    "web science",
    "writing",
)

YEARS = (1, 2, 3, 4, 5)
YEAR_WEIGHTS = (27, 25, 23, 19, 6)
LEVELS_BY_COMPLETED_YEAR = {1: "1", 2: "2", 3: "4", 4: "46"}  # first digits of the course numbers of that year
NEXT_TERM_YEAR = 2026
TERMS_A_YEAR = 2
MAX_COURSES_A_TERM = 2
OWN_DEPARTMENT_SHARE = 0.75
OWN_TOPIC_WEIGHT = 8  # of a topic in the titles of the own department, when interests are drawn
TOPIC_WEIGHT = 8  # of a course whose title names an interest, when courses are drawn
TRIES = 20  # to find a course whose prerequisites are met; else one course less is taken
SIZE_SPREAD = 1.0  # sigma of the log-normal sizes of courses


@dataclass(frozen=True)
class Offer:
    """A course as the students see it."""

    code: str
    size: float  # how likely it is taken, beside everything else
    topics: frozenset[str]  # that its title names
    needs: Expression | None


def main() -> None:
    """Write the file."""
    with CATALOG.open(encoding="utf-8", newline="") as lines:
        courses = list(csv.DictReader(lines))
    with STUDENTS.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("student_id", "department", "year", "interests", "taken_courses"))
        writer.writerows(make_students(courses))


def make_students(courses: list[dict[str, str]]) -> list[tuple[str, str, int, str, str]]:
    """The rows of the file, for the rows of the catalog."""
    chance = random.Random(SEED)  # noqa: S311  (repeatable, not secret)
    sizes = Counter(course["subject"] for course in courses)
    departments, weights = list(sizes), list(sizes.values())
    topic_weights = _topic_weights(courses)
    offers = _offers(chance, courses)
    codes = frozenset(same_code(course["course_id"]) for course in courses)
    rows = []
    for number in range(1, COUNT + 1):
        department = chance.choices(departments, weights)[0]
        year = chance.choices(YEARS, YEAR_WEIGHTS)[0]
        interests = _draw_topics(chance, topic_weights[department])
        taken = _draw_courses(chance, offers, codes, department, year, frozenset(interests))
        rows.append((f"SYN-{number:05}", department, year, "; ".join(interests), "; ".join(taken)))
    return rows


def _topic_weights(courses: list[dict[str, str]]) -> dict[str, list[int]]:
    titles = defaultdict(list)
    for course in courses:
        titles[course["subject"]].append(course["title"].lower())
    patterns = [re.compile(rf"\b{topic}\b") for topic in TOPICS]
    return {
        department: [OWN_TOPIC_WEIGHT if any(pattern.search(title) for title in own) else 1 for pattern in patterns]
        for department, own in titles.items()
    }


def _offers(chance: random.Random, courses: list[dict[str, str]]) -> dict[tuple[str, str], list[Offer]]:
    """Courses by subject and first digit; those of all subjects stand under the subject ""."""
    patterns = {topic: re.compile(rf"\b{topic}\b") for topic in TOPICS}
    offers = defaultdict(list)
    for course in courses:
        title = course["title"].lower()
        topics = frozenset(topic for topic, pattern in patterns.items() if pattern.search(title))
        offer = Offer(course["course_id"], chance.lognormvariate(0, SIZE_SPREAD), topics, _needs(course))
        for subject in (course["subject"], ""):
            offers[subject, course["number"][0]].append(offer)
    return offers


def _needs(course: dict[str, str]) -> Expression | None:
    try:
        return parse(course["prerequisites"]) if course["prerequisites"].strip() else None
    except UnreadableError:
        return None


def _draw_topics(chance: random.Random, weights: list[int]) -> list[str]:
    wanted = chance.choices((1, 2, 3, 4), (15, 35, 30, 20))[0]
    topics: list[str] = []
    while len(topics) < wanted:
        topic = chance.choices(TOPICS, weights)[0]
        if topic not in topics:
            topics.append(topic)
    return topics


def _draw_courses(
    chance: random.Random,
    offers: Mapping[tuple[str, str], Sequence[Offer]],
    codes: frozenset[str],
    department: str,
    year: int,
    interests: frozenset[str],
) -> list[str]:
    """Codes with their terms, in order. What is taken in one term is no prerequisite in the same term."""
    taken: dict[str, str] = {}
    for completed in range(1, year):
        for term in range(1, TERMS_A_YEAR + 1):
            before = frozenset(same_code(code) for code in taken)
            for _ in range(chance.randint(1, MAX_COURSES_A_TERM)):
                level = chance.choice(LEVELS_BY_COMPLETED_YEAR[completed])
                home = department if chance.random() < OWN_DEPARTMENT_SHARE else ""
                offered = offers.get((home, level), ())
                weights = [it.size * (TOPIC_WEIGHT if it.topics & interests else 1) for it in offered]
                for offer in chance.choices(offered, weights, k=TRIES) if offered else ():
                    if offer.code not in taken and (offer.needs is None or _met(offer.needs, before, codes)):
                        taken[offer.code] = f"{NEXT_TERM_YEAR - year + completed}-{term}"
                        break
    return [f"{code}@{term}" for code, term in taken.items()]


def _met(needs: Expression, taken: frozenset[str], codes: frozenset[str]) -> bool:
    return bool(holds(needs, lambda code: np.array([code in taken]) if code in codes else None, 1)[0])


if __name__ == "__main__":
    main()
