"""A database that cannot be read: the page says so and leads out; the settings look whether everything holds."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

from core.config import Config
from core.pipeline.application import Application
from core.pipeline.backup import make_backup


def any_page() -> None:
    import streamlit as st

    from pages.widgets.session import application, guard, translator
    from pages.widgets.verify_card import draw_verify_card

    with guard():
        st.write(str([catalog.name for catalog in application().catalogs.list()]))
        draw_verify_card(translator())


def test_the_newest_backup_comes_back_with_one_click(own_state_folder: Path) -> None:
    st.cache_resource.clear()
    config = Config(own_state_folder)
    with Application(config, watch_jobs=False) as app:
        app.catalogs.create("kept in the backup")
        make_backup(app)
    config.database_path.write_bytes(b"damaged")
    page = AppTest.from_function(any_page, default_timeout=30)
    try:
        page.run()
        assert not page.exception
        assert str(config.backups_folder.name) in page.error[0].value
        page.button(key="recovery_restore").click().run()
        assert not page.exception
        page.button(key="recovery_go_on").click().run()
        assert "kept in the backup" in page.markdown[0].value
        page.button(key="verify_look").click().run()
        assert len(page.success) == 1
    finally:
        st.cache_resource.clear()
    assert [path.read_bytes() for path in own_state_folder.glob("courselift.duckdb.2*")] == [b"damaged"]
