"""Makes data/students_synthetic.csv: 5,000 invented students for the RPI catalog, always the same ones.

Run from anywhere: `python data/make_students.py`. Nobody in the file exists. What is made up, and how:
- department: a subject of the catalog, drawn in proportion to its number of courses;
- year: 1 to 5 (5: graduate), fewer in the later ones;
- interests: one to four of TOPICS, those that the titles of the own department mention eight times as likely;
- taken courses: catalog codes, three in four from the own department, with a first digit that fits the years
  already behind the student (RPI numbers courses by level: 1 and 2 first years, 4 upper years, 6 graduate).
"""

from __future__ import annotations

import csv
import random
import re
from collections import Counter, defaultdict
from pathlib import Path

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
MAX_COURSES_A_YEAR = 3
OWN_DEPARTMENT_SHARE = 0.75
OWN_TOPIC_WEIGHT = 8


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
    codes = defaultdict(list)
    for course in courses:
        codes[course["subject"], course["number"][0]].append(course["course_id"])
        codes["", course["number"][0]].append(course["course_id"])
    rows = []
    for number in range(1, COUNT + 1):
        department = chance.choices(departments, weights)[0]
        year = chance.choices(YEARS, YEAR_WEIGHTS)[0]
        interests = _draw_topics(chance, topic_weights[department])
        taken = _draw_courses(chance, codes, department, year)
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


def _draw_topics(chance: random.Random, weights: list[int]) -> list[str]:
    wanted = chance.choices((1, 2, 3, 4), (15, 35, 30, 20))[0]
    topics: list[str] = []
    while len(topics) < wanted:
        topic = chance.choices(TOPICS, weights)[0]
        if topic not in topics:
            topics.append(topic)
    return topics


def _draw_courses(
    chance: random.Random, codes: dict[tuple[str, str], list[str]], department: str, year: int
) -> list[str]:
    taken: list[str] = []
    for completed in range(1, year):
        for _ in range(chance.randint(1, MAX_COURSES_A_YEAR)):
            level = chance.choice(LEVELS_BY_COMPLETED_YEAR[completed])
            own = codes.get((department, level), [])
            offered = own if own and chance.random() < OWN_DEPARTMENT_SHARE else codes["", level]
            code = chance.choice(offered)
            if code not in taken:
                taken.append(code)
    return taken


if __name__ == "__main__":
    main()
