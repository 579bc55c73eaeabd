from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.enhancement.builtin_prompts import BUILT_IN, ENGLISH
from core.enhancement.checks import check_text
from core.enhancement.prompts import build_messages
from core.i18n import LANGUAGES, Translator
from core.records import Course, Finding, Severity

OPTICS = Course("PHYS-2110", "Optics", code="PHYS-2110", department="Physics", language="en", credits="4")
OPTICS_TEXT = (
    "This course introduces optics: the nature of light, and how lenses and mirrors form images. "
    "Topics include reflection, refraction, interference and diffraction."
)
HISTORY = Course("HIS101", "한국 근대사", code="HIS101", department="사학과", language="ko", credits="3")
HISTORY_TEXT = (
    "개항 이후 한국 사회가 겪은 변화를 정치와 경제, 문화의 흐름 속에서 살펴보는 과목이다. "
    "신분 질서의 해체와 도시의 성장, 교육의 확대를 사료를 통해 비판적으로 읽는다."
)


def hard(course: Course, text: str) -> set[str]:
    findings = check_text(course, text, build_messages(course, BUILT_IN[course.language]))
    return {finding.check for finding in findings if finding.severity is Severity.HARD}


def found(course: Course, text: str, check: str) -> Finding:
    return next(
        finding
        for finding in check_text(course, text, build_messages(course, BUILT_IN[course.language]))
        if finding.check == check
    )


@pytest.mark.parametrize(("course", "text"), [(OPTICS, OPTICS_TEXT), (HISTORY, HISTORY_TEXT)])
def test_a_sound_description_has_no_findings(course: Course, text: str) -> None:
    assert check_text(course, text, build_messages(course, BUILT_IN[course.language])) == []


ENGLISH_ERRORS = {
    "It carries 3 credits.": "unknown_number",
    "It runs for two semesters.": "unknown_number",
    "It was founded in 1987.": "unknown_number",
    "Students take PHYS 1200 first.": "unknown_code",
    "The prerequisite is a course in calculus.": "unknown_requirement",
    "Permission of the instructor is needed.": "unknown_requirement",
    "Students must have completed an introduction to physics.": "unknown_requirement",
    "Graduates receive a certificate.": "unknown_certificate",
    "The program is accredited.": "unknown_certificate",
    "There is a midterm exam.": "unknown_assessment",
    "Homework is graded.": "unknown_assessment",
    "Classes meet on Tuesdays.": "unknown_schedule",
    "It is offered in the fall semester.": "unknown_schedule",
    "It is taught fully online.": "unknown_delivery",
    "Weekly lab sessions deepen the theory.": "unknown_delivery",
    "Students do an internship afterwards.": "unknown_delivery",
    "It is taught by Dr. Anna Smith.": "unknown_name",
    "Exercises use MATLAB.": "unknown_tool",
    "It is part of the Global Light Institute.": "new_name",
    "See https://example.org for details.": "link",
    "Write to optics@example.edu for details.": "link",
    "It is **important** for all.": "markup",
    "It covers <b>lasers</b> too.": "markup",
    "- Lasers and fibres are covered.": "markup",
    "Sure! Here is the description.": "chat_phrase",
    "As an AI language model, this is what can be said.": "chat_phrase",
    "I hope this helps.": "chat_phrase",
    "Course title: Optics.": "prompt_echo",
    "이 과목은 빛을 다룬다.": "foreign_script",
    "光学 is covered too.": "foreign_script",
    "It covers lasers\u200b too.": "control_character",
    "It covers lasers.<|im_end|>": "control_character",
    "It also covers lasers and": "cut_off",
}
KOREAN_ERRORS = {
    "3.5학점을 준다.": "unknown_number",
    "두 학기 동안 진행한다.": "unknown_number",
    "1987년에 처음 열렸다.": "unknown_number",
    "CS204 과목과 함께 듣는다.": "unknown_code",
    "선수과목은 한국사 개론이다.": "unknown_requirement",
    "먼저 이수한 과목이 있어야 한다.": "unknown_requirement",
    "수료증을 준다.": "unknown_certificate",
    "자격증 취득을 돕는다.": "unknown_certificate",
    "중간고사를 치른다.": "unknown_assessment",
    "성적은 출석으로 정한다.": "unknown_assessment",
    "매주 화요일에 만난다.": "unknown_schedule",
    "비대면 수업으로 운영한다.": "unknown_delivery",
    "유적지 현장 답사를 간다.": "unknown_delivery",
    "김철수 교수가 가르친다.": "unknown_name",
    "파이썬으로 사료를 분석한다.": "unknown_tool",
    "자료는 www.example.kr 에 있다.": "link",
    "**중요한** 과목이다.": "markup",
    "<b>사료</b>를 읽는다.": "markup",
    "물론입니다! 설명을 씁니다.": "chat_phrase",
    "도움이 되길 바랍니다.": "chat_phrase",
    "과목명: 한국 근대사이다.": "prompt_echo",
    "近代史를 읽는다.": "foreign_script",
    "사료를\u200b 읽는다.": "control_character",
    "또한 도시와 농촌의": "cut_off",
}


