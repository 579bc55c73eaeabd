"""The eight pages: their files, icons and groups, and links from one to another."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from core.i18n import Translator

ICONS = {
    "overview": ":material/dashboard:",
    "catalog": ":material/menu_book:",
    "enhance": ":material/edit_note:",
    "review": ":material/fact_check:",
    "students": ":material/school:",
    "weights": ":material/tune:",
    "performance": ":material/speed:",
    "settings": ":material/settings:",
}
_GROUPS = {
    "": ("overview",),
    "app.group_texts": ("catalog", "enhance", "review"),
    "app.group_recommendations": ("students", "weights"),
    "app.group_system": ("performance", "settings"),
}


def page_file(name: str) -> str:
    """The file of a page, as `st.Page`, `st.page_link` and `st.switch_page` want it."""
    return f"pages/{name}.py"


def page_title(name: str, t: Translator) -> str:
    """What a page is called in the reader's language."""
    return t(f"app.page_{name}")


def build_navigation(t: Translator, *, is_hidden: bool = False) -> Any:
    """Draw the menu, unless nobody may see it yet, and give back the page that is to run."""
    groups = {
        t(key) if key else "": [
            st.Page(page_file(name), title=page_title(name, t), icon=ICONS[name], default=name == "overview")
            for name in names
        ]
        for key, names in _GROUPS.items()
    }
    return st.navigation(groups, position="hidden" if is_hidden else "sidebar")


def go_to_button(page: str, label: str, *, key: str, primary: bool = False, stretch: bool = False) -> None:
    """A button that opens another page; the chosen catalog and language stay."""
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    if st.button(label, key=key, type=kind, icon=ICONS[page], width="stretch" if stretch else "content"):
        st.switch_page(page_file(page))
