"""Order, rings and closures."""

import pytest

from orchestrator.core.graph import Cycle, closure, order, reverse


def test_everything_comes_after_what_it_depends_on() -> None:
    assert order({"deploy": ["model"], "model": ["train"], "train": []}) == ["train", "model", "deploy"]


def test_a_ring_is_named_in_full() -> None:
    with pytest.raises(Cycle) as caught:
        order({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]})
    assert set(caught.value.nodes) == {"a", "b", "c"}


def test_a_node_that_needs_itself_is_a_ring() -> None:
    with pytest.raises(Cycle) as caught:
        order({"a": ["a"]})
    assert caught.value.nodes == ("a",)


def test_closure_follows_edges_and_reverse_turns_them() -> None:
    edges = {"c": ["b"], "b": ["a"], "a": []}
    assert closure(["b"], edges) == {"a", "b"}
    assert closure(["b"], reverse(edges)) == {"b", "c"}
