"""Targets: named overlays, of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.kind import Kinds
from orchestrator.core.tree import LocatedDict, Mark
from orchestrator.spec.language import TARGET_SETTINGS, sections_of
from orchestrator.spec.problems import Problems
from orchestrator.spec.unseen import described, unseen, without


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """The chosen target.

    Attributes:
        name: empty if the spec has no targets.
        body: its overlay.
    """

    name: str
    body: LocatedDict


def choose_target(tree: LocatedDict, requested: str | None, kinds: Kinds, problems: Problems) -> TargetChoice:
    """Check all targets and choose one: the wanted one, else the default, else the only one."""
    bodies = {name: _body(name, tree, sections_of(kinds), problems) for name in tree}
    for name in tree:
        if signs := unseen(name):
            detail = f"The target '{name}' has {described(signs)}."
            problems.error("invalid-target", detail, f"Write '{without(name, signs)}'.", tree.key_marks.get(name))
    defaults = [name for name, body in bodies.items() if _is_default(body, problems)]
    for name in defaults[1:]:
        problems.error(
            "invalid-target",
            f"'{name}' is a second default target; only one is allowed.",
            f"Remove `default: true` from '{name}' or from '{defaults[0]}'.",
            bodies[name].key_marks.get("default"),
            related=[("the first default target", bodies[defaults[0]].key_marks["default"])],
        )
    if requested is not None and requested not in bodies:
        known = ", ".join(bodies) or "none"
        problems.error(
            "unknown-target",
            f"There is no target '{requested}' in the spec. Available: {known}.",
            did_you_mean(requested, bodies, "Use one of the spec's targets." if bodies else "Remove --target."),
            tree.mark if bodies else None,
        )
        return TargetChoice(requested, LocatedDict())
    name = requested or next(iter(defaults or (list(bodies) if len(bodies) == 1 else [])), "")
    if bodies and not name:
        problems.error(
            "no-default-target",
            f"No target was specified, and none of {', '.join(bodies)} is the default.",
            "Choose one with --target, or mark one with `default: true`.",
            tree.mark,
        )
    return TargetChoice(name, bodies.get(name, LocatedDict()))


def _body(name: str, tree: LocatedDict, known: Sequence[str], problems: Problems) -> LocatedDict:
    mark: Mark = tree.value_marks.get(name, tree.mark)
    body: Any = tree[name]
    if not isinstance(body, LocatedDict):
        if body is not None:
            problems.error("invalid-target", f"The target '{name}' must be a mapping.", f"Write `{name}: {{}}`.", mark)
        return LocatedDict(mark=mark)
    for key, value in body.items():
        if key not in TARGET_SETTINGS and key not in known:
            fix = did_you_mean(key, (*TARGET_SETTINGS, *known), f"Use {', '.join(TARGET_SETTINGS)} or a section.")
            problems.error(
                "unknown-key", f"'{key}' is not a section or setting of a target.", fix, body.key_marks.get(key)
            )
        elif key not in ("default", "description") and value is not None and not isinstance(value, LocatedDict):
            detail = f"'{key}' of the target '{name}' must be a mapping."
            problems.error("invalid-target", detail, f"Write `{key}: {{…}}`.", body.value_marks.get(key))
    return body


def _is_default(body: LocatedDict, problems: Problems) -> bool:
    value = body.get("default", False)
    if not isinstance(value, bool):
        problems.error(
            "invalid-target", "'default' must be true or false.", "Write true or false.", body.value_marks["default"]
        )
        return False
    return value
