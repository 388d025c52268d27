"""What the runs of a far workspace have logged is asked for when somebody looks, and kept for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from orchestrator.core.address import Address
from orchestrator.core.figures import Figures
from orchestrator.core.health import Health
from orchestrator.core.ports import Backend
from orchestrator.core.resource import Observed
from orchestrator.core.tracked import RunFile
from orchestrator.ui.far import ENDED_S, RUNNING_S, FarRuns, Kept

RUN = Observed(Address("jobs", "train"), "train-1", properties={}, health=Health.PROGRESSING)


class Far:
    """A workspace that counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.opened = 0

    @property
    def tracked(self) -> Far:
        return self

    def figures(self, run: Observed) -> Figures | None:
        self.asked.append(run.revision)
        return Figures(run_id=run.revision)

    def children(self, run: Observed) -> Sequence[Figures]:
        return [Figures(run_id="child")]

    def files(self, run: Observed) -> Sequence[RunFile]:
        return [RunFile("a", 1)]

    def file(self, run: Observed, name: str) -> Path | None:
        return Path(name)


def runs(far: Any, clock: list[float]) -> FarRuns:
    @contextmanager
    def opened() -> Iterator[Backend]:
        if isinstance(far, Far):
            far.opened += 1
        yield cast(Backend, far)

    return FarRuns(opened, Kept(lambda: clock[0]))


def test_answers_are_kept_for_as_long_as_they_stay_true() -> None:
    far, clock = Far(), [0.0]
    tracked = runs(far, clock)
    assert tracked.figures(RUN) == tracked.figures(RUN) == Figures(run_id="train-1")
    assert len(far.asked) == 1
    clock[0] += RUNNING_S
    tracked.figures(RUN)
    assert len(far.asked) == 2, "it goes on, so it is asked again"
    ended = replace(RUN, health=Health.HEALTHY)
    tracked.figures(ended)
    clock[0] += ENDED_S - 1
    tracked.figures(ended)
    assert len(far.asked) == 3, "it has ended, so nothing of it changes"
    tracked.figures(replace(ended, revision="train-2"))
    assert far.asked[-1] == "train-2"
    before = far.opened
    assert [each.run_id for each in (*tracked.children(ended), *tracked.children(ended))] == ["child", "child"]
    assert tracked.files(ended) == [RunFile("a", 1)]
    assert far.opened == before + 2
    assert tracked.file(ended, "a") == Path("a")


def test_a_workspace_that_tells_nothing_has_nothing() -> None:
    tracked = runs(object(), [0.0])
    assert (tracked.figures(RUN), list(tracked.children(RUN)), list(tracked.files(RUN))) == (None, [], [])
