"""Special values, fingerprints and addresses."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint, canonical, digest_tree
from orchestrator.core.value import LocalFiles, Reference, Secret, Template, Unknown, leaves, mapped, plain

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


@pytest.mark.parametrize(
    "show", [str, repr, lambda s: f"{s}", lambda s: f"{Template(('k=', s))}", lambda s: canonical(plain(s))]
)
def test_no_text_form_of_a_secret_tells_it(show) -> None:
    assert "hunter2" not in show(SECRET)


def test_a_secret_is_compared_by_a_digest_that_differs_between_projects() -> None:
    assert SECRET.digest("a") == Secret("other", "hunter2").digest("a")
    assert SECRET.digest("a") != SECRET.digest("b")
    assert SECRET.digest("a") != Secret("key", "hunter3").digest("a")


def test_a_secret_is_never_pickled() -> None:
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(SECRET)


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
