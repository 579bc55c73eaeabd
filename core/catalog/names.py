"""What columns are called: names of every field in English and Korean, with how much each name says.

Collected from exports of Korean and English university systems; a weight of 1 means that the name can mean
nothing else, lower ones yield to better names or need the values to agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

FieldNames = Mapping[str, tuple[tuple[float, tuple[str, ...]], ...]]  # field -> (weight, words of a name)

_COURSE_NAMES: Mapping[str, Mapping[float, str]] = {
    "code": {
        1.0: "course code, course id, course number, course no, subject code, class code, module code, code, "
        "program code, 학수번호, 학수코드, 과목코드, 과목번호, 교과목코드, 교과목번호, 교과코드, 교과번호, 강좌번호, "
        "강좌코드, 강의코드, 강의번호, 수업코드, 수업번호, 과정코드, 프로그램코드, 프로그램번호",
        0.6: "course key, course uid, catalog number, crn, 코드",
        0.45: "id, uid, 과목id",
        0.32: "number, no, 번호",
    },
    "title": {
        1.0: "title, course title, course name, subject name, module title, module name, class name, class title, "
        "lecture title, program name, program title, activity name, 과목명, 교과목명, 교과명, 강의명, 강좌명, 수업명, "
        "과정명, 프로그램명, 활동명, 교과목명칭, 과목명칭",
        0.9: "name, 제목, 명칭, 강의제목, 강좌제목",
        0.6: "course, 과목, 교과목, 강좌, 강의, 프로그램",
        0.45: "subject, module, activity, 이름",
    },
    "department": {
        1.0: "department, dept, department name, offering department, 학과, 개설학과, 개설학과명, 학과명, 개설학부, "
        "개설전공, 개설학과전공, 학부학과, 학과부, 학부전공, 주관학과, 소속학과, 설강학과, 개설부서, 운영부서, "
        "주관부서, 담당부서, 개설학과부, 운영학과",
        0.8: "major, discipline, 학부, 전공, 소속, 전공명, 부서, 부서명, 주관기관, 운영기관",
        0.5: "school, faculty, division, subject, subject area, unit, program, 단과대학, 개설대학",
        0.42: "college, 대학, 대학명",
    },
    "category": {
        1.0: "category, classification, course type, course category, completion type, requirement type, 이수구분, "
        "이수구분명, 교과구분, 교과목구분, 과목구분, 이수영역, 교과영역, 교양영역, 과목유형, 종별",
        0.7: "type, 구분, 분류, 영역, 유형, 카테고리, 이수",
        0.45: "subcategory, track, group, area, 세부영역",
    },
    "level": {
        1.0: "level, course level, academic year, study year, target year, year level, 학년, 대상학년, 수강학년, "
        "권장학년, 이수학년, 개설학년, 난이도",
        0.6: "grade, year, 수준, 과정, 학위과정",
    },
    "credits": {
        1.0: "credits, credit hours, course credits, credit points, ects, ects credits, units, 학점, 학점수, 이수학점, "
        "인정학점, 개설학점",
        0.5: "points, unit, 학점시간, 시수",
        0.35: "hours, 시간",
    },
    "language": {
        1.0: "language, lang, course language, instruction language, language of instruction, teaching language, "
        "강의언어, 수업언어, 언어, 교수언어, 사용언어, 진행언어",
        0.7: "원어강의, 외국어강의, 원어",
    },
    "kind": {
        1.0: "kind, course kind, extracurricular, curricular, 교과비교과, 교과비교과구분, 비교과구분, 비교과여부, "
        "교과비교과여부, 비교과",
        0.7: "type, program type, 교과구분, 과정구분, 활동구분, 프로그램구분, 프로그램유형, 활동유형, 유형, 구분",
    },
    "description": {
        1.0: "description, course description, desc, summary, overview, abstract, outline, course outline, synopsis, "
        "설명, 과목설명, 교과목설명, 교과목개요, 교과개요, 과목개요, 개요, 강의개요, 수업개요, 강좌개요, 교과목해설, "
        "교과해설, 과목해설, 해설, 교과목내용, 교과내용, 강의내용, 수업내용, 소개, 과목소개, 교과목소개, 강의소개, "
        "강좌소개, 프로그램소개, 프로그램내용, 활동내용, 상세내용",
        0.8: "content, contents, course content, about, body, 내용, 요약, 강의설명",
        0.6: "details, syllabus, objectives, learning objectives, 학습목표, 수업목표, 강의목표, 교육목표, 목표",
    },
    "prerequisites": {
        1.0: "prerequisites, prerequisite, prereq, prereqs, pre requisites, 선수과목, 선수교과목, 선이수과목, "
        "선이수교과목, 선이수, 선수강과목",
        0.6: "required courses, requirements, 이수요건, 권장선수과목, 수강조건, 수강요건",
    },
}

_STUDENT_NAMES: Mapping[str, Mapping[float, str]] = {
    "student_id": {
        1.0: "student id, student number, student no, student code, id student, learner id, 학번, 학생번호, 학생id, "
        "학생코드, 개인번호",
        0.6: "id, uid, sid, user id, 식별번호",
        0.4: "code, number, no, 번호",
    },
    "department": {
        **{weight: names for weight, names in _COURSE_NAMES["department"].items() if weight != 0.5},
        0.9: "home department, 재학학과, 주전공, 제1전공",
        0.5: "school, faculty, division, program, 단과대학",
    },
    "year": {
        1.0: "year, academic year, study year, year level, year of study, class standing, standing, 학년, 재학학년",
        0.7: "grade, level, class, 학년도",
    },
    "interests": {
        1.0: "interests, interest, topics of interest, areas of interest, 관심분야, 관심사, 관심, 관심영역, 관심주제, "
        "관심키워드, 흥미분야",
        0.6: "topics, keywords, preferences, tags, hobbies, 희망진로, 희망분야, 키워드, 선호분야",
    },
    "history": {
        1.0: "history, course history, taken courses, courses taken, completed courses, past courses, 수강이력, "
        "이수과목, 수강과목, 기수강과목, 기이수과목, 이수내역, 수강내역, 이수교과목, 수강교과목, 이수이력",
        0.8: "course code, module, 과목코드, 교과목코드, 교과목번호, 학수번호, 과목번호",
        0.7: "courses, course, taken, completed, enrollments, transcript, 과목목록, 과목명, 교과목명, 교과목",
    },
    "term": {
        1.0: "term, semester, 수강학기, 이수학기, 수강년도학기, 이수년도학기, 년도학기, 연도학기, 학기, 개설학기",
        0.8: "presentation, enrolled at, taken at, taken in, 수강시기, 이수시기, 수강일, 이수일",
    },
}

_ENGLISH = {"en", "eng", "english", "영문", "영어"}
_KOREAN = {"ko", "kor", "kr", "korean", "국문", "한글", "국어"}
_SECOND_CHOICE = {"raw", "original", "old", "previous", "prev", "alias", "alternative", "alternate", "other", "후보"}
_NEVER = frozenset(
    (
        "http",
        "https",
        "url",
        "link",
        "uri",
        "href",
        "image",
        "thumbnail",
        "date",
        "time",
        "created",
        "updated",
        "count",
        "email",
        "phone",
    )
)
_PERSON = ("instructor", "teacher", "professor", "lecturer", "author", "tutor", "student", "user")
_PLACE = ("school", "college", "faculty", "department", "dept", "division", "building", "room", "file")
_PERSON_OR_PLACE = frozenset((*_PERSON, *_PLACE))
_NEVER_IN_HANGUL = ("교수", "강사", "담당자", "저자", "여부", "일시", "날짜", "전화", "주소", "링크", "인원", "정원")
_EXACT, _AT_END, _AT_START, _WITHIN = 1.0, 0.8, 0.65, 0.5  # an English head noun stands at the end


def tokens_of(name: str) -> tuple[str, ...]:
    """The words of a column name: camelCase and signs cut, plurals and brackets dropped."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    words = re.findall(r"[a-z]+|[가-힣]+|\d+", spaced.lower())
    return tuple(word[:-1] if len(word) > 3 and word.endswith("s") and word.isascii() else word for word in words)