@pytest.mark.parametrize(("sentence", "check"), ENGLISH_ERRORS.items())
def test_a_planted_english_error_is_found_at_its_place(sentence: str, check: str) -> None:
    _assert_found(OPTICS, OPTICS_TEXT, sentence, check)


@pytest.mark.parametrize(("sentence", "check"), KOREAN_ERRORS.items())
def test_a_planted_korean_error_is_found_at_its_place(sentence: str, check: str) -> None:
    _assert_found(HISTORY, HISTORY_TEXT, sentence, check)


def _assert_found(course: Course, text: str, sentence: str, check: str) -> None:
    draft = f"{sentence} {text}" if check == "chat_phrase" else f"{text} {sentence}"
    finding = found(course, draft, check)
    assert finding.severity is Severity.HARD
    start = draft.index(sentence)
    assert start <= finding.start < finding.end <= start + len(sentence)


def test_a_text_in_another_language_is_found() -> None:
    assert "language_switched" in hard(OPTICS, HISTORY_TEXT)
    assert "language_switched" in hard(HISTORY, OPTICS_TEXT)


def test_loops_are_found() -> None:
    assert "looping" in hard(OPTICS, " ".join(["Light is a wave and a particle."] * 8))
    assert "looping" in hard(OPTICS, f"{OPTICS_TEXT} {OPTICS_TEXT.split('. ')[0]}.")
    assert "looping" in hard(HISTORY, " ".join(["사료를 읽고 비판적으로 토론한다."] * 6))


def test_a_text_that_says_only_the_title_is_found() -> None:
    assert "nothing_beyond_title" in hard(OPTICS, "This course introduces students to the basic concepts of optics.")
    assert "nothing_beyond_title" in hard(HISTORY, "이 과목은 한국 근대사의 기본 개념을 소개하는 과목입니다.")


def test_an_example_that_was_copied_is_found() -> None:
    assert "prompt_echo" in hard(OPTICS, ENGLISH.examples[1].description)


def test_too_short_and_too_long_texts_are_found() -> None:
    assert "too_short" in hard(OPTICS, "Light and mirrors.")
    assert found(OPTICS, " ".join([OPTICS_TEXT] * 12), "too_long").severity is Severity.SOFT


def test_endless_lists_and_a_personal_voice_are_worth_a_look() -> None:
    topics = "lasers, fibres, lenses, mirrors, prisms, gratings, holograms, cameras, telescopes, microscopes, eyes"
    assert found(OPTICS, f"{OPTICS_TEXT} Topics include {topics}, and more.", "long_list").severity is Severity.SOFT
    assert found(OPTICS, f"{OPTICS_TEXT} You will learn how we see.", "personal_voice").severity is Severity.SOFT
    assert "personal_voice" not in {it.check for it in check_text(OPTICS, f"{OPTICS_TEXT} It follows US practice.")}


def test_what_the_source_says_may_be_said() -> None:
    source = replace(
        OPTICS,
        description="4 credits. Prerequisite: PHYS 1200. Uses MATLAB on Tuesdays; graded by exam. Dr. Anna Smith.",
    )
    text = (
        f"{OPTICS_TEXT} It has 4 credits and the prerequisite PHYS 1200, uses MATLAB, "
        "meets on Tuesdays and ends with an exam by Dr. Anna Smith."
    )
    assert hard(source, text) == set()


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("Held by distance learning or online.", "Classes are taught remotely."),
        ("One lecture and one laboratory a week.", "Lab sessions deepen the theory."),
        ("Includes a practicum.", "Students complete an internship."),
    ],
)
def test_a_way_of_teaching_may_be_said_in_other_words_than_the_source(told: str, text: str) -> None:
    assert "unknown_delivery" not in hard(replace(OPTICS, description=told), f"{OPTICS_TEXT} {text}")
    assert "unknown_delivery" in hard(OPTICS, f"{OPTICS_TEXT} {text}")


@pytest.mark.parametrize("subject", ["Remote sensing and virtual reality", "Distance metrics", "Laboratory animals"])
def test_a_subject_is_not_taken_for_a_way_of_teaching(subject: str) -> None:
    assert "unknown_delivery" not in hard(OPTICS, f"{OPTICS_TEXT} {subject} are covered as well.")


def test_findings_come_in_order_and_inside_the_text() -> None:
    text = f"Sure! {OPTICS_TEXT} It has 9 credits and"
    findings = check_text(OPTICS, text)
    assert [finding.start for finding in findings] == sorted(finding.start for finding in findings)
    assert all(0 <= finding.start <= finding.end <= len(text) for finding in findings)


@given(st.text(max_size=400), st.sampled_from([OPTICS, HISTORY]))
def test_any_text_can_be_checked_and_each_finding_read(text: str, course: Course) -> None:
    for finding in check_text(course, text):
        assert 0 <= finding.start <= finding.end <= len(text)
        assert all(Translator(language).message(finding.message) for language in LANGUAGES)
