"""Saved plans: what was read is what is done, and a file from elsewhere is never trusted."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.cli.saved import is_saved_plan, open_saved
from orchestrator.cli.saved_shape import misshapen
from orchestrator.core.errors import StateError
from orchestrator.core.project import LoadOptions
from tests.unit.cli.calling import SPEC, Shell


def test_a_saved_plan_is_applied_without_asking(demo: Shell) -> None:
    answer = demo("plan", "-o", "plan.json")
    assert "amlctl apply plan.json" in answer.err
    assert stat.S_IMODE((demo.folder / "plan.json").stat().st_mode) == 0o600
    assert "3 created" in demo("apply", "plan.json").out
    again = demo("apply", "plan.json", code=1).err
    assert "saved-plan-stale" in again, "done once"
    assert "before anything was applied" in again
    assert "another workspace" not in again


MOVED = [
    ("rows.csv", "x\n2\n", "a file of the spec changed"),
    ("spec.yaml", SPEC.replace("max_instances: 2", "max_instances: 3"), "the spec changed"),
    ("spec.yaml", SPEC + "  more: {image: host}\n", "the spec has more"),
]


@pytest.mark.parametrize(("file", "text", "why"), MOVED, ids=[m[2] for m in MOVED])
def test_a_plan_that_no_longer_holds_is_refused(demo: Shell, file: str, text: str, why: str) -> None:
    demo("plan", "-o", "plan.json")
    demo.write(file, text)
    answer = demo("apply", "plan.json", code=1)
    assert "saved-plan-stale" in answer.err, why
    assert not (demo.folder / ".amlctl").exists(), "nothing was done"


def test_options_of_the_plan_are_those_of_its_apply(demo: Shell) -> None:
    demo("apply", "-y")
    demo("plan", "--destroy", "-o", "gone.json")
    assert "3 deleted" in demo("apply", "gone.json").out


def test_values_of_variables_are_not_saved(demo: Shell) -> None:
    demo.write("spec.yaml", SPEC.replace("amlcompute, size: Standard_DS3_v2", "amlcompute, size: '${var.size}'") +
               "variables: {size: {type: string, required: true}}\n")  # fmt: skip
    demo("plan", "--var", "size=Standard_DS3_v2", "-o", "plan.json")
    answer = demo("apply", "plan.json", code=1)
    assert "--var size=" in answer.err
    assert "saved-plan-stale" in demo("apply", "plan.json", "--var", "size=Standard_DS4_v2", code=1).err
    assert "3 created" in demo("apply", "plan.json", "--var", "size=Standard_DS3_v2").out


def test_a_plan_that_cannot_be_saved(demo: Shell) -> None:
    answer = demo("plan", "-o", "no/such/folder/plan.json", code=1)
    assert "plan.json" in answer.err


def test_a_plan_is_no_spec(demo: Shell) -> None:
    demo("plan", "-o", "plan.json")
    assert "is a saved plan" in demo("plan", "plan.json", code=1).err


def changed(document: dict[str, Any], *path: str, to: Any) -> dict[str, Any]:
    """A copy with one value changed."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    inner: Any = copy
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = to
    return copy


FORGED = [
    (("origin",), 3, "saved-plan-invalid", "no origin"),
    (("origin", "spec"), "spec.yaml", "saved-plan-invalid", "a text for a list"),
    (("origin", "spec"), [1], "saved-plan-invalid", "a number for a path"),
    (("origin", "variables"), None, "saved-plan-invalid", "nothing for a list"),
    (("origin", "prune"), "yes", "saved-plan-invalid", "a text for a switch"),
    (("origin", "target"), 3, "saved-plan-invalid", "a number for a target"),
    (("origin", "destroy"), True, "saved-plan-stale", "another intent"),
    (("changes",), [], "saved-plan-stale", "changes left out"),
    (("changes",), 3, "saved-plan-invalid", "changes of no shape"),
    (("base",), 3, "saved-plan-invalid", "no base"),
    (("base", "serial"), 7, "saved-plan-stale", "another time"),
    (("base", "workspace"), "w", "saved-plan-stale", "another workspace"),
    (("project",), "other", "saved-plan-stale", "another project"),
    (("format",), 99, "saved-plan-stale", "another format"),
]


@pytest.mark.parametrize(("path", "value", "code", "why"), FORGED, ids=[f[3] for f in FORGED])
def test_a_plan_from_elsewhere_is_checked(demo: Shell, path: tuple[str, ...], value: Any, code: str, why: str) -> None:
    demo("plan", "-o", "plan.json")
    document = json.loads((demo.folder / "plan.json").read_text())
    demo.write("plan.json", json.dumps(changed(document, *path, to=value)))
    answer = demo("apply", "plan.json", code=1)
    assert code in answer.err, why
    assert not (demo.folder / ".amlctl").exists(), "nothing was done"


NOT_PLANS = [
    ("", "empty"),
    ("{", "cut off"),
    ("[]", "a list"),
    ("[" * 100_000, "nested without end"),
    ('{"origin": {}, "base": ' + "[" * 100_000, "nested inside"),
    ('{"a": 1}', "another object"),
    ("\x00\x01", "no text"),
]


@pytest.mark.parametrize(("text", "why"), NOT_PLANS, ids=[n[1] for n in NOT_PLANS])
def test_what_is_no_plan_is_told(demo: Shell, text: str, why: str) -> None:
    demo.write("plan.json", text)
    answer = demo("apply", "plan.json", "-y", code=1)
    assert "error" in answer.err, why
    assert not (demo.folder / ".amlctl").exists()


