"""Compositions from text, without the stages that make them from files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from orchestrator.core.address import Address
from orchestrator.core.project import LoadOptions, Project, WorkspaceChoice
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, LocatedList, Mark
from orchestrator.core.value import Reference, Secret, Template
from orchestrator.kinds import discover
from orchestrator.spec.composition import Composition
from orchestrator.spec.load import project_of

_EXPRESSION = re.compile(r"\$\{(\w+)\.([\w-]+)(?:\.([^}]+))?\}")


def tree(text: str, file: str = "spec.yaml") -> Any:
    """A located tree; ``${secret.X}`` and ``${section.name.attribute}`` become values."""
    return _convert(yaml.compose(text, Loader=yaml.SafeLoader), file)


def composition(text: str, root: Path = Path("/nowhere"), **further: Any) -> Composition:
    """A composition whose sections are the top-level keys of a text; ``tags`` are the project's."""
    top = tree(text)
    tags = top.pop("tags", LocatedDict())
    return Composition(
        project="demo",
        target="",
        workspace=WorkspaceChoice("local", {"path": str(root / ".amlctl")}),
        sections=top,
        tags=tags,
        sources={"spec.yaml": root / "spec.yaml"},
        root=root,
        files=(root / "spec.yaml",),
        **further,
    )


def project(text: str, root: Path | None = None, **further: Any) -> Project:
    """The project of a text; local files are looked at only if there is a root."""
    made = composition(text, root or Path("/nowhere"), **further)
    return project_of(made, LoadOptions(files=root is not None), discover())


def _mark(node: yaml.Node, file: str) -> Mark:
    start, end = node.start_mark, node.end_mark
    return (file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _convert(node: Any, file: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        mapping = LocatedDict(mark=_mark(node, file))
        for key, value in node.value:
            mapping.put(str(key.value), _convert(value, file), _mark(key, file), _mark(value, file))
        return mapping
    if isinstance(node, yaml.SequenceNode):
        items = LocatedList(mark=_mark(node, file))
        for item in node.value:
            items.append_at(_convert(item, file), _mark(item, file))
        return items
    value = yaml.SafeLoader("").construct_object(node) if node.tag != "tag:yaml.org,2002:str" else node.value
    return _special(value, Span(*_mark(node, file))) if isinstance(value, str) else value


def _special(text: str, span: Span) -> Any:
    whole = _EXPRESSION.fullmatch(text)
    if whole:
        return _value(whole, span)
    parts: list[Any] = []
    end = 0
    for found in _EXPRESSION.finditer(text):
        parts += [text[end : found.start()], _value(found, span)]
        end = found.end()
    return Template((*parts, text[end:])) if parts else text


def _value(found: re.Match[str], span: Span) -> Any:
    section, name, attribute = found.groups()
    if section == "secret":
        return Secret(name, f"value of {name}")
    return Reference(Address(section, name), attribute or "id", version=None, text=found.group(), span=span)
