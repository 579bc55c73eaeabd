"""Progress without a screen: long functions report here, and whoever watches passes a real one."""

from __future__ import annotations


class Progress:
    """Receives the progress of one piece of work. This base class does nothing."""

    def start(self, label: str, total: int | None = None) -> None:
        """A part begins. `total` is its number of steps, None when unknown."""

    def advance(self, steps: int = 1) -> None:
        """`steps` more steps of the current part are done."""

    def finish(self) -> None:
        """The current part is done."""


SILENT = Progress()
