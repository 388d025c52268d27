"""Makes the reference pages that follow from the code.

python docs/generate.py --write     writes them
python docs/generate.py --check     fails if a committed one is out of date
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

import click
import yaml

from orchestrator.cli.overview import COMMANDS
from orchestrator.core.kind import Kind
from orchestrator.kinds import discover

sys.path.insert(0, str(Path(__file__).parent))  # also where this file is not the program
from code_picture import counted, draw, fits
from fields_page import page as fields_of
from glossary_page import glossary as glossary_page_of
from operations_page import page as operations_of

DOCS = Path(__file__).parent
PACKAGE = DOCS.parent / "orchestrator"
_MADE = "<!-- Made by docs/generate.py from the code; edit there. -->\n"


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
    yield cleandoc(command.help or COMMANDS.get(title.removeprefix("amlctl "), "")) + "\n"
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
    """Every kind: its identity, its removal, its forms, and a link to its fields."""
    parts = [_MADE, "# Kinds of resources\n"]
    for key, kind in discover().items():
        parts += _kind(key, kind)
    return "\n".join(parts).rstrip() + "\n"


def _kind(key: str, kind: Kind) -> Iterator[str]:
    yield f"\n## `{key}`\n"
    yield f"A {kind.title}. Identity: {kind.identity.value}. Removal: {kind.removal.value}. "
    yield f"Name: {kind.name.text}\n\nSource: {kind.source}\n"
    named = [f"`{name}`" for name in kind.variants if name]
    if named:
        yield f"Forms (`{kind.variant_field}`): {', '.join(named)}\n"
    yield f"[Fields](kinds/{key}.md)\n"


@dataclass
class Code:
    """What the source says about one code."""

    summary: str = ""
    fix: str = ""
    places: set[str] = field(default_factory=set)


def errors_page() -> str:
    """A heading for each code of a diagnostic or failure."""
    found: dict[str, Code] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for code, summary, fix in _codes(ast.parse(path.read_text(encoding="utf-8"))):
            known = found.setdefault(code, Code())
            known.summary, known.fix = known.summary or summary, known.fix or fix
            known.places.add(path.relative_to(PACKAGE.parent).as_posix())
    _summarise(found)
    parts = [
        _MADE,
        "# Errors and warnings\n",
        "Each problem has a stable code, a place where there is one, a reason and a fix. All problems of a spec are reported at once.\n",
    ]
    for code, facts in sorted(found.items()):
        parts.append(f"\n## {code}\n")
        if facts.summary:
            parts.append(f"{facts.summary}.\n")
        if facts.fix:
            parts.append(f"What to do: {facts.fix}\n")
        parts.append(f"Source: {', '.join(f'`{place}`' for place in sorted(facts.places))}\n")
    return "\n".join(parts).rstrip() + "\n"


def _summarise(found: dict[str, Code]) -> None:
    """Say of the codes that have no sentence in the code what they stand for.

    Raises:
        SystemExit: a code without a sentence, or a sentence without a code.
    """
    told: dict[str, str] = yaml.safe_load((DOCS / "failures.yaml").read_text(encoding="utf-8"))
    silent = {code for code, facts in found.items() if not facts.summary}
    if wrong := sorted(silent ^ set(told)):
        sys.exit(
            f"docs/failures.yaml is to have one sentence for each code that has none in the code: {', '.join(wrong)}"
        )
    for code in silent:
        found[code].summary = told[code]


def _codes(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    """Code, summary and fix of every table of summaries, every diagnostic and every failure with a code in a module."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.AnnAssign)
            and getattr(node.target, "id", "") == "SUMMARIES"
            and isinstance(node.value, ast.Dict)
        ):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                yield _text(key), _text(value), ""
        elif isinstance(node, ast.Call):
            keywords = {keyword.arg: keyword.value for keyword in node.keywords}
            if getattr(node.func, "id", "") == "Diagnostic" and len(node.args) > 2 and _text(node.args[1]):
                yield _text(node.args[1]), _text(node.args[2]), _text(node.args[4]) if len(node.args) > 4 else ""
            elif _text(keywords.get("code")):
                yield _text(keywords["code"]), "", _text(keywords.get("fix"))


def _text(node: ast.AST | None) -> str:
    """The text that an expression stands for, if it stands for one without running it; of ``given or "text"``, the text."""
    if isinstance(node, ast.BoolOp):
        return _text(node.values[-1])
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def glossary_page() -> str:
    """Words and nouns, each with its meaning."""
    return f"{_MADE}\n{glossary_page_of()}"


def fields_page(kind: Kind) -> str:
    """Every field of a kind."""
    return f"{_MADE}\n{fields_of(kind)}"


def operations_page() -> str:
    """Operations of Azure's specification, and what parity rests on."""
    return _MADE + operations_of((DOCS / "reference" / "parity.md").read_text(encoding="utf-8"))


PAGES = {
    **{f"reference/kinds/{key}.md": partial(fields_page, kind) for key, kind in discover().items()},
    "glossary.md": glossary_page,
    "reference/commands.md": commands_page,
    "reference/kinds.md": kinds_page,
    "errors.md": errors_page,
    "reference/operations.md": operations_page,
}


PICTURE = "images/code.svg"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--write", action="store_true")
    group.add_argument("--check", action="store_true")
    options = parser.parse_args()
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, re.sub(r"\n{3,}", "\n\n", make())
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if options.write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    picture, lines = DOCS / PICTURE, counted(PACKAGE)
    if not (picture.exists() and fits(picture.read_text(encoding="utf-8"), lines)):
        stale.append(PICTURE)
        if options.write:
            picture.write_text(draw(lines), encoding="utf-8")
    if stale and options.check:
        sys.exit(f"Out of date: {', '.join(stale)}. Run: python docs/generate.py --write")


if __name__ == "__main__":
    main()
