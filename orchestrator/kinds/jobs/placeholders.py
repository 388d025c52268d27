"""What a command mentions must be declared: the service refuses such a job when it is submitted, we do before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.kind import BodyProblem

_OPTIONAL: Final = re.compile(r"\$\[\[.*?\]\]", re.DOTALL)
_MENTION: Final = re.compile(r"\$\{\{\s*([^}]*?)\s*\}\}")
_MEMBER: Final = re.compile(r"(inputs|outputs)\.(\w+)(?:\.path)?")


def unfilled(variant: str, body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """Mentions in a command that nothing fills in; what stands in an optional group ``$[[…]]`` may be missing.

    Source: Azure ML CLI v2 YAML reference, expressions in command jobs.
    """
    command = body.get("command")
    if variant != "command" or not isinstance(command, str):
        return
    for expression in dict.fromkeys(_MENTION.findall(_OPTIONAL.sub("", command))):
        member = _MEMBER.fullmatch(expression)
        if member is None:
            detail = f"A command cannot mention '${{{{{expression}}}}}': it knows its inputs and outputs only."
            yield BodyProblem(("command",), "invalid-value", detail, "Use ${{inputs.NAME}} or ${{outputs.NAME}}.")
            continue
        side, name = member.groups()
        declared = body.get(side) or {}
        if isinstance(declared, Mapping) and name not in declared:
            fix = did_you_mean(name, declared, f"Declare '{name}' under `{side}:`.")
            detail = f"The command mentions {side}.{name}, which the job does not declare."
            yield BodyProblem(("command",), "invalid-value", detail, fix)
