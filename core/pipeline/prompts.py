"""The prompts in use."""

from __future__ import annotations

from core.enhancement.builtin_prompts import BUILT_IN
from core.enhancement.prompts import Prompts
from core.pipeline.application import Application


def current_prompts(app: Application) -> Prompts:
    """The default prompt of each language."""
    return BUILT_IN
