"""Turns a job's command into a shell script: placeholders become paths and values, optional groups stay or go.

A value can never become a command of its own. Values of harmless characters are written out as they are, which is right
inside any kind of quotes; all others reach the shell through environment variables, expanded in place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.errors import Invalid

INPUT_PREFIX: Final = "AZURE_ML_INPUT_"
OUTPUT_PREFIX: Final = "AZURE_ML_OUTPUT_"

_GROUP = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_PLACEHOLDER = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_MEMBER = re.compile(r"(inputs|outputs)\.([A-Za-z_][A-Za-z0-9_]*)(?:\.path)?")
_HARMLESS = re.compile(r"[A-Za-z0-9_./:@%+=,-]*")


@dataclass(frozen=True, slots=True)
class Script:
    """A shell script and the variables that it needs.

    Attributes:
        text: for ``bash -c``.
        environ: variables that its placeholders stand for.
    """

    text: str
    environ: Mapping[str, str]


def render(command: str, inputs: Mapping[str, str], outputs: Mapping[str, str], literals: Collection[str]) -> Script:
    """Resolve the placeholders of a command.

    Args:
        command: with ``${{inputs.X}}``, ``${{outputs.Y}}`` and optional groups ``$[[…]]``. A group is dropped if any input in
            it has no value.
        inputs: name to path or text; an optional input without value is not in it.
        outputs: name to path.
        literals: names of inputs that are texts, not paths. A text outside of quotes is split at blanks, as the service
            does; a path stays one word.

    Raises:
        Invalid: a placeholder names nothing; the detail offers the nearest name.
    """
    environ = {INPUT_PREFIX + name: value for name, value in inputs.items()}
    environ |= {OUTPUT_PREFIX + name: value for name, value in outputs.items()}
    text = _GROUP.sub(lambda match: _group(match[1], inputs), command)
    renderer = _Renderer(inputs, outputs, literals)
    return Script(renderer.render(text), environ)


def _group(inner: str, inputs: Mapping[str, str]) -> str:
    for placeholder in _PLACEHOLDER.finditer(inner):
        member = _MEMBER.fullmatch(placeholder[1])
        if member and member[1] == "inputs" and member[2] not in inputs:
            return ""
    return inner


class _Renderer:
    """Walks through a command and keeps account of the quotes that it is in."""

    def __init__(self, inputs: Mapping[str, str], outputs: Mapping[str, str], literals: Collection[str]) -> None:
        self._values = {"inputs": inputs, "outputs": outputs}
        self._literals = literals
        self._quote = ""

    def render(self, command: str) -> str:
        parts: list[str] = []
        position = 0
        for match in _PLACEHOLDER.finditer(command):
            parts.append(command[position : match.start()])
            self._walk(parts[-1])
            parts.append(self._value(match[1]))
            position = match.end()
        return "".join([*parts, command[position:]])

    def _value(self, expression: str) -> str:
        member = _MEMBER.fullmatch(expression)
        if not member:
            raise Invalid(
                f"The command has '${{{{{expression}}}}}', which a command job cannot resolve.",
                code="unknown-placeholder",
                fix="Use ${{inputs.NAME}} or ${{outputs.NAME}}.",
            )
        side, name = member[1], member[2]
        known = self._values[side]
        if name not in known:
            fix = did_you_mean(name, known, f"Declare it under '{side}', or put it into an optional group $[[…]].")
            raise Invalid(
                f"The command refers to {side}.{name}, which has no value.", code="unknown-placeholder", fix=fix
            )
        value = known[name]
        if value and _HARMLESS.fullmatch(value):
            return value
        variable = "${" + (INPUT_PREFIX if side == "inputs" else OUTPUT_PREFIX) + name + "}"
        if self._quote == '"':
            return variable
        if self._quote == "'":
            return f"'\"{variable}\"'"
        return variable if side == "inputs" and name in self._literals else f'"{variable}"'

    def _walk(self, text: str) -> None:
        """Follow the quotes of a piece of shell text."""
        index = 0
        while index < len(text):
            character = text[index]
            if character == "\\" and self._quote != "'":
                index += 2
                continue
            if self._quote:
                self._quote = "" if character == self._quote else self._quote
            elif character in "'\"":
                self._quote = character
            elif character == "#" and (index == 0 or text[index - 1].isspace()):
                end = text.find("\n", index)
                index = len(text) if end < 0 else end
                continue
            index += 1
