"""Names and files of a new project."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.cli.commands.init import project_name, starter_files, write_new
from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project

NAMES = [
    ("houses", "houses", "as it is"),
    ("My Projéct", "my-project", "blanks and accents"),
    ("h2", "project-h2", "too short for a project"),
    ("2024", "project-2024", "an endpoint starts with a letter"),
    ("日本", "project", "nothing that the service takes"),
    ("a" * 40, "a" * 24, "too long for an endpoint"),
    ("7" * 40, f"project-{'7' * 16}", "both"),
]


@pytest.mark.parametrize(("text", "name", "why"), NAMES, ids=[case[2] for case in NAMES])
def test_any_folder_gives_a_project_that_is_valid(text: str, name: str, why: str, tmp_path: Path) -> None:
    assert project_name(text) == name, why
    write_new(tmp_path, starter_files(name))
    assert load_project((tmp_path / "spec.yaml",), LoadOptions()).name == name