def _parse(names: Mapping[str, Mapping[float, str]]) -> FieldNames:
    return {
        field: tuple(
            (weight, tokens_of(phrase)) for weight, phrases in weighted.items() for phrase in phrases.split(",")
        )
        for field, weighted in names.items()
    }


COURSE_NAMES = _parse(_COURSE_NAMES)
STUDENT_NAMES = _parse(_STUDENT_NAMES)


def score_name(field: str, name: str, names: FieldNames) -> float:
    """How much a column name says that the column is `field`, from 0 to 1. `title_en` is a title in English."""
    tokens, language = _split_language(tokens_of(name))
    if field == "title_en":
        return score_name("title", " ".join(tokens), names) if language == "en" else 0.0
    if not tokens or _NEVER & set(tokens):
        return 0.0
    factor = 0.6 if _SECOND_CHOICE & set(tokens) else 1.0
    if language == "en" and field != "language":
        factor *= 0.35 if field == "title" else 0.9
    if field == "title" and _PERSON_OR_PLACE & set(tokens):
        factor = 0.0
    joined = "".join(tokens)
    matches = ((weight, _match(words, tokens, joined)) for weight, words in names[field])
    if any(part in joined for part in _NEVER_IN_HANGUL):
        matches = ((weight, match) for weight, match in matches if match == _EXACT)
    return factor * max((weight * match for weight, match in matches), default=0.0)


