"""Which resources exist in a target: ``lifecycle.targets`` and ``lifecycle.enabled``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.kind import Kinds
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, LocatedList
from orchestrator.core.value import Unknown
from orchestrator.spec.evaluate import Evaluator
from orchestrator.spec.overlay import without
from orchestrator.spec.problems import Problems


class Enablement:
    """Takes out what is not part of the chosen target.

    Runs before expressions in bodies are resolved: what does not exist in a target need not resolve there.

    Attributes:
        disabled: text of the address of everything taken out, to the place that says so.
    """

    def __init__(
        self, target: str, targets: Sequence[str], kinds: Kinds, evaluator: Evaluator, problems: Problems
    ) -> None:
        self.disabled: dict[str, Span] = {}
        self._target = target
        self._targets = targets
        self._kinds = kinds
        self._evaluator = evaluator
        self._problems = problems

    def keep(self, section: str, tree: LocatedDict) -> LocatedDict:
        """The section without what is disabled; the same object if nothing is."""
        gone = [name for name, body in tree.items() if not self._is_enabled(Address(section, name), body)]
        kept = without(tree, *gone)
        kind = self._kinds.get(section)
        for child in kind.children if kind else ():
            for field in child.fields if child.keyed else ():
                kept = self._keep_parts(section, kept, field)
        return kept

    def _keep_parts(self, section: str, tree: LocatedDict, field: str) -> LocatedDict:
        result = tree
        for name, body in tree.items():
            parts = body.get(field)
            if not isinstance(parts, LocatedDict):
                continue
            gone = [
                part for part in parts if not self._is_enabled(Address(section, name, f"{field}.{part}"), parts[part])
            ]
            if gone:
                result = tree.copy() if result is tree else result
                result[name] = body.copy()
                result[name][field] = without(parts, *gone)
        return result

    def _is_enabled(self, address: Address, body: Any) -> bool:
        lifecycle = body.get("lifecycle") if isinstance(body, LocatedDict) else None
        if not isinstance(lifecycle, LocatedDict):
            return True
        lifecycle = self._evaluator.resolve(lifecycle, lifecycle.mark)
        for key, holds in (("targets", self._in_target), ("enabled", self._enabled)):
            if key in lifecycle and not holds(lifecycle, address):
                self.disabled[str(address)] = lifecycle.value_span(key)
                return False
        return True

    def _enabled(self, lifecycle: LocatedDict, address: Address) -> bool:
        value = lifecycle["enabled"]
        if isinstance(value, bool | Unknown):
            return value is not False
        self._problems.error(
            "invalid-lifecycle",
            "'enabled' must be true or false.",
            "Use true or false, or the expression of a boolean variable.",
            lifecycle.value_span("enabled"),
            address=address,
        )
        return True

    def _in_target(self, lifecycle: LocatedDict, address: Address) -> bool:
        value = lifecycle["targets"]
        names = [value] if isinstance(value, str) else value
        if isinstance(value, Unknown):
            return True
        if not isinstance(names, list) or not all(isinstance(name, str | Unknown) for name in names):
            self._problems.error(
                "invalid-lifecycle",
                "'targets' must be a list of target names.",
                "Write `targets: [NAME]`.",
                lifecycle.value_span("targets"),
                address=address,
            )
            return True
        slip = False
        for index, name in enumerate(names):
            if isinstance(name, str) and name not in self._targets:
                slip = True
                place = value.value_span(index) if isinstance(value, LocatedList) else lifecycle.value_span("targets")
                known = ", ".join(self._targets)
                fix = did_you_mean(
                    name, self._targets, f"The spec's targets are {known}." if known else "Add `targets:`."
                )
                detail = f"The spec has no target '{name}'."
                self._problems.error("unknown-target", detail, fix, place, address=address)
        # A resource whose targets hold a slip may be meant for this one: it stays, so that its other mistakes are told as well.
        return slip or self._target in names
