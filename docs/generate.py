"""Makes the reference pages that follow from the code.

python docs/generate.py --write     writes them
python docs/generate.py --check     fails if a committed one is out of date
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click

from orchestrator.cli.overview import COMMANDS
from orchestrator.core.kind import Kind
from orchestrator.kinds import discover

DOCS = Path(__file__).parent
PACKAGE = DOCS.parent / "orchestrator"
_MADE = "<!-- Made by docs/generate.py from the code; edit there. -->\n\n"


def commands_page() -> str:
    """Every command with its options."""
    parts = [_MADE, "# Commands\n"]
    for name in COMMANDS:
        command = import_module(f"orchestrator.cli.commands.{name}").command
        parts += _command(f"amlctl {name}", command)
    return "\n".join(parts).rstrip() + "\n"


def _command(title: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=title)
    yield f"\n## `{title}`\n"
    yield (command.help or COMMANDS.get(title.removeprefix("amlctl "), "")).strip() + "\n"
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                yield from _command(f"{title} {child}", found)
        return
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"    {title} {usage}\n"
    rows = []
    for parameter in command.params:
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record:
            rows.append(f"| `{record[0].replace('|', chr(92) + '|')}` | {record[1].replace('|', chr(92) + '|')} |")
    if rows:
        yield "| option | |\n|---|---|\n" + "\n".join(rows) + "\n"


def kinds_page() -> str:
    """Every kind: how it is told over time, what its fields are marked with."""
    parts = [_MADE, "# Kinds of resources\n"]
    for key, kind in discover().items():
        parts += _kind(key, kind)
    return "\n".join(parts).rstrip() + "\n"


def _kind(key: str, kind: Kind) -> Iterator[str]:
    from orchestrator.core.fields import root_node

    yield f"\n## `{key}`\n"
    yield f"A {kind.title}. Identity: {kind.identity.value}. Leaves the workspace by: {kind.removal.value}. "
    yield f"Name: {kind.name.text}\n\nSource: {kind.source}\n"
    named = [f"`{name}`" for name in kind.variants if name]
    if named:
        yield f"Forms (`{kind.variant_field}`): {', '.join(named)}\n"
    rows: dict[str, str] = {}
    for variant in kind.variants:
        for path, node in sorted((root_node(kind, variant).fields or {}).items()):
            for mark in node.marks:
                reason = f": {mark.reason}" if mark.reason else ""
                rows.setdefault(path, f"| `{path}` | {type(mark).__name__}{reason} |")
    if rows:
        yield "| field | mark |\n|---|---|\n" + "\n".join(rows.values()) + "\n"


def errors_page() -> str:
    """A heading for each code of a diagnostic, with its summary and the modules that report it."""
    found: dict[str, tuple[str, set[str]]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for code, summary in _codes(ast.parse(path.read_text(encoding="utf-8"))):
            known, places = found.setdefault(code, (summary, set()))
            places.add(path.relative_to(PACKAGE).as_posix())
            if summary and not known:
                found[code] = (summary, places)
    parts = [
        _MADE,
        "# Errors and warnings\n",
        "Each problem has a code, a place, a reason and a fix. The codes are stable.\n",
    ]
    for code, (summary, places) in sorted(found.items()):
        where = ", ".join(f"`{place}`" for place in sorted(places))
        parts.append(f"\n## {code}\n\n{summary or 'See the message itself.'}\n\nReported by {where}.\n")
    return "\n".join(parts).rstrip() + "\n"


def _codes(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Codes in calls: a kebab-case text that is the first text argument, or the keyword ``code``."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        keywords = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
        if name in ("StateError", "Locked") and isinstance(keywords.get("code"), str):
            yield str(keywords["code"]), ""
        elif name in REPORTERS and texts and texts[0].replace("-", "").isalnum() and texts[0] == texts[0].lower():
            yield texts[0], texts[1] if len(texts) > 1 else ""


REPORTERS = {"Diagnostic", "problem", "error", "warning"}
"""Functions whose first text argument is a code."""

PAGES = {
    "reference/commands.md": commands_page,
    "reference/kinds.md": kinds_page,
    "errors.md": errors_page,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--write", action="store_true")
    group.add_argument("--check", action="store_true")
    options = parser.parse_args()
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if options.write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale and options.check:
        sys.exit(f"Out of date: {', '.join(stale)}. Run: python docs/generate.py --write")


if __name__ == "__main__":
    main()