# A cell is the name of a column when it is one of the good names, or ends with one of the best. Sets, because every
# cell near the top of a file is asked.
_GOOD_NAMES, _BEST_NAMES = (
    frozenset(
        "".join(words)
        for names in (COURSE_NAMES, STUDENT_NAMES)
        for phrases in names.values()
        for weight, words in phrases
        if weight >= least
    )
    for least in (0.75, 1.0)
)


def is_field_name(name: str) -> bool:
    """Whether a cell reads like the name of a column, of catalogs or of lists of students."""
    if len(name) > 40:
        return False
    tokens, _ = _split_language(tokens_of(name))
    joined = "".join(tokens)
    if joined in _GOOD_NAMES:
        return True
    if _NEVER & set(tokens) or any(part in joined for part in _NEVER_IN_HANGUL):
        return False
    if joined.isascii():
        return any("".join(tokens[start:]) in _BEST_NAMES for start in range(1, len(tokens)))
    return any(joined[start:] in _BEST_NAMES for start in range(1, len(joined)))  # Korean compounds carry no spaces


def _split_language(tokens: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The tokens without a mark of language, and that language ("en", "ko" or "")."""
    language = ""
    kept = []
    for token in tokens:
        rest = token
        for mark_language, marks in (("en", _ENGLISH), ("ko", _KOREAN)):
            for mark in marks:
                if token == mark or (not mark.isascii() and token != mark and mark in rest):
                    language, rest = mark_language, rest.replace(mark, "")
        if rest:
            kept.append(rest)
    return tuple(kept) or tokens, language


def _match(words: tuple[str, ...], tokens: tuple[str, ...], joined: str) -> float:
    phrase = "".join(words)
    if joined == phrase:
        return _EXACT
    if phrase.isascii():  # English: whole words only
        size = len(words)
        if tokens[-size:] == words:
            return _AT_END
        if tokens[:size] == words:
            return _AT_START
        inner = range(1, len(tokens) - size)
        return _WITHIN if any(tokens[start : start + size] == words for start in inner) else 0.0
    if joined.endswith(phrase):  # Korean compounds carry no spaces
        return _AT_END
    if joined.startswith(phrase):
        return _AT_START
    return _WITHIN if phrase in joined else 0.0
