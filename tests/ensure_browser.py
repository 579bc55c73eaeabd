"""Make sure that a Chromium is here for the browser tests: find it, or install it where we may."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-noto-cjk")


def find_browser() -> str | None:
    """The path of the system's Chromium; `CHROMIUM` names another one."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


def main() -> int:
    """0 when a browser is there in the end, else 1 with a sentence that says what to install."""
    if find_browser():
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Chromium for the browser tests ...", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", *PACKAGES]):
            subprocess.run(["apt-get", "-qq", *command], env=environment, stdout=subprocess.DEVNULL, check=False)
    if find_browser():
        return 0
    print("The browser tests need Chromium. Install it (Debian, Ubuntu: sudo apt-get install chromium) and try again.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
