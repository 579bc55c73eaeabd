"""What a verb tells: the result on standard output, progress on standard error, files where they were asked for."""

from __future__ import annotations

import json
import stat
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from core.config import ordinary_file_mode
from core.errors import CourseLiftError
from core.i18n import Translator
from core.jobs.files import write_atomically
from core.progress import Progress
from core.records import Problem

_LINE_SECONDS = 5.0  # between lines of progress where they cannot be overwritten
MAX_PROBLEMS = 100  # listed in a result; all are counted


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a verb."""

    data: Mapping[str, Any]  # plain JSON values
    lines: Sequence[str] = ()  # the same for people
    exit_code: int = field(default=0)


class Console:
    """Writes progress lines; on a terminal each overwrites the one before."""

    def __init__(self, t: Translator, stream: TextIO | None = None) -> None:
        self.t = t
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._last_text = ""
        self._last_time = float("-inf")

    def show(self, text: str) -> None:
        """A newer state of what is going on."""
        now = time.monotonic()
        if text == self._last_text or (not self._is_terminal and now - self._last_time < _LINE_SECONDS):
            return
        self._stream.write(f"\r\x1b[K{text}" if self._is_terminal else f"{text}\n")
        self._stream.flush()
        self._last_text, self._last_time = text, now

    def say(self, text: str) -> None:
        """A line that stays."""
        self.close()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def close(self) -> None:
        """End the line that was being overwritten."""
        if self._is_terminal and self._last_text:
            self._stream.write("\n")
        self._last_text = ""


class ConsoleProgress(Progress):
    """Progress of one piece of work; labels are translation keys."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._label = ""
        self._done = 0
        self._total: int | None = None

    def start(self, label: str, total: int | None = None) -> None:
        """See Progress."""
        self._label, self._done, self._total = self._console.t(label), 0, total
        self._console.say(self._label)

    def advance(self, steps: int = 1) -> None:
        """See Progress."""
        self._done += steps
        of = "" if self._total is None else f"/{self._total}"
        self._console.show(f"{self._label} {self._done}{of}")

    def finish(self) -> None:
        """See Progress."""
        self._console.close()


def write_result(result: Result, as_json: bool) -> None:
    """The result on standard output: one JSON object, or its lines."""
    if as_json:
        sys.stdout.write(json.dumps(result.data, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in result.lines))
    sys.stdout.flush()


def write_output(path: Path, content: bytes) -> None:
    """Write a file that somebody named, for those who could read the one before, or who can read their other files.

    A link stays one, and what is no file (/dev/null, a pipe) is written to: a new file in its place would destroy it.
    Raises CourseLiftError when it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return
        file = path.resolve()
        mode = stat.S_IMODE(file.stat().st_mode) if file.exists() else ordinary_file_mode()
        write_atomically(file, content)
    except OSError as error:
        raise CourseLiftError("cli.cannot_write", path=path) from error
    with suppress(OSError):  # a disk that knows no modes
        file.chmod(mode)


def problem_values(problems: Sequence[Problem], t: Translator) -> list[dict[str, Any]]:
    """The first problems as plain values."""
    return [
        {
            "row": problem.row_number,
            "column": problem.column,
            "value": problem.value,
            "severity": problem.severity.value,
            "message": t.message(problem.message),
        }
        for problem in problems[:MAX_PROBLEMS]
    ]
