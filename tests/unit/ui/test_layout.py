"""Where boxes stand and lines run."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.report.graph import FILLS, Drawing
from orchestrator.ui.graph import Node, graph_svg
from orchestrator.ui.layout import HEIGHT, WIDTH, lay_out
from orchestrator.ui.picture import picture


@st.composite
def graphs(draw: st.DrawFn) -> dict[Address, set[Address]]:
    count = draw(st.integers(0, 40))
    names = [Address("data", f"n{number}") for number in range(count)]
    pairs = [(low, high) for low, high in combinations(range(count), 2)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=80)) if pairs else []
    needs: dict[Address, set[Address]] = {name: set() for name in names}
    for low, high in chosen:
        needs[names[high]].add(names[low])
    return needs


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_boxes_never_overlap_and_lines_go_around_them(needs: dict[Address, set[Address]]) -> None:
    layout = lay_out(needs)
    assert set(layout.boxes) == set(needs)
    for (_, (x1, y1)), (_, (x2, y2)) in combinations(layout.boxes.items(), 2):
        assert abs(x1 - x2) >= WIDTH or abs(y1 - y2) >= HEIGHT
    assert sorted((line.start, line.end) for line in layout.lines) == sorted(
        (need, at) for at, wanted in needs.items() for need in wanted
    )
    for line in layout.lines:
        stations = [layout.boxes[line.start][0], *(x for x, _ in line.passes), layout.boxes[line.end][0]]
        assert stations == sorted(set(stations))  # from left to right, so only a column's boxes can be in the way
        for x, y in line.passes:
            beside = [top for left, top in layout.boxes.values() if left == x]
            assert all(not top - 2 < y < top + HEIGHT + 2 for top in beside)
    for x, y in layout.boxes.values():
        assert 0 <= x <= layout.width - WIDTH
        assert 0 <= y <= layout.height - HEIGHT
    assert lay_out(needs) == layout


def test_a_picture_of_the_command_line_needs_no_style_sheet() -> None:
    train, rows = Address("jobs", "train"), Address("data", "<rows>" * 9)
    text = picture(Drawing({rows: (), train: (rows,)}, {train: Action.RUN}))
    ElementTree.fromstring(text)
    assert "class=" not in text and "<rows>" not in text
    assert text.count("marker-end") == 1 and "run · jobs" in text and FILLS[Action.RUN] in text
    assert picture(Drawing({})).startswith("<svg")


def test_names_in_a_picture_are_text() -> None:
    evil = Address("data", '"><script>alert(1)</script>')
    picture = graph_svg({evil: ()}, {evil: Node("/x?\"'<", "a <b> & 'c'", "healthy", "noop")})
    assert "<script" not in picture
    assert "<b>" not in picture
    assert "'c'" not in picture
