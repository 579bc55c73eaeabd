"""The reading process: `python -m core.catalog.reader_process`, started by isolation with a request on its input."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

from core.catalog.reading import read_table
from core.catalog.tables import ReadLimits
from core.catalog.transfer import error_to_line, table_to_lines
from core.errors import IntakeError
from core.records import Message


def main() -> None:
    """Read the file that the request names and write the result beside it."""
    request = json.load(sys.stdin)
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
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        seconds = int(limits.seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits.result_bytes, limits.result_bytes))
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))


if __name__ == "__main__":
    main()
