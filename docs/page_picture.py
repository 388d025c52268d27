"""Takes the README's picture of `amlctl ui`: ``python docs/page_picture.py SPEC OUT.png``.

SPEC is applied already; change a line of its data first, and the picture shows a plan.

Needs the extras dev and local, and Debian's Chromium.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project
from orchestrator.reconcile.server.listen import Listen
from orchestrator.ui.serve import serving
from orchestrator.ui.source import LiveSource

SIZE = {"width": 1180, "height": 860}


def take(spec: Path, out: Path) -> None:
    """Serve the pages of a spec and photograph the first one."""
    source = LiveSource(lambda: load_project([spec], LoadOptions()))
    with serving(source, Listen(port=0)) as place, sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
        page.goto(place.entrance)
        page.wait_for_selector("svg.graph")
        page.screenshot(path=out)
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]))
