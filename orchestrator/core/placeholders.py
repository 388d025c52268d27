"""What a command mentions must be declared: the service refuses such a job when it is submitted, we do before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.kind import BodyProblem
from orchestrator.core.tree import Path

_OPTIONAL: Final = re.compile(r"\$\[\[.*?\]\]", re.DOTALL)
_MENTION: Final = re.compile(r"\$\{\{\s*([^}]*?)\s*\}\}")
_MEMBER: Final = re.compile(r"(\w+)\.(\w+)(?:\.path)?")


STEP: Final = "step:"
"""Begins the names of shapes whose fields may all be bound, as ``${{parent.inputs.X}}``. No field is called so."""


def unfilled(command: object, path: Path, sides: Mapping[str, Any], who: str) -> Iterator[BodyProblem]:
    """Mentions in a command that nothing fills in; what stands in an optional group ``$[[…]]`` may be missing.

    Source: Azure ML CLI v2 YAML reference, expressions in command and sweep jobs.

    Args:
        command: the command, if it is one.
        path: of the command inside its body.
        sides: ``inputs``, ``outputs``, …: the field's value, which declares the names, or None.
        who: for messages: ``A command``.
    """
    if not isinstance(command, str):
        return
    for expression in dict.fromkeys(_MENTION.findall(_OPTIONAL.sub("", command))):
        member = _MEMBER.fullmatch(expression)
        if member is None or member[1] not in sides:
            known = " and ".join(name.replace("_", " ") for name in sides)
            detail = f"{who} cannot mention '${{{{{expression}}}}}': it knows its {known} only."
            forms = " or ".join(f"${{{{{name}.NAME}}}}" for name in sides)
            yield BodyProblem(path, "invalid-value", detail, f"Use {forms}.")
            continue
        side, name = member.groups()
        declared = sides[side] or {}
        if isinstance(declared, Mapping) and name not in declared:
            fix = did_you_mean(name, declared, f"Declare '{name}' under `{side}:`.")
            detail = f"The command refers to {side}.{name}, which the job does not declare."
            yield BodyProblem(path, "invalid-value", detail, fix)
