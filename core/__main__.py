"""The command line: `python -m core <verb>`."""

from __future__ import annotations

import sys

from core.cli.main import main
from core.config import keep_files_private, keep_temporary_files, load_config

if __name__ == "__main__":
    keep_files_private()
    keep_temporary_files(load_config())
    sys.exit(main())
