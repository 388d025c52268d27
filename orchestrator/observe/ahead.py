"""Listings that begin before the state is known, so that two far places answer at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeAlias

from orchestrator.core.kind import Identity, Kinds
from orchestrator.core.ports import Backend
from orchestrator.core.project import Project
from orchestrator.core.resource import Observed
from orchestrator.core.state import State
from orchestrator.observe.observe import CONCURRENT_CALLS

Begun: TypeAlias = Mapping[str, "Future[list[Observed]]"]
"""By kind, what a listing of the workspace will give."""


@contextmanager
def listing_ahead(project: Project, backend: Backend, kinds: Kinds) -> Iterator[Begun]:
    """Begin to list each kind of the spec. Leaving waits for what was begun and drops what was not.

    Runs are left for later: one that lost its marks is found by the name on record, which only the state knows.
    """
    mentioned = {address.kind for address in project.resources} & kinds.keys()
    used = sorted(kind for kind in mentioned if kinds[kind].identity is not Identity.RUN)
    if not used:
        yield {}
        return
    pool = ThreadPoolExecutor(min(CONCURRENT_CALLS, len(used)), thread_name_prefix="ahead")
    try:
        yield {kind: pool.submit(_listed, backend, kind) for kind in used}
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def still_good(begun: Begun, project: Project, state: State) -> Begun:
    """The listings that hold for this state too: a backend may have looked for the names in the spec only."""
    left = {address.kind for address in state.applied if address not in project.resources}
    return {kind: listing for kind, listing in begun.items() if kind not in left}


def _listed(backend: Backend, kind: str) -> list[Observed]:
    return list(backend.list(kind))
