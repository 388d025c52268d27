"""Order among things that depend on each other. The only importer of networkx, and lazily: plans do not need it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


class Cycle(Exception):
    """The nodes depend on each other in a circle.

    Attributes:
        nodes: the circle in order: each depends on the next, the last on the first.
    """

    def __init__(self, nodes: tuple[Hashable, ...]) -> None:
        super().__init__(" → ".join(str(node) for node in (*nodes, nodes[0])))
        self.nodes = nodes


def order(edges: Mapping[Node, Iterable[Node]]) -> list[Node]:
    """Sort so that everything comes after what it depends on; otherwise in the mapping's own order.

    Args:
        edges: node to the nodes it depends on. Targets that are not keys are left out.

    Raises:
        Cycle: they depend on each other in a circle.
    """
    needs = {
        node: {target for target in targets if target in edges and target != node} for node, targets in edges.items()
    }
    for node, targets in edges.items():
        if node in targets:
            raise Cycle((node,))
    followers: dict[Node, list[Node]] = {}
    waiting: dict[Node, int] = {}
    ready: list[Node] = []
    for node, targets in needs.items():
        waiting[node] = len(targets)
        if not targets:
            ready.append(node)
        for target in targets:
            followers.setdefault(target, []).append(node)
    done: list[Node] = []
    while ready:
        following: list[Node] = []
        for node in ready:
            done.append(node)
            for follower in followers.get(node, ()):
                waiting[follower] -= 1
                if not waiting[follower]:
                    following.append(follower)
        ready = following
    if len(done) < len(needs):
        placed = set(done)
        raise Cycle(_find_cycle({node: targets for node, targets in needs.items() if node not in placed}))
    return done


def _find_cycle(edges: Mapping[Node, Iterable[Node]]) -> tuple[Node, ...]:
    import networkx

    # sorted, because the order of a set differs from run to run, and the same mistake must give the same message
    graph = networkx.DiGraph([(node, target) for node, targets in edges.items() for target in sorted(targets, key=str)])
    return tuple(edge[0] for edge in networkx.find_cycle(graph))


def closure(starts: Iterable[Node], edges: Mapping[Node, Iterable[Node]]) -> set[Node]:
    """Everything that can be reached from the starts, the starts included."""
    seen: set[Node] = set()
    stack = list(starts)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(edges.get(node, ()))
    return seen


def reverse(edges: Mapping[Node, Iterable[Node]]) -> dict[Node, set[Node]]:
    """The same edges the other way round; every node is a key."""
    turned: dict[Node, set[Node]] = {node: set() for node in edges}
    for node, targets in edges.items():
        for target in targets:
            turned.setdefault(target, set()).add(node)
    return turned
