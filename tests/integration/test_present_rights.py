"""What the role of this moment allows: reading the access log, and buttons that were drawn earlier."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from core.access.actor import Actor, acting_as, local_actor
from core.access.roles import Role
from core.access.users import UserFile
from core.config import Config
from core.errors import AccessError
from core.i18n import Translator
from core.pipeline.recommendation import list_weight_sets
from core.pipeline.student_access import log_state, newest_entries, unmask
from core.pipeline.student_deletion import delete_students, deletions
from pages.widgets.display import plain
from pages.widgets.rights import in_my_name
from pages.widgets.session import application
from tests.access_lab import add, enter, go_to, noted, open_app


def test_a_viewer_reads_no_names_and_reasons_in_the_access_log(home: Path) -> None:
    with acting_as(Actor("prof.lee", Role.ADMINISTRATOR, is_signed_in=True)):
        app = application()
        first, second, _ = (student.student_id for student in app.students.all())
        unmask(app, [first], "appeal of one")
        delete_students(app, [second], "asked by mail")
    add(home, "kim", Role.VIEWER)
    add(home, "park", Role.ADMINISTRATOR)
    for name, may_read in (("kim", False), ("park", True)):
        at = go_to(enter(open_app(), name), "settings")
        assert not at.exception
        tables = "".join(table.value.to_string() for table in at.dataframe)
        for secret in ("prof.lee", "appeal of one", "asked by mail", first):
            assert (secret in tables) is may_read, (name, secret)
        assert any(plain("read the access log") in info.value for info in at.info) is not may_read
        seal = Translator("en")("access.seal", number=len(noted()), seal="X").split("X")[0]
        assert any(caption.value.startswith(seal) for caption in at.caption)


def test_core_gives_entries_of_the_access_log_to_those_who_may_read_them_only(home: Path) -> None:
    with acting_as(local_actor()):
        app = application()
        delete_students(app, [app.students.all()[0].student_id], "asked by mail")
    with acting_as(Actor("kim", Role.REVIEWER, is_signed_in=True)):
        with pytest.raises(AccessError, match="administrator"):
            newest_entries(app, 10)
        assert [(record.actor, record.reason) for record in deletions(app)] == [("", "")]
        assert log_state(app).entries == 1


def test_a_download_button_drawn_earlier_does_what_the_role_allows_now(home: Path) -> None:
    add(home, "kim", Role.REVIEWER)
    with acting_as(local_actor()):
        app = application()
    users = UserFile(Config(home).users_path)
    with acting_as(Actor("kim", Role.REVIEWER, is_signed_in=True)):
        student_id = app.students.id_of("S-000001")
        numbers = in_my_name(partial(unmask, app, [student_id], "advising"))
    assert numbers() == {student_id: "S-000001"}
    before = len(noted())
    users.replace(replace(users.list()[0], role=Role.VIEWER))
    with pytest.raises(AccessError, match="yours is viewer"):
        numbers()
    users.remove("kim")
    with pytest.raises(AccessError, match="not signed in"):
        numbers()
    assert noted()[before:] == ["user_role", "user_removed"]


def test_a_reviewer_saves_weights_without_publishing_them(home: Path) -> None:
    add(home, "kim", Role.REVIEWER)
    at = go_to(enter(open_app(), "kim"), "weights")
    assert at.checkbox(key="weights_publish_too").disabled
    at.text_input(key="weights_name").set_value("Ours")
    at.button(key="weights_save").click()
    at.run()
    assert not at.error
    with acting_as(local_actor()):
        app = application()
        saved = list_weight_sets(app, app.catalogs.list()[0].catalog_id)
    assert [(each.name, each.version, each.author, each.is_published) for each in saved if each.name] == [
        ("Ours", 1, "kim", False)
    ]


def test_a_reviewer_loads_the_sample_without_its_students(empty_home: Path) -> None:
    add(empty_home, "kim", Role.REVIEWER)
    at = enter(open_app(), "kim")
    assert at.checkbox(key="with_students").disabled
    at.selectbox(key="sample").set_value("ko_free")
    at.button(key="load_sample").click()
    at.run()
    assert not at.error
    with acting_as(local_actor()):
        app = application()
        assert (len(app.catalogs.list()), app.students.count()) == (1, 0)
