"""Where everything lives, copies of it, and putting a copy back."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import streamlit as st

from core.access.roles import Permission
from core.i18n import Translator
from core.pipeline.backup import (
    MAX_KEPT,
    BackupFile,
    keep_backups,
    kept_backups,
    list_backups,
    make_backup,
    restore_while_open,
)
from core.pipeline.student_access import take_backup
from pages.widgets.formats import moment
from pages.widgets.rights import in_my_name, may, reason_why_not
from pages.widgets.session import application, guard
from pages.widgets.verify_card import draw_verify_card

_restoring = threading.Lock()


def draw_data(t: Translator) -> None:
    """The state folder, and the backups in it."""
    _draw_places(t)
    st.markdown(f"#### {t('settings.backups')}")
    st.markdown(t("settings.backup_text"))
    if st.button(
        t("settings.make_backup"),
        disabled=not may(Permission.KEEP),
        help=reason_why_not(Permission.KEEP),
        key="settings_backup",
        type="primary",
        icon=":material/backup:",
    ):
        with st.spinner(t("settings.making_backup")):
            made = make_backup(application())
        st.session_state["settings_outcome"] = t("settings.backup_made", name=made.path.name)
        st.rerun()
    _draw_backups(t)
    _draw_keeping(t)
    draw_verify_card(t)


def _draw_backups(t: Translator) -> None:
    backups = list_backups(application())
    if not backups:
        st.caption(t("settings.no_backups"))
    for backup in backups:
        _draw_backup(backup, t)


def _draw_keeping(t: Translator) -> None:
    st.markdown(t("backups.automatic_text"))
    kept = kept_backups(application())
    wanted = st.number_input(
        t("backups.keep"),
        1,
        MAX_KEPT,
        kept,
        disabled=not may(Permission.KEEP),
        help=reason_why_not(Permission.KEEP),
        key=f"settings_kept_backups_{kept}",  # another field once somebody else has changed it, or it would say the old
        width=240,
    )
    if wanted != kept:
        keep_backups(application(), wanted)
        st.session_state["settings_outcome"] = t("backups.kept", count=wanted)
        st.rerun()


def _draw_places(t: Translator) -> None:
    config = application().config
    places = {
        "database": config.database_path,
        "jobs": config.jobs_folder,
        "models": config.models_folder,
        "uploads": config.uploads_folder,
        "exports": config.exports_folder,
        "backups": config.backups_folder,
        "logs": config.logs_folder,
    }
    st.markdown(t("settings.data_text"))
    st.code(str(config.home), language=None)
    st.dataframe(
        {
            t("settings.column_what"): [t(f"settings.place_{name}") for name in places],
            t("settings.column_where"): [str(path.relative_to(config.home)) for path in places.values()],
            t("settings.column_size"): [_size_mib(path) for path in places.values()],
        },
        column_config={t("settings.column_size"): st.column_config.NumberColumn(format="%.1f")},
        hide_index=True,
        key="settings_places",
    )


def _size_mib(path: Path) -> float:
    """Size of a file or of everything in a folder, in MiB; links are not followed."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file() and not each.is_symlink()]
    return sum(each.stat().st_size for each in files) / 2**20


def _draw_backup(backup: BackupFile, t: Translator) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        facts = f"{t('settings.size', size=backup.size_mib)} · {t(f'backups.kind.{backup.kind}')}"
        st.markdown(f"**{moment(backup.made_at, t)}** · {facts}  \n:gray[`{backup.path.name}`]", width="stretch")
        st.download_button(
            t("settings.download"),
            in_my_name(partial(take_backup, application(), backup.path)),
            file_name=backup.path.name,
            mime="application/octet-stream",
            icon=":material/download:",
            disabled=not may(Permission.KEEP),
            help=reason_why_not(Permission.KEEP),
            key=f"settings_download_{backup.path.stem}",
            on_click="ignore",
        )
        if st.button(
            t("settings.restore"),
            disabled=not may(Permission.KEEP),
            help=reason_why_not(Permission.KEEP),
            key=f"settings_restore_{backup.path.stem}",
            icon=":material/settings_backup_restore:",
        ):
            _confirm(backup, t)


def _confirm(backup: BackupFile, t: Translator) -> None:
    @st.dialog(t("settings.restore_title"), icon=":material/settings_backup_restore:")
    @guard()
    def ask() -> None:
        st.markdown(t("settings.restore_question", when=moment(backup.made_at, t)))
        st.caption(t("settings.restore_note"))
        st.caption(t("backups.restore_while_running"))
        if st.button(
            t("settings.restore_confirm"),
            disabled=not may(Permission.KEEP),
            help=reason_why_not(Permission.KEEP),
            key="settings_restore_confirm",
            type="primary",
        ):
            _put_back(backup)
            st.session_state["settings_outcome"] = t("settings.restored")
            st.rerun()

    ask()


def _put_back(backup: BackupFile) -> None:
    """The database is closed for everybody, exchanged, and opened again by the next one who asks for it.

    Two who confirm at once do it one after the other: only then does nobody open it before it is exchanged.
    """
    with _restoring:
        try:
            restore_while_open(application(), backup.path)
        finally:
            st.cache_resource.clear()
