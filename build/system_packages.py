"""Installs packages of the operating system, where that is Debian-like and this user may."""

from __future__ import annotations

import os
import shutil
import subprocess

from project import say


def apt_install(*packages: str) -> bool:
    """Install Debian packages; False where there is no apt-get, it may not be used, or it fails."""
    prefix = as_root()
    if shutil.which("apt-get") is None or prefix is None:
        return False
    say(f"Installing Debian's {', '.join(packages)} …")
    apt_get = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    if subprocess.call([*apt_get, "update"]) != 0:
        return False
    line = [*apt_get, "install", "--yes", "--no-install-recommends", *packages]
    return subprocess.call(line, stdout=subprocess.DEVNULL) == 0


def as_root() -> list[str] | None:
    """What comes before a command that needs root: nothing, sudo where it asks no password, or None."""
    if os.name == "nt":
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "--non-interactive"]
    try:
        allowed = subprocess.run([*sudo, "true"], capture_output=True).returncode == 0
    except OSError:
        return None
    return sudo if allowed else None
