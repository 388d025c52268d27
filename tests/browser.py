"""Chromium as Debian has it, driven by Playwright. Set AMLCTL_SCREENSHOTS to a folder to keep pictures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless browser while the context lasts."""
    with sync_playwright() as playwright:
        # As root, as in a container, Chromium has no sandbox of its own; it sees pages of the tests only.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def accessible(page: Page, name: str, *, examined: bool = True) -> None:
    """The page fits the window, and axe finds nothing grave. Keeps a picture if asked to."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    if folder := os.environ.get("AMLCTL_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    if not examined:
        return
    found = Axe().run(page).response["violations"]
    grave = [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")]
    assert grave == [], name
