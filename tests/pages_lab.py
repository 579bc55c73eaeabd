"""Pages run by Streamlit's own tester: the whole dashboard, or the file of one page by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core.config import PROJECT_FOLDER
from core.pipeline.application import Application

CATALOG = """code,title,department,description
MATH-1,Linear algebra,Mathematics,
MATH-2,Probability,Mathematics,Chance and counting from coins to continuous distributions with many worked examples of \
all the kinds that students meet in their later courses and work.
PHYS-1,Optics,Physics,
PHYS-2,Acoustics [of](https://example.org) *rooms*,Physics,TBA
LIT-1,Modern poetry,Literature,Poems.
"""
TIMEOUT_SECONDS = 60
JOB_SECONDS = 40


class NavigatedPages(PagesManager):
    """Pages as a server has them that has already seen `st.navigation`.

    The tester forgets that before each run, and then runs the files of the folder `pages` without `app.py`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        PagesManager.uses_pages_directory = False


def open_dashboard(name: str, language: str = "en") -> AppTest:
    """A page inside `app.py`."""
    at = AppTest.from_file(PROJECT_FOLDER / "app.py", default_timeout=TIMEOUT_SECONDS)
    at.query_params["lang"] = language
    run(at)
    if name != "overview":
        run(at.switch_page(f"pages/{name}.py"))
    return at


def open_page(name: str, app: Application, language: str = "en") -> AppTest:
    """The file of a page by itself, about the first catalog."""
    at = AppTest.from_file(PROJECT_FOLDER / "pages" / f"{name}.py", default_timeout=TIMEOUT_SECONDS)
    at.session_state["language"] = language
    catalogs = app.catalogs.list()
    if catalogs:
        at.session_state["catalog_id"] = catalogs[0].catalog_id
    return run(at)


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception
    return at


def button_of(at: AppTest, key: str) -> Button:
    """The button with this key, or with this key and what it is about."""
    found = [each for each in at.button if each.key == key or (each.key or "").startswith(f"{key}_")]
    return next((each for each in found if each.key == key), found[0])


def click(at: AppTest, key: str) -> AppTest:
    button_of(at, key).click()
    return run(at)


def press_again(at: AppTest, identity: str) -> None:
    """The second click, on a button that the browser still shows."""
    states = at._tree.get_widget_states()
    states.widgets.add(id=identity, trigger_value=True)
    assert not at._run(states).exception


def figures(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def wait_for(condition: Callable[[], bool], seconds: float = JOB_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing came of it"
        time.sleep(0.1)


def shown(at: AppTest) -> str:
    """Every sentence on the page."""
    parts = (*at.markdown, *at.caption, *at.title, *at.subheader, *at.info, *at.error, *at.text, *at.success)
    return "\n".join(str(part.value) for part in parts)


def catalog_of(app: Application) -> str:
    return app.catalogs.list()[0].catalog_id
