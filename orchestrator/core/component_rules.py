"""Rules of components across their fields, which azure-ai-ml checks before it sends one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.kind import BodyProblem

_MENTION: Final = re.compile(r"\$\{\{\s*(inputs|outputs)\.(\w+)(?:\.\w+)*\s*\}\}")


def component_problems(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """What is wrong with the ports of a component, and with what its command says of them. Never raises."""
    yield from _undeclared(body)
    inputs = body.get("inputs")
    for name, port in (inputs if isinstance(inputs, Mapping) else {}).items():
        if isinstance(port, Mapping):
            yield from _values(str(name), port)


def _undeclared(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """Source: azure-ai-ml, ``CommandComponent._validate_command``; optional groups are no exception."""
    command = body.get("command")
    for side, name in dict.fromkeys(_MENTION.findall(command)) if isinstance(command, str) else ():
        declared = body.get(side) or {}
        if isinstance(declared, Mapping) and name not in declared:
            yield BodyProblem(
                ("command",),
                "invalid-value",
                f"The command refers to {side}.{name}, which the component does not declare.",
                did_you_mean(name, declared, f"Declare '{name}' under `{side}:`."),
            )


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


_PARSERS: Final[Mapping[str, tuple[Callable[[str], Any], str]]] = {
    "integer": (lambda text: int(float(text)), "a whole number"),
    "number": (float, "a number"),
    "boolean": (_flag, "true or false"),
}


def _values(name: str, port: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """Source: azure-ai-ml, ``Input._parse_and_validate``, ``Input._normalize_self_properties``."""
    known = _PARSERS.get(str(port.get("type")))
    if known is None:
        return
    parse, words = known
    for field in ("default", "min", "max"):
        value = port.get(field)
        if not isinstance(value, str | int | float):
            continue
        try:
            parse(str(value))
        except (ValueError, OverflowError):
            detail = f"'{field}' of the input '{name}' must be {words}; got '{value}'."
            yield BodyProblem(("inputs", name, field), "wrong-type", detail, f"Write {words}, or another 'type'.")
