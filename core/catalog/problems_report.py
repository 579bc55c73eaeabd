"""Problems as a file that staff can take away."""

from __future__ import annotations

from collections.abc import Iterable

from core.i18n import Translator
from core.records import Problem


def problems_to_csv(problems: Iterable[Problem], translator: Translator) -> bytes:
    """CSV with a UTF-8 mark (so that Excel reads Korean), one problem a line, safe against formula injection."""
    raise NotImplementedError
