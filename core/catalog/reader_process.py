"""The reading process: `python -m core.catalog.reader_process`, started by isolation with a request on its input."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.catalog.reading import read_table
from core.catalog.tables import ReadLimits
from core.catalog.transfer import error_to_line, table_to_lines
from core.errors import IntakeError
from core.records import Message


def main() -> None:
    """Read the file that the request names and write the result beside it.

    Exits with the system's error number when the disk does not take the result.
    """
    request = json.load(sys.stdin)
    try:
        _read(request)
    except OSError as error:
        sys.exit(error.errno or 1)


def _read(request: Mapping[str, Any]) -> None:
    limits = ReadLimits(**request["limits"])
    _limit_resources(limits)
    # openpyxl takes NumPy along when it finds it: half a second and much address space, for nothing here.
    sys.modules["numpy"] = None  # type: ignore[assignment]
    try:
        table = read_table(Path(request["path"]).read_bytes(), request["name"], limits)
        with Path(request["result"]).open("w", encoding="utf-8") as result:
            result.writelines(table_to_lines(table))
    except IntakeError as error:
        line = error_to_line(error.message)
    except (MemoryError, RecursionError):
        line = error_to_line(Message("intake.error.too_large_or_damaged"))
    else:
        return
    Path(request["result"]).write_text(line, encoding="utf-8")


def _limit_resources(limits: ReadLimits) -> None:
    """Let the kernel end this process when it asks for too much; platforms without these limits keep the timeout."""
    try:
        import resource
    except ImportError:
        return
    wanted = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_CPU: int(limits.seconds),
        resource.RLIMIT_FSIZE: limits.result_bytes,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(OSError, ValueError):  # one that the platform refuses leaves the others in force
            resource.setrlimit(kind, (allowed, allowed))


if __name__ == "__main__":
    main()
