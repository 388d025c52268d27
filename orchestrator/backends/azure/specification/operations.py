"""The operations of the specification: method and path to the model of the body, read from the generated client."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from azure.ai.ml._restclient.arm_ml_service import operations as groups
from azure.ai.ml._restclient.arm_ml_service.operations import _operations

from orchestrator.backends.azure.specification.shapes import Model, alternatives, is_model

WORKSPACE: Final = ("workspaces", "{workspaceName}")
"""What comes before the part of a path that tells the operation."""

_URL: Final = re.compile(r'_url = "(?P<url>[^"]*)"')
_METHOD: Final = re.compile(r'HttpRequest\(method="(?P<method>[A-Z]+)"')
_VERSION: Final = re.compile(r'"api-version", "(?P<version>[^"]+)"')
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BODIES: Final = ("body", "parameters", "resource")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation below a workspace.

    Attributes:
        method: in upper case.
        parts: of the path below the workspace; those in braces are names.
        body: model of the body; None if it has none.
    """

    method: str
    parts: tuple[str, ...]
    body: Model | None

    def answers(self, method: str, parts: Sequence[str]) -> bool:
        """Whether a request is this operation. Fixed parts are compared without case."""
        return (
            method == self.method
            and len(parts) == len(self.parts)
            and all(
                own.startswith("{") or own.lower() == part.lower() for own, part in zip(self.parts, parts, strict=True)
            )
        )


@cache
def operations() -> Sequence[Operation]:
    """All operations below a workspace."""
    return tuple(_all())


@cache
def api_version() -> str:
    """The version of the interface that the installed client was generated for."""
    found: list[str] = _VERSION.findall(inspect.getsource(_operations.build_compute_get_request))
    return found[0]


def find(method: str, parts: Sequence[str]) -> Operation | None:
    """The operation that a request is; None if the specification has none."""
    return next((operation for operation in operations() if operation.answers(method, parts)), None)


def _all() -> Iterator[Operation]:
    source = inspect.getsource(_operations)
    builders = {
        match["name"]: match["text"]
        for match in re.finditer(
            r"^def (?P<name>build_\w+_request)\((?P<text>.*?)(?=^def |^class )", source, re.M | re.S
        )
    }
    bodies = dict(_bodies())
    for name, text in builders.items():
        url, method = _URL.search(text), _METHOD.search(text)
        if url is None or method is None:
            continue
        parts = tuple(url["url"].strip("/").split("/"))
        if parts[6:8] == WORKSPACE:
            yield Operation(method=method["method"], parts=parts[8:], body=bodies.get(name))


def _bodies() -> Iterator[tuple[str, Model]]:
    """Name of the function that builds a request, and the model of its body."""
    for name, group in vars(groups).items():
        if not (isinstance(group, type) and name.endswith("Operations")):
            continue
        prefix = _HUMP.sub("_", name.removesuffix("Operations")).lower()
        for method, function in vars(group).items():
            for overload in typing.get_overloads(function) if inspect.isfunction(function) else ():
                model = _body_of(overload)
                if model is not None:
                    yield f"build_{prefix}_{method.removeprefix('begin_')}_request", model
                    break


def _body_of(overload: Any) -> Model | None:
    hints: Mapping[str, Any] = typing.get_type_hints(overload, vars(_operations))
    bodies = (option for name in _BODIES if name in hints for option in alternatives(hints[name]))
    return next((option for option in bodies if is_model(option)), None)
