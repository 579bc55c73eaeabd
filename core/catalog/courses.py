"""Turns the rows of a table into courses, and says what is wrong with them."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.catalog.mapping import ColumnMapping
from core.catalog.tables import ProblemList, Table
from core.catalog.text import clean_line, clean_text, few_accents, language_of
from core.errors import IntakeError
from core.records import Course, CourseKind, Problem

SECTIONS = "sections"  # key in Course.extra of the merged rows, as JSON
_MERGED_SECTIONS = f"{SECTIONS} (merged)"  # where the file has a column of that name

_HASHED_FIELDS = (
    "title",
    "title_en",
    "department",
    "category",
    "level",
    "credits",
    "language",
    "description",
    "kind",
    "prerequisites",
)
_ACTIVITY = re.compile(r"비교과|extra[- ]?curricular|co[- ]?curricular", re.IGNORECASE)
_ACTIVITY_WORD = re.compile(r"activity|activities|활동|프로그램", re.IGNORECASE)  # enough in a column about the kind
_KOREAN = re.compile(r"ko|kor|ko-kr|korean|한국어|국어|한글|국문|우리말", re.IGNORECASE)
_ENGLISH = re.compile(r"en|eng|en-us|en-gb|english|영어|영문", re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"(?<!\d)(\d+)\.0+(?!\d)")
_CREDITS = re.compile(r"\d{1,3}(\.\d+)?(\D.*)?")
_LONG_TITLE = 300
_REPLACEMENT = "\ufffd"  # what a program writes where it could not read a character


@dataclass(frozen=True, slots=True)
class CourseIntake:
    """The courses of a table and everything that was wrong, reading included."""

    courses: tuple[Course, ...]
    problems: tuple[Problem, ...]
    section_groups: int = 0  # courses that stand in several rows with the same code and title
    merged_rows: int = 0  # rows that went into another row's course; 0 unless merging


def build_courses(table: Table, mapping: ColumnMapping, merge_sections: bool = True) -> CourseIntake:
    """Courses with key, cleaned texts, language, kind and content hash, in the order of the rows.

    Raises IntakeError when no column is mapped to the title, or no row has one.
    """
    fields = {field: table.columns.index(name) for field, name in mapping.fields.items() if name in table.columns}
    if "title" not in fields:
        raise IntakeError("intake.error.no_title_column")
    problems = ProblemList()
    problems.extend(table.problems)
    courses = []
    for number, row in zip(table.row_numbers, table.rows, strict=True):
        course = _course_of_row(table.columns, fields, number, row, problems)
        if course:
            courses.append(course)
    if not courses:
        raise IntakeError("intake.error.no_titles", column=mapping.fields["title"])
    groups = _section_groups(courses)
    merged_rows = 0
    if merge_sections:
        merged = _merge_sections(courses, groups)
        merged_rows = len(courses) - len(merged)
        courses = merged
    courses = _drop_repeated_rows(courses, problems)
    courses = _make_keys_unique(courses, mapping, problems)
    finished = tuple(replace(course, content_hash=content_hash(course)) for course in courses)
    return CourseIntake(finished, problems.as_tuple(), len(groups), merged_rows)


def content_hash(course: Course) -> str:
    """SHA-256 over what enhancement and embedding read of a course."""
    parts = [str(getattr(course, field)) for field in _HASHED_FIELDS]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def course_key(code: str, title: str, department: str) -> str:
    """The identity of a course within its catalog: the code, else a hash of title and department."""
    if code:
        return code
    identity = json.dumps([title.casefold(), department.casefold()], ensure_ascii=False)
    return "t-" + hashlib.sha256(identity.encode()).hexdigest()[:16]


def rows_of(course: Course) -> tuple[int, ...]:
    """The rows of the file that became this course: its own, and those of its merged sections."""
    for key in (_MERGED_SECTIONS, SECTIONS):
        try:
            sections = json.loads(course.extra.get(key, ""))
            return tuple(int(section["row"]) for section in sections)
        except (ValueError, TypeError, KeyError):
            continue  # there is none, or a column of the file has that name
    return (course.row_number,)


def _course_of_row(
    columns: Sequence[str], fields: Mapping[str, int], number: int, row: Sequence[str], problems: ProblemList
) -> Course | None:
    raw = {field: row[position] for field, position in fields.items()}
    text = {field: clean_line(value) for field, value in raw.items() if field != "description"}
    title = text["title"] or text.get("title_en", "")
    if not title:
        problems.add("no_title", number, columns[fields["title"]], raw["title"])
        return None
    description = clean_text(raw.get("description", ""))
    department, code = text.get("department", ""), text.get("code", "")
    course = Course(
        course_key=course_key(code, title, department),
        title=title,
        code=code,
        title_en=text.get("title_en", ""),
        department=department,
        category=text.get("category", ""),
        level=text.get("level", ""),
        credits=_WHOLE_NUMBER.sub(r"\1", text.get("credits", "")),
        language=_language(text.get("language", ""), title, description),
        kind=_kind(text.get("kind", ""), text.get("category", "")),
        description=description,
        description_raw=raw.get("description", ""),
        prerequisites=text.get("prerequisites", ""),
        extra={name: few_accents(row[i]) for i, name in enumerate(columns) if i not in fields.values()},
        row_number=number,
    )
    _report_doubts(course, {field: columns[position] for field, position in fields.items()}, problems)
    return course


def _language(stated: str, title: str, description: str) -> str:
    if _KOREAN.fullmatch(stated):
        return "ko"
    if _ENGLISH.fullmatch(stated):
        return "en"
    return language_of(title, description)


def _kind(kind: str, category: str) -> CourseKind:
    is_activity = _ACTIVITY.search(kind) or _ACTIVITY_WORD.search(kind) or _ACTIVITY.search(category)
    # "교과/비교과" names the two kinds and says nothing about this row
    both = re.fullmatch(r"교과\s*[/·,]\s*비교과", kind or category)
    return CourseKind.ACTIVITY if is_activity and not both else CourseKind.COURSE


def _report_doubts(course: Course, columns: Mapping[str, str], problems: ProblemList) -> None:
    """Rows that are kept but worth a look."""
    number = course.row_number
    if "code" in columns and not course.code:
        problems.add("no_code", number, columns["code"], course.title)
    if len(course.title) > _LONG_TITLE:
        problems.add("long_title", number, columns["title"], course.title)
    if course.credits and not _CREDITS.fullmatch(course.credits):
        problems.add("odd_credits", number, columns["credits"], course.credits)
    for field in ("title", "description"):
        text = getattr(course, field)
        if _REPLACEMENT in text:
            start = max(text.index(_REPLACEMENT) - 20, 0)
            problems.add("unreadable_characters", number, columns.get(field, ""), text[start : start + 60])


def _section_groups(courses: Sequence[Course]) -> list[list[int]]:
    """Positions of the courses that share code and title, for every such group."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position, course in enumerate(courses):
        if course.code:
            groups[course.code, course.title.casefold()].append(position)
    return [positions for positions in groups.values() if len(positions) > 1]


