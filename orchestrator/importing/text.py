"""The text of the spec."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.importing.entries import Entry
from orchestrator.importing.names import relative
from orchestrator.spec.scalars import plain_scalar

_PLAIN: Final = re.compile(r"[A-Za-z./][\w./-]*")
ELSEWHERE: Final = "azure"
"""The target of what the embedded workspace does not have."""

WORKSPACE: Final[Mapping[str, str]] = {
    "subscription_id": "AZURE_SUBSCRIPTION_ID",
    "resource_group": "AZURE_RESOURCE_GROUP",
    "workspace_name": "AZUREML_WORKSPACE",
}
"""Settings of an Azure workspace to the environment variables that hold them where nothing says more."""


def spec_text(
    project: str,
    folder: Path,
    entries: Iterable[Entry],
    left: Iterable[tuple[Path, str]],
    variables: Mapping[str, str],
    secrets: Mapping[str, str],
    workspace: Mapping[str, str],
) -> str:
    """Write the spec.

    Args:
        project: its name.
        folder: where it will be; paths are relative to it.
        entries: its resources.
        left: documents that are left out, with the reason.
        variables: to the values that the target ``dev`` gives them.
        secrets: to the environment variables that hold them.
        workspace: the Azure workspace.
    """
    entries = list(entries)
    lines = [f"project: {project}", "", "targets:"]
    values = f", variables: {_flow(variables)}" if variables else ""
    lines.append(f"  dev: {{default: true, workspace: {{local: {{}}}}{values}}}")
    if has_azure(entries, workspace):
        lines += [f"  {ELSEWHERE}:", f"    workspace: {{azure: {_flow(workspace)}}}", *_there(entries)]
    if variables:
        lines.append("")
        lines.append("variables:                # placeholders of the files, and what scripts compute; dev has guesses")
        lines += [f"  {name}: {{type: string, required: true}}" for name in sorted(variables)]
    if secrets:
        lines.append("")
        lines.append("secrets:                  # they stand in the files in plain text: rotate them")
        lines += [f"  {name}: {{env: {where}}}" for name, where in sorted(secrets.items())]
    own = _own(entries)
    whole = sorted(
        {entry.document.path for entry in entries if entry.as_it_is and id(entry) not in own and entry.document}
    )
    if whole or left or not own:
        lines += ["", "include:" if whole else "include: []"]
    lines += [f"  - {_text(relative(path, folder))}" for path in whole]
    lines += [f"  # left out: {relative(path, folder)}: {' '.join(reason.split())}" for path, reason in sorted(left)]
    return "\n".join([*lines, *_sections(entries, own, folder)]) + "\n"


def has_azure(entries: Iterable[Entry], workspace: Mapping[str, str]) -> bool:
    """Whether the spec has a target for Azure: something can only be there, or the workspace is known."""
    return any(entry.elsewhere for entry in entries) or any("${env." not in value for value in workspace.values())


def _there(entries: list[Entry]) -> Iterator[str]:
    """What a resource has in the other target only."""
    mine = [entry for entry in entries if entry.there]
    for section in dict.fromkeys(entry.kind.key for entry in mine):
        yield f"    {section}:"
        for entry in mine:
            if entry.kind.key == section:
                yield f"      {_text(entry.name)}: {_flow(entry.there)}"


def _own(entries: list[Entry]) -> set[int]:
    """Entries that stand in a section: those that say more than their document, and what belongs to the same endpoint."""
    own = {id(entry) for entry in entries if not entry.as_it_is}
    endpoints = {(entry.kind.key.split(".")[0], entry.endpoint or entry.name) for entry in entries if id(entry) in own}
    for entry in entries:
        place = (entry.kind.key.split(".")[0], entry.endpoint or entry.name)
        if place in endpoints and not (entry.document and entry.document.several):
            own.add(id(entry))
    return own


def _sections(entries: list[Entry], own: set[int], folder: Path) -> Iterator[str]:
    mine = [entry for entry in entries if id(entry) in own]
    sections = list(dict.fromkeys(entry.kind.key.split(".")[0] for entry in mine))
    for section in sorted(sections):
        yield from ("", f"{section}:")
        names = dict.fromkeys(entry.endpoint or entry.name for entry in mine if entry.kind.key.split(".")[0] == section)
        for name in names:
            whole = next((entry for entry in mine if entry.kind.key == section and entry.name == name), None)
            parts = [entry for entry in mine if entry.kind.key.startswith(f"{section}.") and entry.endpoint == name]
            body = _body(whole, folder) if whole is not None else {}
            yield f"  {_text(name)}:{_notes(whole)}"
            yield from _block(body, 4)
            fields = dict.fromkeys(entry.kind.key.split(".", 1)[1] for entry in parts)
            for field in fields:
                yield f"    {field}:"
                for entry in parts:
                    if entry.kind.key.endswith(f".{field}"):
                        yield f"      {_text(entry.name)}:{_notes(entry)}"
                        yield from _block(_body(entry, folder), 8)
            if not body and not parts:
                yield "    {}"


def _notes(entry: Entry | None) -> str:
    return f"   # {'; '.join(entry.notes)}" if entry is not None and entry.notes else ""


def _body(entry: Entry, folder: Path) -> dict[str, Any]:
    body: dict[str, Any] = {"file": relative(entry.document.path, folder)} if entry.document is not None else {}
    body.update(entry.body)
    if entry.elsewhere:
        body["lifecycle"] = {"targets": [ELSEWHERE]}
    return body


def _block(body: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, value in body.items():
        yield f"{' ' * indent}{_text(key)}: {_flow(value)}"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(str(key))}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value) if isinstance(value, int | float) else _text(str(value))


def _text(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and plain_scalar(text) == text else json.dumps(text, ensure_ascii=False)
