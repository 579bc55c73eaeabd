"""A list of a model folder's files with their SHA-256, written when the folder is made and checked afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import file_digest
from pathlib import Path
from typing import Any

MANIFEST_NAME = "courselift-manifest.json"


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, origin: Mapping[str, Any]) -> None:
    """Record every file of `folder`, and where they came from."""
    files = {
        str(path.relative_to(folder)): {"sha256": sha256_of(path), "bytes": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    content = json.dumps({"origin": dict(origin), "files": files}, indent=2, ensure_ascii=False)
    (folder / MANIFEST_NAME).write_text(content, encoding="utf-8")


def read_manifest(folder: Path) -> Mapping[str, Any] | None:
    """What `write_manifest` recorded; None when there is nothing readable."""
    try:
        content = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and "files" in content and "origin" in content else None


def is_complete(folder: Path, origin: Mapping[str, Any], check_content: bool = False) -> bool:
    """Whether `folder` was made from `origin` and its files are all there with the recorded sizes.

    `check_content` compares the SHA-256 of every file as well (about a second a gigabyte).
    """
    manifest = read_manifest(folder)
    if manifest is None or manifest["origin"] != dict(origin):
        return False
    for name, recorded in manifest["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != recorded["bytes"]:
            return False
        if check_content and sha256_of(path) != recorded["sha256"]:
            return False
    return True