def _merge_sections(courses: Sequence[Course], groups: Sequence[Sequence[int]]) -> list[Course]:
    merged: list[Course | None] = list(courses)
    for first, *others in groups:
        merged[first] = _merge([courses[position] for position in (first, *others)])
        for position in others:
            merged[position] = None
    return [course for course in merged if course is not None]


def _merge(rows: Sequence[Course]) -> Course:
    """One course out of its sections: the first row leads, its gaps are filled from the others.

    What differs among the rows is kept row by row in `extra["sections"]`.
    """
    first = rows[0]
    named = ("title_en", "department", "category", "level", "credits", "description", "prerequisites")
    gaps: dict[str, Any] = {
        field: next((getattr(row, field) for row in rows if getattr(row, field)), "")
        for field in (*named, "description_raw")
        if not getattr(first, field)
    }
    whole = [{**{field: getattr(row, field) for field in named}, **row.extra} for row in rows]
    differing = [name for name in whole[0] if len({row[name] for row in whole}) > 1]
    sections = [
        {"row": row.row_number, **{name: w[name] for name in differing}} for row, w in zip(rows, whole, strict=True)
    ]
    key = SECTIONS if SECTIONS not in first.extra else _MERGED_SECTIONS
    extra = {**first.extra, key: json.dumps(sections, ensure_ascii=False)}
    return replace(first, extra=extra, **gaps)


def _drop_repeated_rows(courses: Sequence[Course], problems: ProblemList) -> list[Course]:
    """Without rows that say exactly what an earlier row says."""
    seen: dict[str, int] = {}
    kept = []
    for course in courses:
        plain = replace(course, row_number=0, extra={})
        identity = json.dumps([repr(plain), dict(course.extra)], ensure_ascii=False)
        if identity in seen:
            problems.add("same_row_again", course.row_number, value=course.title, first=seen[identity])
            continue
        seen[identity] = course.row_number
        kept.append(course)
    return kept


def _make_keys_unique(courses: Sequence[Course], mapping: ColumnMapping, problems: ProblemList) -> list[Course]:
    """Repeated codes (or titles, without codes) are reported and told apart as `code#2`, `code#3`, ..."""
    taken: dict[str, int] = {}
    result = []
    used = {course.course_key for course in courses}
    counts: dict[str, int] = defaultdict(int)
    for course in courses:
        key = course.course_key
        counts[key] += 1
        if counts[key] > 1:
            kind = "repeated_code" if course.code else "repeated_title"
            column = mapping.fields.get("code" if course.code else "title", "")
            problems.add(kind, course.row_number, column, course.code or course.title, first=taken[key])
            while (numbered := f"{key}#{counts[key]}") in used:
                counts[key] += 1
            used.add(numbered)
            course = replace(course, course_key=numbered)
        else:
            taken[key] = course.row_number
        result.append(course)
    return result
