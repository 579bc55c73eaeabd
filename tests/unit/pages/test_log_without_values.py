"""What the log file keeps of an error that nobody expected."""

from __future__ import annotations

import logging
from pathlib import Path

from pages.widgets.session import _log_to_file

NUMBER = "20241234"


def test_the_log_says_once_where_and_what_kind_but_no_values(tmp_path: Path) -> None:
    logger = logging.getLogger("pages")
    before = list(logger.handlers), list(logging.getLogger("core").handlers)
    try:
        for _ in range(3):  # as when the database is opened again after a restore
            _log_to_file(tmp_path)
        try:
            try:
                {}[NUMBER]
            except KeyError as error:
                raise ValueError(f"no student {NUMBER}") from error
        except ValueError:
            logging.getLogger("pages.widgets.session").exception("Unexpected error, reference %s", "abcd")
    finally:
        logger.handlers, logging.getLogger("core").handlers = before
    text = (tmp_path / "dashboard.log").read_text()
    assert NUMBER not in text
    assert text.count("reference abcd") == 1
    assert "ValueError" in text and "KeyError" in text
    assert "test_log_without_values.py" in text
