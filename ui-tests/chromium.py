"""Finds a Chromium for the browser tests, and installs one where there is none.

In order: `OCI_CHROMIUM`, an installed Chromium or Chrome, Debian's package (as root), then
Playwright's own build.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> str | None:
    """Path of an installed Chromium; None means Playwright's own build."""
    wanted = os.environ.get("OCI_CHROMIUM")
    if wanted:
        return wanted
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def has_own_build() -> bool:
    """Whether Playwright has its own build already."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return os.path.exists(playwright.chromium.executable_path)


def ensure() -> None:
    """Install a Chromium unless there is one."""
    if installed() or has_own_build():
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], check=True
        )
        return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    ensure()
    print(installed() or "Playwright's own Chromium")