def test_a_plan_that_is_too_large(demo: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    demo("plan", "-o", "plan.json")
    monkeypatch.setattr("orchestrator.cli.saved._MAX_BYTES", 10)
    answer = demo("apply", "plan.json", "-y", code=1)
    assert "error" in answer.err
    assert not (demo.folder / ".amlctl").exists()


PLACES = [
    ("project", "plan.json", "project", "plan.json", "where it was made"),
    ("project", "plan.json", ".", "project/plan.json", "made inside, applied from above"),
    ("project", "plan.json", "elsewhere/deep", "../../project/plan.json", "applied from a stranger's folder"),
    (".", "out/plan.json", "elsewhere/deep", "../../out/plan.json", "kept outside the project"),
    (".", "out/plan.json", "project", "../out/plan.json", "made above, applied inside"),
]


@pytest.mark.parametrize(("made_in", "out", "applied_in", "named", "why"), PLACES, ids=[p[4] for p in PLACES])
def test_a_plan_holds_from_every_folder(
    amlctl: Shell, monkeypatch: pytest.MonkeyPatch, made_in: str, out: str, applied_in: str, named: str, why: str
) -> None:
    top = amlctl.folder
    for folder in ("project", "elsewhere/deep", "out"):
        (top / folder).mkdir(parents=True)
    amlctl.write("project/spec.yaml", SPEC)
    amlctl.write("project/rows.csv", "x\n1\n")
    monkeypatch.chdir(top / made_in)
    amlctl("plan", "spec.yaml" if made_in == "project" else "project/spec.yaml", "-o", out)
    monkeypatch.chdir(top / applied_in)
    assert "3 created" in amlctl("apply", named).out, why


def test_a_plan_holds_in_another_checkout_and_names_no_folder_of_this_machine(
    amlctl: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = amlctl.folder
    for checkout in ("agent-1/src", "agent-2/two/src"):
        amlctl.write(f"{checkout}/ml/spec.yaml", SPEC + "variables: {a: {type: string, default: x}}\n")
        amlctl.write(f"{checkout}/ml/rows.csv", "x\n1\n")
        amlctl.write(f"{checkout}/prod.yaml", "a: y\n")
    monkeypatch.chdir(top / "agent-1/src")
    amlctl("plan", "ml", "--var-file", "prod.yaml", "-o", "../plan.json")
    assert str(top) not in (top / "agent-1/plan.json").read_text()
    (top / "agent-1").rename(top / "gone")
    (top / "gone/plan.json").rename(top / "plan.json")
    monkeypatch.chdir(top / "agent-2/two/src")
    assert "3 created" in amlctl("apply", str(top / "plan.json")).out


def test_comments_and_order_do_not_matter(demo: Shell) -> None:
    demo("plan", "-o", "plan.json")
    first, rest = SPEC.split("\n", 1)
    demo.write("spec.yaml", f"# a comment\n\n{first}  # another\n# and more\n{rest}")
    assert "3 created" in demo("apply", "plan.json").out


def test_a_plan_whose_spec_is_nowhere(demo: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    demo("plan", "-o", "plan.json")
    (demo.folder / "far").mkdir()
    (demo.folder / "plan.json").rename(demo.folder / "far" / "plan.json")
    monkeypatch.chdir(demo.folder / "far")
    answer = demo("apply", "plan.json", code=1)
    assert "saved-plan-no-spec" in answer.err
    assert "spec.yaml" in answer.err


def places(tree: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Each key and index of a document, at each level."""
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, value in entries:
        yield (*at, name)
        yield from places(value, (*at, name))


DAMAGES: tuple[Any, ...] = (None, 3, True, "\x00", "\ud800", [], {}, [[]], "a" * 5000)


def test_no_damage_to_a_plan_is_more_than_a_sentence(demo: Shell) -> None:
    demo("plan", "-o", "plan.json")
    whole = (demo.folder / "plan.json").read_text()
    for place in places(json.loads(whole)):
        for damage in (None, *DAMAGES):
            document = json.loads(whole)
            inner = document
            for name in place[:-1]:
                inner = inner[name]
            if damage is None and isinstance(inner, dict):
                del inner[place[-1]]
            else:
                inner[place[-1]] = damage
            problems = misshapen(document)
            assert all(problem.startswith("`") for problem in problems)
            demo.write("plan.json", json.dumps(document))
            try:
                assert is_saved_plan(demo.folder / "plan.json")
                open_saved(demo.folder / "plan.json", LoadOptions())
            except StateError as failure:
                assert failure.code.startswith("saved-plan-") and failure.fix, (place, damage)


@pytest.mark.parametrize("key", ["target", "spec", "variables", "project_folder", "prune", "destroy"])
def test_a_plan_without_a_key_is_named(demo: Shell, key: str) -> None:
    demo("plan", "-o", "plan.json")
    document = json.loads((demo.folder / "plan.json").read_text())
    del document["origin"][key]
    demo.write("plan.json", json.dumps(document))
    answer = demo("apply", "plan.json", code=1)
    assert "saved-plan-invalid" in answer.err
    assert f"`origin.{key}` is missing" in answer.err


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_a_plan_that_was_cut_off(demo: Shell, part: float) -> None:
    demo("plan", "-o", "plan.json")
    whole = (demo.folder / "plan.json").read_text()
    demo.write("plan.json", whole[: int(len(whole) * part)])
    assert "saved-plan-invalid" in demo("apply", "plan.json", code=1).err
