"""What every page starts from: the application, the language, the chosen catalog, and the guard around it all."""

from __future__ import annotations

import atexit
import logging
import runpy
import secrets
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.access.actor import current_actor
from core.config import PROJECT_FOLDER, Config, load_config
from core.errors import AccessError, CourseLiftError
from core.i18n import LANGUAGES, Translator, choose_language
from core.pipeline.application import Application
from core.pipeline.courses import catalogs_of
from core.pipeline.daily_look import LOOK_SECONDS, look_when_due
from core.records import Catalog
from pages.widgets.display import empty_state, plain
from pages.widgets.recovery import draw_recovery

logger = logging.getLogger(__name__)

_NAME_THAT_FITS = 22  # characters of a catalog's name in its selector; the rest of a longer one is not to be seen
LANGUAGE_NAMES = {"ko": "한국어", "en": "English"}


def session_key() -> str:
    """What tells this browser session from others in this process; no secret."""
    context = get_script_run_ctx(suppress_warning=True)
    return "" if context is None else context.session_id


def is_connected(session: str) -> bool:
    """Whether the browser of a session is still there."""
    return runtime.get_instance().is_active_session(session)


def show(draw: Callable[[], None]) -> None:
    """Draw a page; the last line of each page's file.

    When a page's own address is the first that a fresh server is asked for, Streamlit runs the page's file by itself,
    because the folder is called pages. Then the dashboard around it is missing, and `app.py` is run after all; it
    comes back here, unless it has to ask for a sign-in first.
    """
    if "language" in st.session_state and _somebody_is_here():
        draw()
    else:
        runpy.run_path(str(PROJECT_FOLDER / "app.py"), run_name="__main__")


def _somebody_is_here() -> bool:
    try:
        current_actor()
    except AccessError:
        return False
    return True


def application() -> Application:
    """The one application of this process, shared by all browser sessions.

    Raises AccessError when nobody has signed in though they must: fragments run without the top of `app.py`.
    """
    current_actor()
    return _open_application(str(load_config().home))


@st.cache_resource(show_spinner=False, on_release=Application.close)
def _open_application(home: str) -> Application:
    config = Config(Path(home))
    _log_to_file(config.logs_folder)
    opened = Application(config)
    opened.repeat("look", lambda: look_when_due(opened), LOOK_SECONDS)
    atexit.register(opened.close)
    return opened


class _WithoutValues(logging.Formatter):
    """Tracebacks with the kinds of errors, but not their texts: these may hold a student's number or what was typed."""

    def formatException(self, ei: Any) -> str:
        """Where each error of the chain came from, the first cause last."""
        parts, error = [], ei[1]
        while error is not None:
            parts.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__)
            error = error.__cause__ or error.__context__
        return "\n".join(parts)


@cache  # the application may be opened again in this process, but each line is to be written once
def _log_to_file(folder: Path) -> None:
    """Keep what the dashboard's own modules report; students do not appear in it."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "dashboard.log", maxBytes=2**21, backupCount=3, encoding="utf-8")
    handler.setFormatter(_WithoutValues("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in ("core", "pages"):
        logging.getLogger(name).addHandler(handler)


def translator() -> Translator:
    """Texts in this session's language."""
    return Translator(st.session_state.get("language") or _first_language())


def _first_language() -> str:
    asked = st.query_params.get("lang", "")
    return asked if asked in LANGUAGES else choose_language(st.context.locale)


def choose_interface_language() -> None:
    """Draw the language switch. The choice lives as long as the session, and in the address as `?lang=`."""
    st.session_state.setdefault("language", _first_language())
    st.segmented_control(
        translator()("app.language"),
        LANGUAGES,
        format_func=LANGUAGE_NAMES.__getitem__,
        key="language",
        required=True,
    )
    st.query_params["lang"] = st.session_state["language"]


def choose_catalog() -> None:
    """Draw the catalog selector when there is something to select."""
    catalogs = {catalog.catalog_id: catalog for catalog in catalogs_of(application())}
    wanted = st.session_state.pop("next_catalog_id", None) or st.session_state.get("catalog_id")
    if not catalogs:
        st.session_state.pop("catalog_id", None)
        return
    st.session_state["catalog_id"] = wanted if wanted in catalogs else next(iter(catalogs))
    chosen = st.selectbox(
        translator()("app.catalog"),
        list(catalogs),
        format_func=lambda catalog_id: catalogs[catalog_id].name,
        key="catalog_id",
    )
    if len(catalogs[chosen].name) > _NAME_THAT_FITS:
        st.caption(plain(catalogs[chosen].name))


def current_catalog() -> Catalog | None:
    """The catalog that all pages are about; None before the first upload."""
    catalog_id = st.session_state.get("catalog_id")
    return next((it for it in catalogs_of(application()) if it.catalog_id == catalog_id), None)


def catalog_or_way_there(t: Translator) -> Catalog | None:
    """The current catalog; before the first upload None, after drawing where to get one."""
    catalog = current_catalog()
    if catalog is None:
        empty_state(
            t("widgets.no_catalog_title"),
            t("widgets.no_catalog_text"),
            page="overview",
            label=t("widgets.no_catalog_button"),
        )
    return catalog


def select_catalog(catalog_id: str) -> None:
    """Make a catalog the current one from the next run on; call `st.rerun` or `st.switch_page` after it."""
    st.session_state["next_catalog_id"] = catalog_id


def show_error(error: CourseLiftError) -> None:
    """Say what is wrong and what to do, in the reader's language."""
    st.error(plain(translator().message(error.message)), icon=":material/error:")


@contextmanager
def guard() -> Iterator[None]:
    """Turn errors into one sentence and stop: ours as they are, unexpected ones with a reference to the log.

    Works as a decorator too. Fragments and callbacks need their own: they run outside the guard of `app.py`.
    """
    try:
        yield
    except CourseLiftError as error:
        show_error(error)
        if error.message.key == "storage.damaged":
            draw_recovery(translator())
        st.stop()
    except Exception:
        reference = secrets.token_hex(4)
        logger.exception("Unexpected error, reference %s", reference)
        st.error(translator()("app.unexpected_error", reference=reference), icon=":material/error:")
        st.stop()
