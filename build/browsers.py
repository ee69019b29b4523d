"""Finds a Chromium for the end-to-end tests, and installs one where the machine has none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from environment import works
from project import BuildError, say
from system_packages import apt_install, as_root

SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLAYWRIGHT = [sys.executable, "-m", "playwright"]

NONE_FOUND = f"""there is no Chromium for the end-to-end tests, and none could be installed.
Install one and try again:
  Debian, Ubuntu   sudo apt install chromium
  elsewhere        {" ".join(PLAYWRIGHT)} install --with-deps chromium, or Google Chrome"""

NO_PLAYWRIGHT = f"""Playwright does not start ({" ".join(PLAYWRIGHT)} --version says why).
On a minimal Debian or Ubuntu it lacks a library: sudo apt install libatomic1"""


def find_or_install() -> Path:
    """The browser's program; tries Playwright's download, then Debian's package, where there is none."""
    if not works([*PLAYWRIGHT, "--version"]):
        apt_install("libatomic1")  # what its own Node.js needs and a minimal system lacks
        if not works([*PLAYWRIGHT, "--version"]):
            raise BuildError(NO_PLAYWRIGHT)
    if program := find():
        return program
    for install in (install_playwrights, install_debians):
        if install() and (program := find()):
            return program
    raise BuildError(NONE_FOUND)


def find() -> Path | None:
    """The browser's program: Playwright's own where installed, else the system's, else None."""
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    if own.exists():
        return own
    for name in SYSTEM_BROWSERS:
        if program := shutil.which(name):
            return Path(program)
    return None


def install_playwrights() -> bool:
    """Download Playwright's Chromium, then the libraries that it needs: not the other way round, since the
    libraries are many and the download may not be reachable."""
    say("Installing Playwright's Chromium …")
    if subprocess.call([*PLAYWRIGHT, "install", "chromium"]) != 0:
        return False
    if sys.platform == "linux" and (prefix := as_root()) is not None:
        return subprocess.call([*prefix, *PLAYWRIGHT, "install-deps", "chromium"]) == 0
    return True


def install_debians() -> bool:
    """Install the system's Chromium, and letters for it to show."""
    return apt_install("chromium", "fonts-dejavu-core", "fonts-noto-color-emoji")


def launch_options(program: Path) -> dict[str, object]:
    """Arguments for `playwright.chromium.launch`: a browser that talks to this machine alone."""
    quiet = ["--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    quiet += ["--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    if os.name != "nt" and os.geteuid() == 0:
        quiet.append("--no-sandbox")  # Chromium refuses to run as root with it
    return {"executable_path": str(program), "args": quiet}
