"""People of an installation, and Streamlit's tester signing in as one of them."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.access import passwords
from core.access.actor import acting_as, local_actor
from core.access.roles import Role
from core.access.users import User, UserFile
from core.config import PROJECT_FOLDER, Config
from core.pipeline.student_access import take_in_notes
from pages.widgets.session import application
from tests.pages_lab import TIMEOUT_SECONDS

PASSWORD = "correct horse battery staple"


def add(home: Path, name: str, role: Role, password: str | None = PASSWORD) -> None:
    UserFile(Config(home).users_path).add(User(name, role, passwords.hash_password(password) if password else None))


def open_app(language: str = "en") -> AppTest:
    at = AppTest.from_file(PROJECT_FOLDER / "app.py", default_timeout=TIMEOUT_SECONDS)
    at.query_params["lang"] = language
    return at.run()


def enter(at: AppTest, name: str, password: str = PASSWORD) -> AppTest:
    at.text_input(key="sign_in_name").set_value(name)
    at.text_input(key="sign_in_password").set_value(password)
    at.button(key="sign_in_submit").click()
    return at.run()


def go_to(at: AppTest, page: str) -> AppTest:
    at.switch_page(f"pages/{page}.py")
    return at.run()


def noted() -> list[str]:
    """What the access log says about people, oldest first."""
    with acting_as(local_actor()):
        take_in_notes(application())
        return [entry.action for entry in reversed(application().access_log.list())]
