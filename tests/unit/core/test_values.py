"""Special values, fingerprints and addresses."""

from __future__ import annotations

import json
import pickle
import time
import traceback
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from pprint import pformat

import pytest

from orchestrator.core import value
from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint, canonical, digest_tree
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.value import GUESS_COST, LocalFiles, Reference, Secret, Template, Unknown, leaves, mapped, plain

MODEL = Reference(Address("models", "heart"), text="azureml:heart@latest")
SECRET = Secret("key", "hunter2")


@pytest.mark.parametrize(
    ("text", "address", "kind", "leaf"),
    [
        ("compute.cpu", Address("compute", "cpu"), "compute", "cpu"),
        ("data.iris.v1", Address("data", "iris.v1"), "data", "iris.v1"),
        ("online_endpoints.hf", Address("online_endpoints", "hf"), "online_endpoints", "hf"),
        (
            "online_endpoints.hf.deployments.blue",
            Address("online_endpoints", "hf", "deployments.blue"),
            "online_endpoints.deployments",
            "blue",
        ),
        (
            "online_endpoints.hf.traffic",
            Address("online_endpoints", "hf", "traffic"),
            "online_endpoints.traffic",
            "traffic",
        ),
    ],
)
def test_an_address_is_read_back_as_printed(text: str, address: Address, kind: str, leaf: str) -> None:
    assert Address.parse(text) == address
    assert str(address) == text
    assert (address.kind, address.leaf) == (kind, leaf)


