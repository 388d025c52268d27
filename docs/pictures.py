"""Makes the README's pictures of a plan and of `amlctl ui` from the real thing: ``python docs/pictures.py``.

Applies the reference project in a temporary folder, then a second deployment, changes a line of data, and takes the plan as text
and the first page as Chromium shows it. Takes two minutes.

Needs the extras dev and local, and Debian's Chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from picture import terminal
from playwright.sync_api import sync_playwright

from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project
from orchestrator.reconcile.server.listen import Listen
from orchestrator.ui.serve import serving
from orchestrator.ui.source import LiveSource

ROOT: Final = Path(__file__).parent.parent
IMAGES: Final = ROOT / "docs" / "images"
AMLCTL: Final = Path(sys.executable).parent / "amlctl"
SIZE: Final = {"width": 1180, "height": 900}
ONE: Final = "instance_type: Standard_DS3_v2, instance_count: 1}\n    traffic: {blue: 100}"
TWO: Final = """instance_type: Standard_DS3_v2, instance_count: 1}
      green: {model: azureml:heart-failure@latest, instance_type: Standard_DS3_v2, instance_count: 1}
    traffic: {blue: 90, green: 10}"""


def amlctl(folder: Path, *arguments: str) -> str:
    """What the command prints."""
    done = subprocess.run([AMLCTL, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def changed(file: Path, old: str, new: str) -> None:
    """Replace a part of a file that must be there."""
    text = file.read_text()
    if old not in text:
        raise SystemExit(f"{file} has no {old!r}")
    file.write_text(text.replace(old, new))


def prepared(folder: Path) -> Path:
    """The project, applied twice, with a line of its data changed since."""
    shutil.copytree(ROOT / "specs" / "heart-failure", folder, ignore=shutil.ignore_patterns(".amlctl"))
    spec, table = folder / "spec.yaml", folder / "data" / "heart_failure_synthetic.csv"
    amlctl(folder, "apply", "spec.yaml", "--yes")
    changed(spec, ONE, TWO)
    amlctl(folder, "apply", "spec.yaml", "--yes")
    table.write_text(table.read_text() + table.read_text().splitlines()[-1] + "\n")
    return spec


def page(spec: Path, out: Path) -> None:
    """The first page of a project."""
    source = LiveSource(lambda: load_project([spec], LoadOptions()))
    with serving(source, Listen(port=0)) as place, sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_page(viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
        tab.goto(place.entrance)
        tab.wait_for_selector("svg.graph")
        tab.screenshot(path=out)
        browser.close()


def main() -> None:
    """Make both pictures."""
    with tempfile.TemporaryDirectory() as folder:
        spec = prepared(Path(folder) / "heart-failure")
        try:
            lines = amlctl(spec.parent, "plan", "spec.yaml").rstrip("\n").split("\n")
            (IMAGES / "plan.svg").write_text(terminal("amlctl plan", lines))
            page(spec, IMAGES / "ui.png")
        finally:
            amlctl(spec.parent, "workspace", "down", "spec.yaml")


if __name__ == "__main__":
    main()
