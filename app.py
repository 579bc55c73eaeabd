"""CourseLift's dashboard: `streamlit run app.py`. Page settings, navigation, language; nothing else."""

from pathlib import Path

import streamlit as st

from pages.widgets.navigation import build_navigation
from pages.widgets.session import choose_catalog, choose_interface_language, guard, translator

WIDGETS = Path(__file__).parent / "pages" / "widgets"

t = translator()
# The icon comes before the navigation: else browsers fetch the picture of each page's Material icon from the network.
st.set_page_config(page_icon=WIDGETS / "icon.svg", layout="wide", menu_items={"About": t("app.about")})
page = build_navigation(t)
st.set_page_config(page_title=f"{page.title} · CourseLift")
st.html(WIDGETS / "style.css")
st.logo(WIDGETS / "logo.svg", size="large")
catalog_place, language_place = st.sidebar.container(), st.sidebar.container()
with language_place:
    choose_interface_language()
with guard():
    with catalog_place:
        choose_catalog()
    page.run()
