"""Members that may be set when a resource is made and not be changed afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.backends.azure.specification.refusals import OPEN, change
from orchestrator.backends.azure.specification.shapes import Model, alternatives, is_model, shape
from orchestrator.backends.azure.specification.values import chosen
from orchestrator.core.service_rules import BrokenRule, RuleSource

_TAKEN: Final = ("protocol",)
"""Members that clients change in place although the models say that they are set once. Assumed to be taken."""


def forbidden_changes(sent: Any, present: Any, model: Model, path: str = "") -> Iterator[BrokenRule]:
    """What a request would change and must not.

    Args:
        sent: the body.
        present: the resource as it is.
        model: of both.
    """
    if not isinstance(sent, Mapping) or not isinstance(present, Mapping):
        return
    for member in shape(chosen(sent, model)).members.values():
        new, old = sent.get(member.name), present.get(member.name)
        at = f"{path}.{member.name}" if path else member.name
        if new is None or old is None or not member.settable:
            continue
        inner = next((option for option in alternatives(member.hint) if is_model(option)), None)
        if inner is not None and member.name == "properties":  # a part, such as the code, is exchanged as a whole
            yield from forbidden_changes(new, old, inner, at)
        elif (
            not member.updatable
            and member.name not in _TAKEN
            and _scalar(new)
            and _scalar(old)
            and OPEN not in (old, new)
            and _folded(new) != _folded(old)
        ):
            yield change(at, old, new, RuleSource.SPECIFIED)


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _folded(value: Any) -> str:
    """Clients spell enumerations and addresses of resources in any case."""
    return str(value).lower().rstrip("/")
