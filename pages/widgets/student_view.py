"""One student: the list with reasons and contributions, why a course is missing, what would change."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import isfinite

import streamlit as st

from core.access.roles import Permission
from core.charts import recommendation as recommendation_charts
from core.i18n import Translator
from core.pipeline.courses import courses_of
from core.pipeline.similar_students import similar_students
from core.pipeline.student_access import export_student, note_look
from core.pipeline.students import RecommendedCourse, StudentView, student_departments, student_view, what_if, why_not
from core.recommendation.options import Grouping
from core.records import Contribution, Course, Student
from pages.widgets.course_words import draw_words
from pages.widgets.display import draw_chart, plain
from pages.widgets.rights import in_my_name, may, reason_why_not
from pages.widgets.session import application
from pages.widgets.student_list import reason_for_export, shown_id
from pages.widgets.weights_tuning import signal_labels, weights_in_words

_LOOKED_AT = "students_looked_at"


def draw_student(catalog_id: str, student: Student, t: Translator) -> None:
    """Everything about the picked student. The look is written down once a session."""
    _note_look(student)
    view = student_view(application(), catalog_id, student.student_id)
    if view.run_id is None and not view.recommendations:
        view = what_if(application(), catalog_id, student)
    _draw_head(view, t)
    choice = st.segmented_control(
        t("students.about"),
        ("list", "why_not", "what_if"),
        format_func=lambda name: t(f"students.about_{name}"),
        default="list",
        required=True,
        key="students_about",
        label_visibility="collapsed",
    )
    if choice == "list":
        _draw_recommendations(catalog_id, view, t)
    elif choice == "why_not":
        _draw_why_not(catalog_id, view, t)
    else:
        _draw_what_if(catalog_id, view, t)


def _note_look(student: Student) -> None:
    seen: set[str] = st.session_state.setdefault(_LOOKED_AT, set())
    if student.student_id not in seen:
        note_look(application(), student.student_id)
        seen.add(student.student_id)


def _draw_head(view: StudentView, t: Translator) -> None:
    student = view.student
    facts = [student.department or t("students.no_department")]
    if student.year is not None:
        facts.append(t("students.year", year=student.year))
    facts.extend(student.interests)
    with st.container(border=True, key="student_head"):
        st.markdown(f"### {plain(shown_id(student))}")
        st.markdown(" · ".join(plain(fact) for fact in facts))
        if view.taken:
            titles = ", ".join(course.title for course in view.taken)
            st.caption(plain(t("students.took", count=len(view.taken), titles=titles)))
        source = "students.from_run" if view.run_id else "students.computed_now"
        st.caption(plain(t(source, weights=weights_in_words(view.weights, t))))


def _draw_recommendations(catalog_id: str, view: StudentView, t: Translator) -> None:
    if not view.recommendations:
        st.info(t("students.empty_list"), icon=":material/playlist_remove:")
        return
    words, chart = st.columns([1.1, 1], gap="large")
    with chart:
        draw_chart(
            recommendation_charts.contributions(
                [
                    (f"{place.number}. {place.course.title}", _amounts(place.contributions))
                    for place in view.recommendations
                ],
                signal_labels(t),
                title=t("students.contributions"),
                x_label=t("students.score"),
            ),
            key="student_contributions",
            alt=t("students.contributions"),
        )
        st.caption(t("students.contributions_note"))
        _draw_similar(catalog_id, view.student, t)
        _draw_export(view, t)
    with words:
        part = None
        for place in view.recommendations:
            if view.options.grouping is Grouping.APART and place.course.kind is not part:
                part = place.course.kind
                st.markdown(f"#### {t(f'tuning.part_{part}')}")
            _draw_place(catalog_id, place, t)


def _draw_similar(catalog_id: str, student: Student, t: Translator) -> None:
    """Whether students like this one get other courses or all the same."""
    found = similar_students(application(), catalog_id, student.student_id)
    if found is None:
        return
    with st.container(border=True, key="student_similar"):
        st.markdown(f"**{t('tuning.similar')}**", help=t("tuning.similar_help"))
        texts = [
            t("tuning.similar_shared", students=found.students, shared=f"{found.shared:.1f}", places=found.places),
            t("tuning.similar_different", different=found.different),
        ]
        if isfinite(found.diversity) and isfinite(found.their_diversity):
            own, theirs = f"{found.diversity:.2f}", f"{found.their_diversity:.2f}"
            texts.append(t("tuning.similar_diversity", own=own, theirs=theirs))
        st.caption(" ".join(texts))


def _amounts(contributions: tuple[Contribution, ...]) -> dict[str, float]:
    return {contribution.signal: contribution.amount for contribution in contributions}


def _draw_place(catalog_id: str, place: RecommendedCourse, t: Translator) -> None:
    """One place of the list: the reasons in words; the numbers and the course's text on demand."""
    with st.container(border=True, key=f"student_place_{place.rank}"):
        course = place.course
        head = f"**{place.number}. {plain(course.title)}** · :gray[{plain(course.department)}] · {place.score:.3f}"
        reasons = [f"- {plain(t.message(reason))}" for reason in place.reasons]
        st.markdown("\n".join([head, "", *reasons]))
        if place.cited_sentence:
            author = t("students.cited_model" if place.citation_is_generated else "students.cited_own")
            st.caption(f"“{plain(place.cited_sentence)}” — {author}")
        with st.expander(t("students.details"), icon=":material/article:"):
            draw_words(catalog_id, course, t)
            _draw_contributions(place.contributions, t)


