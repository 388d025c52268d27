"""The documentation is true: its specs are valid, its commands run and print what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.core.project import LoadOptions
from orchestrator.kinds import discover
from orchestrator.spec.load import load
from tests.docs.pages import PAGES, ROOT, Block, blocks, commands, missing

SPECS = [(page, block) for page in PAGES for block in blocks(page) if block.language == "yaml"]
WALKS = [page for page in PAGES if any(block.language == "console" for block in blocks(page))]


def name(value: object) -> str:
    return value.relative_to(ROOT).as_posix() if isinstance(value, Path) else f"line{getattr(value, 'line', '')}"


@pytest.mark.parametrize(("page", "block"), SPECS, ids=name)
def test_a_spec_in_the_documentation_is_valid(page: Path, block: Block, tmp_path: Path) -> None:
    text = (
        block.body if re.search(r"^(project|\$schema):", block.body, re.MULTILINE) else f"project: docs\n{block.body}"
    )
    for other in blocks(page):
        if other.file and other is not block:
            path = tmp_path / other.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(other.body)
    spec = tmp_path / (block.file or "spec.yaml")
    spec.write_text(text)
    environ = {"AZURE_SUBSCRIPTION_ID": "0", "STORAGE_KEY": "k"}
    assert load([spec], LoadOptions(files=False, environ=environ), discover()).resources


@pytest.mark.slow
@pytest.mark.parametrize("page", WALKS, ids=name)
def test_the_commands_of_a_page_do_what_it_says(page: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name_of_tool, arguments in (("amlctl", "-m orchestrator "), ("python", "")):
        (tools / name_of_tool).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n')
        (tools / name_of_tool).chmod(0o755)
    folder = tmp_path / "page"
    folder.mkdir()
    environ = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    try:
        for block in blocks(page):
            if block.file:
                path = folder / block.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.body)
            if block.language != "console":
                continue
            for command in commands(block.body):
                done = subprocess.run(
                    ["bash", "-c", command.text], cwd=folder, env=environ, capture_output=True, text=True, timeout=300, check=False,
                    stdin=subprocess.DEVNULL,
                )  # fmt: skip
                said = done.stdout + done.stderr
                place = f"{name(page)}:{block.line}: {command.text}"
                assert done.returncode == command.code, f"{place}\n{said}"
                assert missing(command.expected, said) is None, (
                    f"{place}\nnot said: {missing(command.expected, said)}\n{said}"
                )
    finally:
        for workspace in folder.rglob(".amlctl*"):
            if workspace.is_dir():
                subprocess.run(
                    [str(tools / "amlctl"), "workspace", "down", "--path", str(workspace)],
                    env=environ,
                    check=False,
                    capture_output=True,
                )


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = []
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if "://" not in target and not (page.parent / target).exists():
            broken.append(target)
    assert broken == []


def test_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
