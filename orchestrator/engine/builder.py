"""A spec made by a program: a function for each kind, with the fields of its body as arguments."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.kind import Identity, Kind
from orchestrator.core.tree import LocatedDict, LocatedList, Mark
from orchestrator.core.written import Written
from orchestrator.kinds import discover

_PACKAGE = str(Path(__file__).parents[1])


class Declared:
    """A resource of a `SpecBuilder`. Use it wherever a body names another resource.

    Attributes:
        kind: its kind.
        name: its name; of a deployment, the name below its endpoint.
        address: as plans show it.
    """

    def __init__(self, builder: SpecBuilder, kind: Kind, address: str, name: str, body: LocatedDict) -> None:
        self.kind = kind
        self.name = name
        self.address = address
        self._builder = builder
        self._body = body

    def __str__(self) -> str:
        """The reference: ``azureml:NAME@latest`` of an asset, ``azureml:NAME`` of anything else."""
        return f"azureml:{self.name}@latest" if self.kind.identity is Identity.VERSIONED else f"azureml:{self.name}"

    def output(self, name: str) -> str:
        """A reference to an output of this job, for the path of a model, a data asset or an input."""
        return f"azureml://{self.address.replace('.', '/', 1)}/outputs/{name}"

    def attribute(self, name: str) -> str:
        """An attribute of this resource that is known once it exists: ``id``, ``scoring_uri``, ``outputs.NAME``."""
        return f"${{{self.address}.{name}}}"

    def __getattr__(self, field: str) -> Callable[..., Declared]:
        """A function that adds a part: ``endpoint.deployments("blue", model=…)``."""
        parts = {child.kind.partition(".")[2]: child.kind for child in self.kind.children if child.keyed}
        if field.startswith("_") or field not in parts:
            raise AttributeError(f"{self.kind.title}s have no part '{field}'. {did_you_mean(field, parts)}".strip())

        def add(name: str, /, **body: Any) -> Declared:
            mark = _caller()
            inner = self._body.get(field)
            if not isinstance(inner, LocatedDict):
                inner = LocatedDict(mark=mark)
                self._body.put(field, inner, mark, mark)
            return self._builder._put(inner, parts[field], f"{self.address}.{field}.{name}", name, body, mark)

        return add


class SpecBuilder:
    """A spec in the making. Give it to `plan`, `apply` and the others in place of a file.

    There is a method for each section of a spec, which adds one resource: ``builder.compute("cpu", type="amlcompute")``. Arguments are the
    fields of its CLI v2 body; a resource that was added earlier can be the value of a field that names one. Nothing is checked before the
    spec is used: then all problems are told at once, each with the line of the program.

    Args:
        project: name of the project.
        settings: other top-level keys of a spec: ``targets``, ``variables``, ``tags``, ``secrets``, ``description``, ``include``.
    """

    def __init__(self, project: str, **settings: Any) -> None:
        mark = _caller()
        self._tree = LocatedDict(mark=mark)
        self._program = Path(mark[0]) if Path(mark[0]).is_file() else None
        for key, value in {"project": project, **settings}.items():
            self._tree.put(key, _located(value, mark), mark, mark)

    def written(self) -> Written:
        """The spec as it is now."""
        return Written(self._tree.copy(), self._program)

    def add(self, section: str, name: str, /, **body: Any) -> Declared:
        """Add a resource to a section.

        Raises:
            ValueError: there is no such section, or it has a resource of that name.
        """
        kinds = discover()
        sections = [key for key, kind in kinds.items() if kind.section == key and not kind.is_workspace]
        if section not in sections:
            raise ValueError(f"A spec has no section '{section}'. {did_you_mean(section, sections)}".strip())
        mark = _caller()
        tree = self._tree.get(section)
        if not isinstance(tree, LocatedDict):
            tree = LocatedDict(mark=mark)
            self._tree.put(section, tree, mark, mark)
        return self._put(tree, section, f"{section}.{name}", name, body, mark)

    def __getattr__(self, section: str) -> Callable[..., Declared]:
        """A function that adds a resource to a section."""
        if section.startswith("_") or section not in discover():
            raise AttributeError(f"A spec has no section '{section}'. {did_you_mean(section, discover())}".strip())

        def add(name: str, /, **body: Any) -> Declared:
            return self.add(section, name, **body)

        return add

    def __dir__(self) -> Iterator[str]:
        """The methods and the sections, for completion."""
        yield from (
            *super().__dir__(),
            *(key for key, kind in discover().items() if kind.section == key and not kind.is_workspace),
        )

    def _put(
        self, tree: LocatedDict, kind: str, address: str, name: str, body: Mapping[str, Any], mark: Mark
    ) -> Declared:
        if name in tree:
            first = tree.key_span(name)
            raise ValueError(f"{address} is already declared at {first.file}:{first.line}.")
        located = _located(dict(body), mark)
        tree.put(name, located, mark, mark)
        return Declared(self, discover()[kind], address, name, located)


def _located(value: Any, mark: Mark) -> Any:
    """A value as the loader reads it from YAML, with the program's line as its place."""
    if isinstance(value, Mapping):
        tree = LocatedDict(mark=mark)
        for key, inner in value.items():
            tree.put(str(key), _located(inner, mark), mark, mark)
        return tree
    if isinstance(value, list | tuple):
        items = LocatedList(mark=mark)
        for inner in value:
            items.append_at(_located(inner, mark), mark)
        return items
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _caller() -> Mark:
    """The line of the program that is running: the nearest one outside of this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno, 1, frame.f_lineno, 1)
