"""Where the Chromium is that the browser tests drive."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS_APPLICATIONS = (
    "Applications/Chromium.app/Contents/MacOS/Chromium",
    "Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def use_own_downloads() -> None:
    """Keep Playwright's downloads in the virtual environment: no HOME needed, gone with it."""
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(Path(sys.prefix) / "browsers"))


def find_installed() -> Path | None:
    """Return the Chromium this machine has, on PATH or among macOS' applications."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    places = [Path(root) / place for root in ("/", Path.home()) for place in MACOS_APPLICATIONS]
    return next((place for place in places if place.exists()), None)


def find_chromium() -> Path | None:
    """Return the Chromium this machine has, else the one Playwright downloaded, else None."""
    installed = find_installed()
    if installed is not None:
        return installed
    use_own_downloads()
    with sync_playwright() as playwright:
        downloaded = Path(playwright.chromium.executable_path)
    return downloaded if downloaded.exists() else None
