"""Which steps of a pipeline an apply will not run again: told before anything runs.

A step that is as it was in the last completed run of its pipeline, down to what it reads, is reused. The comparison is on the safe
side: what cannot be told before the run counts as changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.backends.local.bodies import to_observed
from orchestrator.core.address import Address
from orchestrator.core.health import Health
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired
from orchestrator.core.value import LocalFiles, Reference, opened
from orchestrator.workspace.service import Record, RecordKey, Workspace, expressions

STEPS: Final = "jobs"

_PROGRAMS: Final = ("component", "trial")
_COMPONENT: Final = ("name", "version", "$schema", "is_deterministic")
_OF_RUN: Final = re.compile(r"azureml://[^/]+/(?P<run>[^/]+)/outputs/(?P<rest>.+)")
_VERSION: Final = re.compile(r"azureml:[^:@/]+:(?P<version>[^@/]+)")
_DEPTH: Final = 8


def reuse_notes(desired: Desired, resources: Mapping[Any, Desired], workspace: Workspace) -> Iterator[Refusal]:
    """One line for a pipeline some of whose steps will be reused. Nothing is said where none will, or all."""
    body = opened(desired.properties)
    before = workspace.latest(desired.address.kind, str(desired.address))
    if not isinstance(body.get(STEPS), Mapping) or before is None or before.health is not Health.HEALTHY:
        return
    unchanged = _Comparison(resources, workspace).unchanged(body, _plain(before))
    steps = [name for name, node in body[STEPS].items() if not expressions.decides(node)]
    unchanged = [name for name in steps if name in unchanged]
    others = [name for name in steps if name not in unchanged]
    if unchanged and others:
        yield Refusal(
            f"{desired.address}: {len(unchanged)} of {len(steps)} steps reused if it runs ({', '.join(unchanged)}); "
            f"{', '.join(others)} run{'' if len(others) > 1 else 's'} again",
            (STEPS,),
            "Nothing to do. To run all steps again, set settings.force_rerun: true.",
            stops=False,
        )


def _plain(record: Record) -> Mapping[str, Any]:
    return to_observed(record, None).properties


class _Comparison:
    """Compares what a spec says with what a record has.

    Args:
        resources: everything in the spec.
        workspace: for what records mention.
    """

    def __init__(self, resources: Mapping[Any, Desired], workspace: Workspace) -> None:
        self._resources = resources
        self._workspace = workspace

    def unchanged(self, body: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
        """The steps that are what they were, and read what they read, in the order of the body."""
        then: Mapping[str, Any] = before.get(STEPS) or {}
        if (body.get("settings") or {}).get("force_rerun"):
            return []
        inputs, old = body.get("inputs") or {}, before.get("inputs") or {}
        moved = {str(name) for name in {*inputs, *old} if not self._same(inputs.get(name), old.get(name))}
        changed = {name for name, node in body[STEPS].items() if not self._same_step(node, then.get(name))}
        needs = {name: expressions.flows(node) for name, node in body[STEPS].items()}
        for name, node in body[STEPS].items():
            for step in expressions.decides(node) & needs.keys():
                needs[step][1].add(name)
                needs[name][1].update({step} if expressions.repeats(node) else ())
        changed |= {name for name, (given, _) in needs.items() if given & moved}
        while further := {name for name, (_, steps) in needs.items() if name not in changed and steps & changed}:
            changed |= further
        return [name for name in body[STEPS] if name not in changed]

    def _same_step(self, node: Any, then: Any) -> bool:
        if not isinstance(node, Mapping) or not isinstance(then, Mapping):
            return False
        holders = [node, *filter(None, (self._body(node.get(name)) for name in _PROGRAMS))]
        if any(holder.get("is_deterministic") is False for holder in holders):
            return False
        return self._same(_essence(node), _essence(then))

    def _body(self, said: Any) -> Mapping[str, Any] | None:
        """The component of a step, as the spec has it."""
        if isinstance(said, Reference):
            desired = self._resources.get(said.target)
            return None if desired is None else desired.properties
        return said if isinstance(said, Mapping) else None

    def _same(self, value: Any, then: Any, depth: int = _DEPTH) -> bool:
        if depth == 0:
            return False
        if isinstance(value, LocalFiles):
            return bool(then == {"$files": value.digest})
        if isinstance(value, Reference):
            return self._same_target(value, then, depth)
        if isinstance(value, Mapping) and isinstance(then, Mapping):
            names = {name for name in {*value, *then} if value.get(name) is not None or then.get(name) is not None}
            return all(self._same(value.get(name), then.get(name), depth) for name in names)
        if isinstance(value, list | tuple) and isinstance(then, list | tuple):
            return len(value) == len(then) and all(
                self._same(one, other, depth) for one, other in zip(value, then, strict=True)
            )
        return bool(value == then) or (isinstance(value, str | int | float) and str(value) == str(then))

    def _same_target(self, value: Reference, then: Any, depth: int) -> bool:
        """Whether what is mentioned is still what the record has pinned."""
        record = self._recorded(value.target, str(then))
        if record is None:
            return False
        if value.external:
            newest = self._workspace.latest(record.kind, record.address)
            return value.text == then or (newest is not None and newest.revision == record.revision)
        desired = self._resources.get(value.target)
        if desired is None or (desired.version or record.revision) != record.revision:
            return False
        return self._same(_labelless(opened(desired.properties)), _labelless(_plain(record)), depth - 1)

    def _recorded(self, target: Address, then: str) -> Record | None:
        if match := _OF_RUN.fullmatch(then):
            return self._workspace.find(target.kind, match["run"])
        match = _VERSION.fullmatch(then)
        return None if match is None else self._workspace.get(RecordKey(target.kind, str(target), match["version"]))


def _essence(node: Mapping[str, Any]) -> dict[str, Any]:
    """A step without what says only how it is shown and where it runs. The limits of a loop say how often it runs."""
    if expressions.decides(node):
        return dict(node)
    said = {name: value for name, value in node.items() if name not in expressions.STEP_LABELS}
    for name in _PROGRAMS:
        if isinstance(said.get(name), Mapping):
            inner = said[name]
            said[name] = {
                key: item for key, item in inner.items() if key not in (*expressions.STEP_LABELS, *_COMPONENT)
            }
    return said


def _labelless(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in (*expressions.STEP_LABELS, "version")}
