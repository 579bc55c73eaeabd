"""CourseLift's dashboard: `streamlit run app.py`. The server's rules, page settings, sign-in, navigation, language."""

from pathlib import Path

import streamlit as st

from core.config import keep_files_private, keep_temporary_files, load_config
from pages.widgets.browser_cookie import ROUTES
from pages.widgets.navigation import build_navigation
from pages.widgets.server import MIDDLEWARE, show_reference
from pages.widgets.session import choose_catalog, choose_interface_language, guard, translator
from pages.widgets.sign_in import draw_who, sign_in_first

WIDGETS = Path(__file__).parent / "pages" / "widgets"


def draw() -> None:
    """One run of the script: a page, and what surrounds every page."""
    t = translator()
    # The icon comes before the navigation: else browsers fetch the picture of each page's Material icon from the
    # network.
    st.set_page_config(page_icon=WIDGETS / "icon.svg", layout="wide", menu_items={"About": t("app.about")})
    with guard():
        sign_in_first(WIDGETS, t)
    page = build_navigation(t)
    st.set_page_config(page_title=f"{page.title} · CourseLift")
    st.html(WIDGETS / "style.css")
    st.logo(WIDGETS / "logo.svg", size="large")
    catalog_place, language_place, person_place = (st.sidebar.container() for _ in range(3))
    with language_place:
        choose_interface_language()
    with person_place:
        draw_who(t)
    with guard():
        with catalog_place:
            choose_catalog()
        page.run()


if __name__ == "__main__":  # a run of the script; as a module this file is the server
    draw()
else:
    keep_files_private()
    keep_temporary_files(load_config())
    app = st.App(__file__, middleware=MIDDLEWARE, routes=ROUTES, on_script_error=show_reference)
