"""The field reference as text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, Final

from orchestrator.core.field_doc import FieldDoc
from orchestrator.core.kind import Kinds
from orchestrator.report.style import PLAIN, Style

_WIDTH: Final = 100


def kinds_text(kinds: Kinds, style: Style = PLAIN) -> str:
    """Every kind with its title."""
    width = max(map(len, kinds))
    return "\n".join(f"{style(key, 'bold')}{' ' * (width - len(key))}  {kind.title}" for key, kind in kinds.items())


def kinds_json(kinds: Kinds) -> dict[str, Any]:
    """The same as data."""
    return {
        "kinds": [{"path": key, "title": kind.title, "forms": _named(kind.variants)} for key, kind in kinds.items()]
    }


def field_text(doc: FieldDoc, style: Style = PLAIN) -> str:
    """A field with what is inside it."""
    return "\n".join(_lines(doc, style))


def field_json(doc: FieldDoc) -> dict[str, Any]:
    """The same as data, as ``fields --format json`` prints it."""
    return {
        "path": doc.path,
        "type": doc.type or None,
        "required": doc.required,
        "default": doc.default or None,
        "description": doc.sentence,
        "notes": list(doc.notes),
        "forms": list(doc.forms),
        "fields": [field_json(child) for child in doc.fields],
    }


def _lines(doc: FieldDoc, style: Style) -> Iterator[str]:
    yield f"{style(doc.path, 'bold')}{_facts(doc, style)}"
    yield from _wrapped(" ".join([doc.sentence, *doc.notes]), "  ")
    if doc.forms:
        yield ""
        yield from _wrapped(f"Forms: {', '.join(doc.forms)}", "  ")
    if doc.fields:
        yield ""
        yield "Fields:"
    for child in doc.fields:
        yield f"  {style(child.name, 'bold')}{_facts(child, style)}"
        yield from _wrapped(" ".join([child.sentence, *child.notes]), "      ")


def _facts(doc: FieldDoc, style: Style) -> str:
    facts = [doc.type] if doc.type else []
    facts += ["required"] if doc.required else []
    facts += [f"default: {doc.default}"] if doc.default else []
    return f"  {style(', '.join(facts), 'dim')}" if facts else ""


def _wrapped(text: str, margin: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False)


def _named(variants: Any) -> list[str]:
    return [name for name in variants if name]