@pytest.mark.parametrize("text", ["", "compute", "compute.", ".cpu"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected section\.name"):
        Address.parse(text)


def test_only_what_an_endpoint_contains_has_a_parent() -> None:
    assert Address.parse("online_endpoints.hf.traffic").parent == Address("online_endpoints", "hf")
    assert Address("compute", "cpu").parent is None


def _walked(thing: object, seen: set[int], depth: int = 6) -> str:
    """All that a walk over attributes, items and slots comes upon, as debuggers, loggers and serialisers walk."""
    if id(thing) in seen or not depth:
        return ""
    seen.add(id(thing))
    inner: list[object] = [getattr(thing, "__dict__", {})]
    inner += [getattr(thing, name, None) for name in dir(thing) if not name.startswith("__") and name != "reveal"]
    if isinstance(thing, dict):
        inner += [*thing, *thing.values()]
    elif isinstance(thing, list | tuple | set):
        inner += thing
    return repr(thing) + "".join(_walked(part, seen, depth - 1) for part in inner if not callable(part))


@dataclass
class Holder:
    inside: object


SHOWN: dict[str, Callable[[Secret], object]] = {
    "str": str,
    "repr": repr,
    "format": lambda s: f"{s}",
    "padded": lambda s: f"{s:>40}",
    "percent": lambda s: f"{'%s %r'}" % (s, s),
    "template": lambda s: Template(("k=", s)),
    "canonical": lambda s: canonical(plain(s)),
    "asdict": lambda s: asdict(Holder({"a": [s], "b": Template(("k=", s))})),
    "asdict of a choice": lambda s: asdict(WorkspaceChoice("azure", {"credential": {"client_secret": s}})),
    "copy": copy,
    "deepcopy": lambda s: deepcopy({"a": [s]}),
    "json with a default": lambda s: json.dumps({"a": s}, default=str),
    "json of its attributes": lambda s: json.dumps(
        {"a": s}, default=lambda o: {n: str(getattr(o, n)) for n in o.__slots__}
    ),
    "traceback": lambda s: (
        traceback.StackSummary.extract(traceback.walk_stack(None), limit=1, capture_locals=True)[0].locals
    ),
    "pprint": lambda s: pformat({"a": s}),
    "walk": lambda s: _walked(Holder(s), set()),
}
REFUSED: dict[str, Callable[[Secret], object]] = {
    "pickle": pickle.dumps,
    "pickle of what holds it": lambda s: pickle.dumps(Holder(Template((s,)))),
    "json": json.dumps,
    "json of asdict": lambda s: json.dumps(asdict(Holder(s))),
    "vars": vars,
    "getstate": lambda s: s.__getstate__(),
    "reduce": lambda s: s.__reduce__(),
    "iter": lambda s: list(s),  # type: ignore[call-overload]
    "fields": lambda s: fields(s),  # type: ignore[arg-type]
    "replace": lambda s: replace(s),  # type: ignore[type-var]
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_no_way_to_show_a_secret_tells_it(show: Callable[[Secret], object]) -> None:
    assert "hunter2" not in repr(show(SECRET))


@pytest.mark.parametrize("take", REFUSED.values(), ids=REFUSED)
def test_what_would_take_a_secret_apart_fails(take: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as refused:
        take(SECRET)
    assert "hunter2" not in str(refused.value)


def test_a_copy_of_a_secret_still_is_one() -> None:
    assert deepcopy([SECRET])[0].reveal() == asdict(Holder(SECRET))["inside"].reveal() == "hunter2"
    assert {SECRET: 1}[Secret("key", "hunter2", ("env", "KEY"))] == 1, "where it comes from is not what it is"
    with pytest.raises(AttributeError):
        SECRET.name = "other"


def test_a_digest_of_a_secret_costs_whoever_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside its key it is as good as the time of one try: HMAC and the like give millions of them a second."""
    monkeypatch.setattr(value, "GUESS_COST", GUESS_COST)  # the real one; the other tests do without
    began = time.process_time()
    for number in range(3):
        Secret("key", f"guess {number}").digest("lineage")
    assert (time.process_time() - began) / 3 > 0.01


def test_a_secret_is_compared_by_a_digest_that_differs_between_projects() -> None:
    assert SECRET.digest("a") == Secret("other", "hunter2").digest("a")
    assert SECRET.digest("a") != SECRET.digest("b")
    assert SECRET.digest("a") != Secret("key", "hunter3").digest("a")


def test_every_special_value_has_one_plain_form() -> None:
    files = LocalFiles(Path("/x/data"), "d1", "./data")
    tree = {
        "list": (1, 2.5, None, True),
        "files": files,
        "unknown": Unknown(MODEL),
        "reference": MODEL,
        "template": Template(("model=", MODEL)),
        "hidden": Template(("key=", SECRET)),
        "other": Path("x"),
    }
    assert plain(tree, "k") == {
        "list": [1, 2.5, None, True],
        "files": {"$files": "d1"},
        "unknown": {"$unknown": "azureml:heart@latest"},
        "reference": "azureml:heart@latest",
        "template": "model=azureml:heart@latest",
        "hidden": {"$template": ["key=", {"$secret": "key", "digest": SECRET.digest("k")}]},
        "other": Path("x"),
    }


def test_a_tree_is_walked_to_its_special_values() -> None:
    tree = {"a": [1, ("x", MODEL)], "b": {"c": SECRET, "d": None}, "e": True}
    assert list(leaves(tree)) == [1, "x", MODEL, SECRET, None, True]
    seen: list[object] = []

    def shown(value: object) -> str:
        seen.append(value)
        return str(value)

    expected = {"a": [1, ["x", "azureml:heart@latest"]], "b": {"c": "(secret key)", "d": None}, "e": True}
    assert mapped(tree, shown) == expected
    assert seen == [MODEL, SECRET], "plain data is nobody's business"
    assert tree["a"] == [1, ("x", MODEL)], "the tree itself stays as it was"


def test_values_print_as_people_wrote_them() -> None:
    assert str(LocalFiles(Path("/x/data"), "d1", "./data")) == "./data"
    assert str(Unknown(MODEL)) == "(known after apply)"
    assert str(Reference(Address("jobs", "train"), "outputs.model")) == "${jobs.train.outputs.model}"


def test_key_order_is_no_content() -> None:
    assert digest_tree({"a": 1, "b": [1]}) == digest_tree({"b": [1], "a": 1})
    assert digest_tree({"a": 1}) != digest_tree({"a": "1"})


def test_labels_are_no_part_of_the_identity_and_upstream_is() -> None:
    base = Fingerprint.combine("c1", [("data", "d1")], "m1")
    assert base.identity == Fingerprint.combine("c1", [("data", "d1")], "m2").identity
    assert base.identity != Fingerprint.combine("c1", [("data", "d2")], "m1").identity
    assert base.identity != Fingerprint.combine("c2", [("data", "d1")], "m1").identity
    assert base.short == base.identity[:12]


def test_the_order_of_parents_means_nothing() -> None:
    one = Fingerprint.combine("c", [("a", "1"), ("b", "2")], "")
    two = Fingerprint.combine("c", [("b", "2"), ("a", "1")], "")
    assert one == two


def test_a_tag_matches_whatever_the_labels_were() -> None:
    before = Fingerprint.combine("c" * 64, [("data", "d1")], "m1" * 32)
    after = Fingerprint.combine("c" * 64, [("data", "d1")], "m2" * 32)
    assert after.matches(before.pack())
    assert not after.matches(Fingerprint.combine("x" * 64, [("data", "d1")], "m1" * 32).pack())
    assert not after.matches(None)
    assert not after.matches("")
