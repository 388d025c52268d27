"""Three-way comparison: what each field's marks make of a difference."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.core.change import ABSENT, Action
from orchestrator.core.fields import node_of
from orchestrator.core.kind import Identity
from orchestrator.core.tree import dotted
from orchestrator.planning.diff import differences
from orchestrator.planning.marks import DiffPolicy
from orchestrator.report.reasons import field_reason
from tests.unit.planning.toys import Machine, Table

NAMED = DiffPolicy(node_of(Machine), Identity.NAMED)
VERSIONED = DiffPolicy(node_of(Table), Identity.VERSIONED)
RUN = DiffPolicy(node_of(Table), Identity.RUN)
SECRET = {"$secret": "S", "digest": "1"}
OTHER_SECRET = {"$secret": "S", "digest": "2"}


@pytest.mark.parametrize(
    ("why", "desired", "applied", "observed", "expected"),
    [
        ("all agree", {"nodes": 3}, {"nodes": 3}, {"nodes": 3}, []),
        ("fields that the spec never wrote belong to the service", {}, {}, {"nodes": 3}, []),
        ("the spec changed", {"nodes": 4}, {"nodes": 3}, {"nodes": 3}, [("nodes", Action.UPDATE, "changed")]),
        ("somebody else changed it", {"nodes": 3}, {"nodes": 3}, {"nodes": 5}, [("nodes", Action.UPDATE, "drift")]),
        (
            "both did, alike",
            {"nodes": 4},
            {"nodes": 3},
            {"nodes": 4},
            [("nodes", Action.NOOP, "already applied in the workspace")],
        ),
        ("written for the first time", {"nodes": 4}, {}, {"nodes": 1}, [("nodes", Action.UPDATE, "added")]),
        ("removed from the spec", {}, {"nodes": 3}, {"nodes": 3}, [("nodes", Action.UPDATE, "removed")]),
        ("left the spec and the workspace", {}, {"nodes": 3}, {}, []),
        ("null is as if it were not there", {"nodes": None}, {}, {}, []),
        ("null in the spec leaves it to the service", {"nodes": None}, {"nodes": None}, {"nodes": 2}, []),
        ("an alias means the same", {"size": "d2"}, {"size": "D2"}, {"size": "D2"}, []),
        (
            "an alias of another value",
            {"size": "d4"},
            {"size": "D2"},
            {"size": "D2"},
            [("size", Action.REPLACE, "immutable: machines keep their size")],
        ),
        (
            "changed outside where nothing can be changed",
            {"size": "D2"},
            {"size": "D2"},
            {"size": "D4"},
            [("size", Action.REPLACE, "immutable: machines keep their size")],
        ),
        (
            "not returned by the service",
            {"size": "D2"},
            {"size": "D2"},
            {},
            [("size", Action.NOOP, "not returned by the service and cannot be changed in place")],
        ),
        (
            "the service decides",
            {"principal": "1"},
            {},
            {"principal": "2"},
            [("principal", Action.NOOP, "computed: made by the service")],
        ),
        (
            "a service value is left to the service",
            {},
            {"idle": 60},
            {"idle": 60},
            [("idle", Action.NOOP, "set by the service: the service waits two minutes")],
        ),
        ("secrets are compared with what was written", {"password": SECRET}, {"password": SECRET}, {}, []),
        (
            "another secret",
            {"password": OTHER_SECRET},
            {"password": SECRET},
            {},
            [("password", Action.UPDATE, "changed")],
        ),
        ("a secret that left the spec", {}, {"password": SECRET}, {}, [("password", Action.UPDATE, "removed")]),
        (
            "bytes are compared with what was written",
            {"nodes": {"$files": "2"}},
            {"nodes": {"$files": "1"}},
            {"nodes": "a/path"},
            [("nodes", Action.UPDATE, "changed")],
        ),
        (
            "a label",
            {"tags": {"a": "1"}},
            {"tags": {}},
            {"tags": {}},
            [("tags.a", Action.UPDATE, "metadata: tags are labels only")],
        ),
        (
            "a label changed outside",
            {"tags": {"a": "1"}},
            {"tags": {"a": "1"}},
            {"tags": {"a": "2", "b": "3"}},
            [("tags.a", Action.UPDATE, "drift")],
        ),
        (
            "all labels removed",
            {},
            {"tags": {"a": "1"}},
            {"tags": {"a": "1", "b": "2"}},
            [("tags.a", Action.UPDATE, "metadata: tags are labels only")],
        ),
        (
            "inside a mapping only what differs",
            {"limits": {"a": 1, "b": 2}},
            {"limits": {"a": 1, "b": 1}},
            {"limits": {"a": 1, "b": 1, "c": 0}},
            [("limits.b", Action.UPDATE, "changed")],
        ),
        (
            "a list of one length, by position",
            {"zones": ["1", "2"]},
            {"zones": ["1", "3"]},
            {"zones": ["1", "3"]},
            [("zones[1]", Action.UPDATE, "changed")],
        ),
        (
            "lists of other lengths, as a whole",
            {"zones": ["1"]},
            {"zones": ["1", "3"]},
            {"zones": ["1", "3"]},
            [("zones", Action.UPDATE, "changed")],
        ),
        ("a list where there was none", {"zones": ["1"]}, {}, {}, [("zones", Action.UPDATE, "added")]),
        ("an empty list is as if it were not there", {"zones": []}, {}, {}, []),
        (
            "a list without order",
            {"users": [{"id": "a"}, {"id": "b"}]},
            {"users": [{"id": "b"}, {"id": "a"}]},
            {"users": [{"id": "b"}, {"id": "a"}, {"id": "c"}]},
            [],
        ),
        (
            "an item of a list without order",
            {"users": [{"id": "a", "role": "x"}]},
            {"users": [{"id": "a", "role": "y"}]},
            {"users": [{"id": "a", "role": "y"}]},
            [("users.a.role", Action.UPDATE, "changed")],
        ),
        (
            "items without their key tell themselves apart",
            {"users": [{"x": 1}, "text"]},
            {"users": ["text"]},
            {"users": ["text"]},
            [('users.{"x":1}.x', Action.UPDATE, "added")],
        ),
        (
            "a mapping in place of a scalar",
            {"limits": {"a": 1}},
            {"limits": "none"},
            {"limits": "none"},
            [("limits", Action.UPDATE, "changed")],
        ),
    ],
)
def test_named(why: str, desired: Any, applied: Any, observed: Any, expected: list[tuple[str, Action, str]]) -> None:
    assert told(desired, applied, observed, NAMED) == expected, why


def told(desired: Any, applied: Any, observed: Any, policy: DiffPolicy) -> list[tuple[str, Action, str]]:
    return [(dotted(f.path), f.action, field_reason(f)) for f in differences(desired, applied, observed, policy)]


@pytest.mark.parametrize(
    ("why", "policy", "desired", "applied", "observed", "expected"),
    [
        (
            "content of a version",
            VERSIONED,
            {"path": "b"},
            {"path": "a"},
            {"path": "a"},
            [("path", Action.REVISE, "content")],
        ),
        ("content of a run", RUN, {"path": "b"}, {"path": "a"}, {"path": "a"}, [("path", Action.RUN, "content")]),
        ("a version's own body never changes", VERSIONED, {"path": "a"}, {"path": "a"}, {"path": "uploaded/a"}, []),
        (
            "a run setting",
            RUN,
            {"mode": "b"},
            {"mode": "a"},
            {"mode": "a"},
            [("mode", Action.NOOP, "run setting: how it is read")],
        ),
        (
            "labels of a version are compared with what is there",
            VERSIONED,
            {"tags": {"a": "1"}},
            {"tags": {"a": "1"}},
            {},
            [("tags.a", Action.UPDATE, "drift")],
        ),
        ("a field that the model does not know", VERSIONED, {"new": 1}, {}, {}, [("new", Action.REVISE, "content")]),
    ],
)
def test_versions_and_runs(
    why: str, policy: DiffPolicy, desired: Any, applied: Any, observed: Any, expected: Any
) -> None:
    assert told(desired, applied, observed, policy) == expected, why


@pytest.mark.parametrize(
    ("ignore", "expected"),
    [
        ("nodes", [("nodes", Action.NOOP, "ignored: lifecycle.ignore"), ("limits.a", Action.UPDATE, "drift")]),
        ("limits", [("nodes", Action.UPDATE, "drift"), ("limits.a", Action.NOOP, "ignored: lifecycle.ignore")]),
        ("limits.a", [("nodes", Action.UPDATE, "drift"), ("limits.a", Action.NOOP, "ignored: lifecycle.ignore")]),
    ],
)
def test_ignored_fields_are_left_to_others(ignore: str, expected: list[tuple[str, Action, str]]) -> None:
    wish = {"nodes": 1, "limits": {"a": 1}}
    policy = DiffPolicy(node_of(Machine), Identity.NAMED, frozenset({ignore}))
    assert told(wish, wish, {"nodes": 2, "limits": {"a": 2}}, policy) == expected


def test_without_a_record_spec_and_workspace_are_compared() -> None:
    policy = DiffPolicy(node_of(Machine), Identity.NAMED, recorded=False)
    wish = {"nodes": 1, "size": "D2", "password": SECRET, "zones": ["1"]}
    assert told(wish, {}, {"nodes": 1, "size": "d2", "zones": ["2"]}, policy) == [
        ("password", Action.UPDATE, "cannot be read back"),
        ("zones[0]", Action.UPDATE, "differs"),
    ]
    assert told({"path": "b"}, {}, {"path": "a"}, DiffPolicy(node_of(Table), Identity.RUN, recorded=False)) == []


def test_a_field_change_shows_all_three_sides() -> None:
    (change,) = differences({"nodes": 4}, {}, {"nodes": 1}, NAMED)
    assert (change.desired, change.applied, change.observed) == (4, ABSENT, 1)
    assert not change.drift
