"""Located trees: positions follow their values."""

from __future__ import annotations

from orchestrator.core.span import NOWHERE, Span
from orchestrator.core.tree import LocatedDict, LocatedList, dotted, span_at, value_at


def mark(line: int) -> tuple[str, int, int, int, int]:
    return ("s.yaml", line, 1, line, 9)


def tree() -> LocatedDict:
    items = LocatedList((), mark(4))
    items.append_at("a", mark(5))
    limits = LocatedDict((), mark(3))
    limits.put("trials", items, mark(30), mark(4))
    root = LocatedDict((), mark(1))
    root.put("limits", limits, mark(2), mark(3))
    return root


def test_a_path_leads_to_the_value_or_its_key() -> None:
    assert span_at(tree(), ("limits", "trials", 0)).line == 5
    assert span_at(tree(), ("limits", "trials")).line == 4
    assert span_at(tree(), ("limits", "trials"), key=True).line == 30


def test_a_missing_field_is_placed_at_the_mapping_that_lacks_it() -> None:
    assert span_at(tree(), ("limits", "nothing", "below")).line == 3
    assert span_at(tree(), ("limits", "trials", 7)).line == 4
    assert span_at({"plain": 1}, ("plain",)) == NOWHERE


def test_a_member_taken_from_another_file_keeps_its_place() -> None:
    overlay = LocatedDict((), ("other.yaml", 8, 1, 8, 2))
    overlay.put("size", "big", ("other.yaml", 9, 1, 9, 5), ("other.yaml", 9, 7, 9, 10))
    root = tree()
    root.take("size", overlay)
    assert root.value_span("size") == Span("other.yaml", 9, 7, 9, 10)


def test_a_copy_has_places_of_its_own() -> None:
    root = tree()
    twin = root.copy()
    twin.put("new", 1, None, None)
    assert "new" not in root
    assert twin.key_span("new").line == 1
    items = root["limits"]["trials"].copy()
    items.append_at("b", None)
    assert items.value_span(1).line == 4
    assert len(root["limits"]["trials"]) == 1
    assert items.value_span(9).line == 4


def test_values_are_found_by_path_or_defaulted() -> None:
    assert value_at(tree(), ("limits", "trials", 0)) == "a"
    assert value_at(tree(), ("limits", "trials", 3), "none") == "none"
    assert value_at(tree(), ("limits", "trials", 0, "x")) is None


def test_paths_are_printed_as_people_write_them() -> None:
    assert dotted(("limits", "trials", 0, "name")) == "limits.trials[0].name"
    assert dotted(()) == ""
