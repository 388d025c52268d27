"""What the page of a dashboard shows, with the places and sizes of its charts worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

BAR: Final = 360.0
"""Width of the longest bar, in the units of the drawing."""

_MOST_BARS: Final = 20
_MOST_ROWS: Final = 20
_LEVELS: Final = 10
"""Shades of the heat map."""

_NODE: Final = (190, 64)
"""Width and height of a node of the tree with the room around it."""


def shown(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The context of the page."""
    parts = [_KINDS[one["kind"]](one, tree) for one in tree["insights"]]
    matrix = tree.get("confusion")
    return {**tree, "parts": parts, "confusion": matrix and {**matrix, "most": max(map(max, matrix["rows"])) or 1}}


def bars(values: Mapping[str, float], most: int = _MOST_BARS, *, ranked: bool = True) -> list[dict[str, Any]]:
    """Bars for numbers, the longest first unless they have an order of their own."""
    pairs = list(values.items())
    chosen = (sorted(pairs, key=lambda pair: -abs(pair[1])) if ranked else pairs)[:most]
    longest = max((abs(value) for _, value in chosen), default=0.0) or 1.0
    return [
        {"name": name, "value": value, "width": round(abs(value) / longest * BAR, 1), "negative": value < 0}
        for name, value in chosen
    ]


def _explanation(one: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    rows = [
        {"row": place, "bars": bars(dict(zip(one["features"], values[0], strict=True)), 8)}
        for place, values in enumerate(one["local"][:_MOST_ROWS])
    ]
    outputs = [{"name": name, "bars": bars(values)} for name, values in one["by_output"].items()]
    return {**one, "bars": bars(one["global"]), "rows": rows, "by_output": outputs if len(outputs) > 1 else []}


def _error_analysis(one: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    nodes = _placed(one["tree"])
    worst = max((node["rate"] for node in one["tree"]), default=0.0) or 1.0
    for node in nodes:
        node["level"] = _level(node["rate"], worst)
    matrix = one["matrix"]
    highest = max((cell["rate"] for line in matrix["cells"] for cell in line), default=0.0) or 1.0
    cells = [[{**cell, "level": _level(cell["rate"], highest)} for cell in line] for line in matrix["cells"]]
    size = {"width": max(node["x"] for node in nodes) + _NODE[0], "height": max(n["y"] for n in nodes) + _NODE[1] + 10}
    by_place = {node["id"]: node for node in nodes}
    lines = [(by_place[node["parent"]], node) for node in nodes if node["parent"] is not None]
    return {**one, "nodes": nodes, "lines": lines, "size": size, "matrix": {**matrix, "cells": cells}}


def _level(value: float, most: float) -> int:
    return min(_LEVELS - 1, int(value / most * (_LEVELS - 1) + 0.5))


def _placed(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The nodes with a place for each: leaves side by side, parents between their children."""
    children: dict[Any, list[int]] = {}
    for node in nodes:
        children.setdefault(node["parent"], []).append(node["id"])
    places: dict[int, tuple[float, int]] = {}
    free = 0.0

    def place(node: int, depth: int) -> float:
        nonlocal free
        below = [place(child, depth + 1) for child in children.get(node, [])]
        if not below:
            free += _NODE[0]
        across = sum(below) / len(below) if below else free - _NODE[0]
        places[node] = (across, depth)
        return across

    place(nodes[0]["id"], 0)
    return [
        {**node, "x": round(places[node["id"]][0], 1), "y": places[node["id"]][1] * (_NODE[1] + 36)} for node in nodes
    ]


def _counterfactual(one: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "bars": bars(one["importance"]), "rows": one["rows"][:_MOST_ROWS]}


def _causal(one: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    effects = one["effects"]
    ends = [abs(effect[end]) for effect in effects for end in ("ci_lower", "ci_upper")]
    half = max(ends, default=0.0) or 1.0

    def across(value: float) -> float:
        return round(BAR / 2 * (1 + value / half), 1)

    drawn = [
        {**effect, "low": across(effect["ci_lower"]), "high": across(effect["ci_upper"]), "at": across(effect["point"])}
        for effect in effects
    ]
    return {**one, "effects": drawn, "middle": BAR / 2}


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]]] = {
    "explanation": _explanation,
    "error_analysis": _error_analysis,
    "counterfactual": _counterfactual,
    "causal": _causal,
}
