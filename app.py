"""CourseLift's dashboard: `streamlit run app.py`. Page settings, navigation, language; nothing else."""

from pathlib import Path

import streamlit as st

from pages.widgets.navigation import build_navigation
from pages.widgets.session import choose_catalog, choose_interface_language, guard, translator

WIDGETS = Path(__file__).parent / "pages" / "widgets"

t = translator()
st.set_page_config(page_title="CourseLift", layout="wide", menu_items={"About": t("app.about")})
st.html(WIDGETS / "style.css")
st.logo(WIDGETS / "logo.svg", size="large")
page = build_navigation(t)
catalog_place, language_place = st.sidebar.container(), st.sidebar.container()
with language_place:
    choose_interface_language()
with guard():
    with catalog_place:
        choose_catalog()
    page.run()
