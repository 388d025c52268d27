"""``amlctl init``."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from orchestrator.cli.console import Console
from orchestrator.cli.options import DEFAULT_SPEC, with_console
from orchestrator.core.errors import StateError

_SHORTEST = 3
_LONGEST = 24
"""Bounds on names that fit a project and, with a few letters behind them, every kind of resource."""


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--name", help="Name of the project (default: the name of the folder).")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Create the project from the CLI v2 YAML files in this folder.",
)
@with_console()
def command(folder: Path, name: str | None, source: Path | None, console: Console) -> None:
    """Create a project in FOLDER: a small one that trains and serves a model, or one imported from CLI v2 YAML files.

    Never overwrites a file.
    """
    project = project_name(name or folder.resolve().name)
    spec = folder / DEFAULT_SPEC
    if source is not None:
        _import(source, spec, project, console)
    else:
        files = write_new(folder, starter_files(project))
        if console.json:
            console.document({"files": [str(file) for file in files], "included": [], "skipped": []})
            return
        for file in files:
            console.notice(f"  + {file}")
    if not console.json:
        console.result(f"Project '{project}' is ready. Next: amlctl plan {shlex.quote(str(spec))}")


def _import(source: Path, spec: Path, project: str, console: Console) -> None:
    from orchestrator.importing import import_folder

    _refuse_present([spec])
    found = import_folder(source, spec, project)
    if console.json:
        console.document(
            {
                "files": [str(spec)],
                "included": [f"{path}: {title}" if path else address for address, path, title in found.included],
                "other_target": [{"resource": address, "reason": reason} for address, reason in found.elsewhere],
                "skipped": [f"{path}: {reason}" for path, reason in found.skipped],
                "ignored": [f"{path}: {reason}" for path, reason in found.others],
                "replaced": [{"at": at, "call": text, "resource": by} for at, text, by in found.replaced],
                "not_replaced": [{"at": at, "call": text, "reason": why} for at, text, why in found.kept],
                "problem": found.problem,
            }
        )
        return
    console.notice(f"  + {spec}")
    for address, path, title in found.included:
        console.notice(f"    includes {path}: {title}" if path else f"    declares {address}")
    _listed(console, "Only in the target 'azure':", found.elsewhere)
    _listed(console, "Not included:", found.skipped)
    _listed(console, "Other YAML files:", found.others)
    _listed(
        console, "az ml commands that the project replaces:", [(f"{at}: {text}", by) for at, text, by in found.replaced]
    )
    _listed(
        console, "az ml commands that it does not replace:", [(f"{at}: {text}", why) for at, text, why in found.kept]
    )
    if found.problem:
        console.notice(f"The spec cannot be planned yet: {found.problem}")


def _listed(console: Console, title: str, pairs: Sequence[tuple[object, str]]) -> None:
    if pairs:
        console.notice(title)
    for subject, text in pairs:
        console.notice(f"  - {subject}: {text}")


def project_name(text: str) -> str:
    """A name that every resource kind accepts, made of any text."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    cleaned = re.sub(r"[^a-z0-9-]+", "-", plain.lower()).strip("-")
    if len(cleaned) < _SHORTEST or not cleaned[0].isalpha():
        cleaned = f"project-{cleaned}"
    return cleaned[:_LONGEST].strip("-")


def starter_files(project: str) -> dict[str, str]:
    """Relative path to text of each file of the starter project."""
    root = Path(__file__).parent.parent / "starter"
    files = {}
    for path in sorted(file for file in root.rglob("*") if file.is_file() and "__pycache__" not in file.parts):
        relative = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8").replace("PROJECT_NAME", project)
        files[".gitignore" if relative == "gitignore" else relative] = text
    return files


def _refuse_present(files: Iterable[Path]) -> None:
    present = [str(file) for file in files if file.exists()]
    if present:
        raise StateError(
            f"These files already exist: {', '.join(present)}.",
            code="would-overwrite",
            fix="Choose another folder, or move these files.",
        )


def write_new(folder: Path, files: dict[str, str]) -> list[Path]:
    """Write files that must not exist yet; writes none if one of them does.

    Raises:
        StateError: a file is in the way; all of them are named.
    """
    _refuse_present(folder / name for name in files)
    written = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
