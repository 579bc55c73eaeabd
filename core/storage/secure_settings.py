"""What DuckDB may do: nothing but read and write its own file, and backups."""

from __future__ import annotations

from pathlib import Path

from core.config import DATABASE_MEMORY_LIMIT


def secure_settings(backups_folder: Path | None, threads: int) -> list[str]:
    """Settings in the order DuckDB asks for: the allowed folder (None: none) before the door shuts, the lock last."""
    allowed = [] if backups_folder is None else [f"{backups_folder.resolve()}/".replace("'", "''")]
    return [
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "allow_community_extensions = false",
        "python_enable_replacements = false",
        f"memory_limit = '{DATABASE_MEMORY_LIMIT}'",
        f"threads = {threads}",
        *(f"allowed_directories = ['{folder}']" for folder in allowed),
        "enable_external_access = false",
        "lock_configuration = true",
    ]
