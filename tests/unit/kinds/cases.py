"""Reads the cases of ``tests/kinds``: one file per kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "kinds"


@dataclass(frozen=True)
class Case:
    """One variant of a kind. Field names as in ``tests/kinds/README.md``."""

    kind: str
    files: Mapping[str, str]
    around: Mapping[str, Any]
    parent: Mapping[str, Any] | None
    name: str
    variant: str
    minimal: Mapping[str, Any]
    full: Mapping[str, Any]
    same: Mapping[str, Any] | None = None
    label: Mapping[str, Any] | None = None
    content: Mapping[str, Any] | None = None
    run_settings: Mapping[str, Any] | None = None
    immutable: Mapping[str, Any] | None = None
    drift: Mapping[str, Any] | None = None
    embedded: Mapping[str, Any] | None = None
    refused: str = ""
    alike: str = ""
    invalid: tuple[Mapping[str, Any], ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.kind}-{self.name}"

    @property
    def address(self) -> str:
        """The printed address of the resource under test."""
        section, _, part = self.kind.partition(".")
        if not part:
            return f"{section}.{self.name}"
        return f"{section}.whole.{part}" + ("" if part == self.name else f".{self.name}")

    def patched(self, patch: Mapping[str, Any]) -> dict[str, Any]:
        """The full body with an edit."""
        return merged(self.full, patch)

    def spec(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The sections of a spec with a body of this case."""
        sections = deepcopy(dict(self.around))
        section, _, part = self.kind.partition(".")
        if self.parent is None:
            sections.setdefault(section, {})[self.name] = dict(body)
        elif part == self.name:
            sections.setdefault(section, {})["whole"] = {**self.parent, **body}
        else:
            sections.setdefault(section, {})["whole"] = {**self.parent, part: {self.name: dict(body)}}
        return sections

    def text(self, body: Mapping[str, Any]) -> str:
        """The same as text."""
        return yaml.safe_dump(self.spec(body), sort_keys=False)

    def place(self) -> tuple[str, ...]:
        """Where the body stands in the sections."""
        section, _, part = self.kind.partition(".")
        if self.parent is None:
            return (section, self.name)
        return (section, "whole") if part == self.name else (section, "whole", part, self.name)

    def write(self, folder: Path) -> None:
        """Write the files that the bodies name."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())


def merged(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Merge mappings; null takes a field away."""
    result = deepcopy(dict(base))
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = deepcopy(value)
    return result


def all_cases() -> Iterator[Case]:
    """Every case of every kind."""
    for path in sorted(FOLDER.glob("*.yaml")):
        text = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in text["cases"]:
            invalid = tuple(case.pop("invalid", ()))
            yield Case(
                kind=text["kind"],
                files=text.get("files", {}),
                around=text.get("around", {}),
                parent=text.get("parent"),
                invalid=invalid,
                **case,
            )
