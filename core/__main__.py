"""The command line: `python -m core <verb>`."""

from __future__ import annotations

import sys

from core.cli.main import main
from core.config import keep_files_private

if __name__ == "__main__":
    keep_files_private()
    sys.exit(main())
