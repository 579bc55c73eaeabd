"""Publishing: what is in use, what would be published, earlier releases, and the audit file."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline import releases
from core.pipeline.audit import AuditFormat, audit_file, audit_name
from core.pipeline.releases import ReleasePlan
from core.records import Release
from pages.widgets.display import plain
from pages.widgets.formats import moment
from pages.widgets.lift_panel import draw_lift
from pages.widgets.review_decisions import reviewer
from pages.widgets.rights import may, reason_why_not
from pages.widgets.session import application, guard

_SEEN = "release_seen"


def draw_publishing(catalog_id: str, t: Translator) -> None:
    """The whole way from approved texts to a release: proof, publishing, history, audit file."""
    outcome = st.session_state.pop("release_outcome", None)
    if outcome:
        st.toast(outcome, icon=":material/publish:")
    plan = releases.plan_release(application(), catalog_id)
    with st.container(border=True, key="release_panel"):
        st.markdown(f"#### {t('release.panel.title')}")
        st.caption(t("release.panel.text"))
        _draw_in_use(plan.current, t)
        _draw_publish(plan, t)
    with st.container(border=True, key="lift_panel"):
        draw_lift(catalog_id, t)
    _draw_history(catalog_id, t)
    _draw_audit(catalog_id, t)


def _draw_in_use(current: Release | None, t: Translator) -> None:
    if current is None:
        st.markdown(t("release.panel.never"))
        return
    about = {"name": current.name, "count": current.text_count, "when": moment(current.published_at, t)}
    key = "release.panel.current" if current.published_by else "release.panel.current_nobody"
    st.markdown(plain(t(key, by=current.published_by, **about)))


def _draw_publish(plan: ReleasePlan, t: Translator) -> None:
    if not plan.is_news:
        st.caption(t("release.panel.nothing_new" if plan.current else "release.panel.nothing_approved"))
        return
    st.markdown(t("release.panel.news", added=plan.added, changed=plan.changed, removed=plan.removed))
    st.caption(plain(t.message(plan.reason)))
    if plan.other_makers:
        st.caption(t("release.panel.other_makers", count=plan.other_makers))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(t("release.panel.name"), placeholder=plan.name, key="release_name", width=220)
        note = st.text_input(t("release.panel.note"), key="release_note")
    despite = _draw_confirmation(plan, t)
    if st.button(
        t("release.panel.publish", count=len(plan.texts)),
        help=reason_why_not(Permission.PUBLISH),
        key="release_publish",
        type="primary",
        icon=":material/publish:",
        disabled=(plan.harms and not despite) or not may(Permission.PUBLISH),
        on_click=_remember_seen,
        args=(plan.version,),
    ):
        seen = st.session_state.pop(_SEEN, None)
        with guard():
            made = releases.publish(
                application(), plan.catalog_id, by=reviewer(), name=name, note=note, despite_verdict=despite, seen=seen
            )
        st.session_state["release_outcome"] = _published(made, t)
        st.rerun()


def _remember_seen(version: str) -> None:
    """A button is pressed on the page as it was drawn; by now other texts may be approved."""
    st.session_state[_SEEN] = version


def _published(made: Release, t: Translator) -> str:
    return t("release.panel.published", name=plain(made.name), count=made.text_count)


def _draw_confirmation(plan: ReleasePlan, t: Translator) -> bool:
    """The box to tick when the newest measurement speaks against generated texts, or not for them."""
    if plan.harms:
        return st.checkbox(t("release.panel.despite_harms"), key="release_despite_harms")
    if not plan.speaks_for_generated:
        return st.checkbox(t("release.panel.despite_no_gain"), key="release_despite_no_gain")
    return False


def _draw_history(catalog_id: str, t: Translator) -> None:
    found = releases.list_releases(application(), catalog_id)
    if not found:
        return
    yes_no = {True: t("release.panel.yes"), False: t("release.panel.no")}
    with st.expander(t("release.panel.history"), key="release_history"):
        st.dataframe(
            {
                t("release.panel.column_name"): [each.name for each in found],
                t("release.panel.column_use"): [yes_no[each.is_current] for each in found],
                t("release.panel.column_published"): [moment(each.published_at, t) for each in found],
                t("release.panel.column_by"): [each.published_by for each in found],
                t("release.panel.column_texts"): [each.text_count for each in found],
                t("release.panel.column_lift"): [_stood_on(each, t) for each in found],
                t("release.panel.column_embeds"): [yes_no[each.embeds_generated] for each in found],
                t("release.panel.column_note"): [each.note for each in found],
            },
            key="release_table",
            hide_index=True,
        )
        earlier = {each.release_id: each for each in found if not each.is_current}
        if earlier:
            _draw_again(earlier, t)


def _draw_again(earlier: dict[str, Release], t: Translator) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            t("release.panel.again_choose"),
            list(earlier),
            format_func=lambda release_id: earlier[release_id].name,
            key="release_earlier",
            width=260,
        )
        harm = releases.harm_of(application(), earlier[chosen])
        despite = harm is not None and bool(st.session_state.get(f"release_again_despite_{chosen}"))
        if st.button(
            t("release.panel.again"),
            disabled=(harm is not None and not despite) or not may(Permission.PUBLISH),
            help=reason_why_not(Permission.PUBLISH),
            key=f"release_again_{chosen}",  # the second of two clicks is not one on the release that is offered then
            icon=":material/history:",
        ):
            with guard():
                made = releases.publish_again(application(), chosen, by=reviewer(), despite_verdict=despite)
            st.session_state["release_outcome"] = _published(made, t)
            st.rerun()
    if harm is not None:
        st.warning(plain(t.message(harm)), icon=":material/trending_down:")
        st.checkbox(t("release.panel.despite_harms"), key=f"release_again_despite_{chosen}")


def _stood_on(release: Release, t: Translator) -> str:
    if not release.lift:
        return t("release.panel.not_measured")
    return f"{t('lift.verdict.' + release.lift['verdict'])} ({release.lift['difference']['mean']:+.3f})"


def _draw_audit(catalog_id: str, t: Translator) -> None:
    with st.expander(t("release.panel.audit"), key="audit_panel"):
        st.caption(t("release.panel.audit_help"))
        with st.container(horizontal=True):
            for format in AuditFormat:
                st.download_button(
                    t("release.panel.audit_download", format=format.upper()),
                    partial(audit_file, application(), catalog_id, format, t.language),
                    file_name=audit_name(application(), catalog_id, format),
                    key=f"audit_download_{format}",
                    icon=":material/download:",
                    on_click="ignore",
                )