def _draw_contributions(contributions: tuple[Contribution, ...], t: Translator) -> None:
    labels = signal_labels(t)
    st.dataframe(
        {
            t("students.column_signal"): [labels[each.signal] for each in contributions],
            t("students.column_value"): [f"{each.value:.3f}" for each in contributions],
            t("students.column_weight"): [f"{each.weight:.1%}" for each in contributions],
            t("students.column_amount"): [f"{each.amount:.3f}" for each in contributions],
            t("students.column_evidence"): [each.evidence for each in contributions],
        },
        hide_index=True,
    )


def _draw_export(view: StudentView, t: Translator) -> None:
    with st.popover(t("students.export_one"), icon=":material/download:"):
        st.caption(t("students.export_help"))
        reason = reason_for_export(t, key="student_export_reason")
        st.download_button(
            "CSV",
            in_my_name(partial(export_student, application(), view, t.language, reason)),
            file_name="recommendations.csv",
            mime="text/csv",
            disabled=(not reason) or not may(Permission.SEE_STUDENTS),
            help=reason_why_not(Permission.SEE_STUDENTS),
            key="student_export",
            on_click="ignore",
        )


def _draw_why_not(catalog_id: str, view: StudentView, t: Translator) -> None:
    listed = {place.course.course_key for place in view.recommendations}
    courses = {
        course.course_key: course for course in courses_of(application(), catalog_id) if course.course_key not in listed
    }
    key = st.selectbox(
        t("students.which_course"),
        list(courses),
        index=None,
        format_func=lambda key: _course_name(courses[key]),
        placeholder=t("students.which_course_hint"),
        key="students_why_not",
    )
    if key is None:
        return
    answer = why_not(application(), catalog_id, view.student.student_id, key)
    with st.container(border=True, key="student_why_not"):
        st.markdown(f"**{plain(answer.course.title)}** · :gray[{plain(answer.course.department)}]")
        for reason in answer.reasons:
            st.markdown(f"- {plain(t.message(reason))}")
        if answer.contributions:
            last = [place for place in view.recommendations if _competes(place, answer.course, view)][-1:]
            rows = [(f"{place.number}. {place.course.title}", _amounts(place.contributions)) for place in last]
            rows.append((answer.course.title, _amounts(answer.contributions)))
            draw_chart(
                recommendation_charts.contributions(rows, signal_labels(t), x_label=t("students.score")),
                key="student_why_not_chart",
                alt=t("students.contributions"),
            )


def _competes(place: RecommendedCourse, course: Course, view: StudentView) -> bool:
    """Whether the course could stand at this place: not where it is among the other kind."""
    return view.options.grouping is not Grouping.APART or place.course.kind is course.kind


def _course_name(course: Course) -> str:
    return f"{course.code} {course.title}".strip()


def _draw_what_if(catalog_id: str, view: StudentView, t: Translator) -> None:
    student = view.student
    identity = student.student_id
    departments = sorted({*student_departments(application()), student.department})
    interests = sorted({*application().students.interests(), *student.interests})
    left, right = st.columns([1, 2])
    department = left.selectbox(
        t("students.department"),
        departments,
        departments.index(student.department),
        key=f"what_if_department_{identity}",
    )
    wanted = right.multiselect(
        t("students.column_interests"), interests, list(student.interests), key=f"what_if_interests_{identity}"
    )
    changed = replace(student, department=department, interests=tuple(wanted))
    if changed == student:
        st.caption(t("students.what_if_text"))
        return
    trial = what_if(application(), catalog_id, changed, view.weights)
    before = {place.course.course_key: place.number for place in view.recommendations}
    st.dataframe(
        {
            t("students.column_rank"): [place.number for place in trial.recommendations],
            t("students.column_course"): [place.course.title for place in trial.recommendations],
            t("students.column_department"): [place.course.department for place in trial.recommendations],
            t("students.column_score"): [f"{place.score:.3f}" for place in trial.recommendations],
            t("students.column_before"): [
                _move(before.get(place.course.course_key), place.number, t) for place in trial.recommendations
            ],
        },
        hide_index=True,
        key="student_what_if",
    )
    gone = {place.course.course_key for place in trial.recommendations}
    lost = [place.course.title for place in view.recommendations if place.course.course_key not in gone]
    if lost:
        st.caption(plain(t("students.drops_out", titles=", ".join(lost))))


def _move(before: int | None, now: int, t: Translator) -> str:
    if before is None:
        return t("students.new")
    if before == now:
        return "="
    return f"{'▲' if before > now else '▼'} {abs(before - now)}"
