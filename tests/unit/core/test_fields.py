"""Which marks a place of a body bears."""

from __future__ import annotations

from typing import Annotated

from orchestrator.core.field_mark import Immutable, Metadata, RunSetting, Sensitive
from orchestrator.core.fields import marks_along, node_of
from orchestrator.core.kind import Spec


class Inner(Spec):
    secret: Annotated[str | None, Sensitive("never shown")] = None
    size: str | None = None


class Other(Spec):
    width: Annotated[int, Immutable("fixed")] = 1


class Body(Spec):
    tags: Annotated[dict[str, str] | None, Metadata("a label")] = None
    inner: Annotated[Inner | Other | None, RunSetting("where it runs")] = None
    items: list[Inner] | None = None
    named: dict[str, Inner] | None = None
    colours: Annotated[set[str] | None, Metadata("no order")] = None


def kinds_of(*path: str | int) -> list[str]:
    return [type(mark).__name__ for mark in marks_along(node_of(Body), path)]


def test_marks_of_the_way_to_a_field_add_up() -> None:
    assert kinds_of("tags", "team") == ["Metadata"]
    assert kinds_of("inner", "secret") == ["RunSetting", "Sensitive"]


def test_members_of_a_union_share_one_field_tree() -> None:
    assert kinds_of("inner", "width") == ["RunSetting", "Immutable"]


def test_items_of_lists_and_mappings_are_found() -> None:
    assert kinds_of("items", 3, "secret") == ["Sensitive"]
    assert kinds_of("named", "anything", "secret") == ["Sensitive"]


def test_an_unknown_path_bears_no_mark() -> None:
    assert kinds_of("nothing", "below", 0) == []


def test_a_mark_is_found_by_its_type() -> None:
    node = node_of(Body).child("tags")
    assert node.mark(Metadata).reason == "a label"
    assert node.mark(Immutable) is None


def test_a_set_is_one_value() -> None:
    assert kinds_of("colours") == ["Metadata"]
    assert kinds_of("colours", 0) == ["Metadata"], "what is inside bears no marks of its own"
