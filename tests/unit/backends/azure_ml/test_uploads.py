"""Uploads: one at a time for the same content, none for ever."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from orchestrator.backends.azure.uploads import Uploads
from orchestrator.core.errors import Conflict, TimedOut
from orchestrator.core.value import LocalFiles

ROWS = LocalFiles(Path("/rows"), "d1", "rows")
CODE = LocalFiles(Path("/code"), "d2", "code")


class Crowd:
    """Counts who is inside at the same time."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self._using = threading.Lock()
        self.together = threading.Barrier(2, timeout=10)

    def visit(self, *, meet: bool) -> None:
        with self._using:
            self.inside += 1
            self.most = max(self.most, self.inside)
        if meet:
            self.together.wait()
        with self._using:
            self.inside -= 1


def at_once(*calls: object) -> None:
    threads = [threading.Thread(target=call) for call in calls]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_the_same_content_goes_up_one_after_the_other() -> None:
    uploads, crowd = Uploads(), Crowd()
    same = [lambda: uploads.run([ROWS, CODE], "create", lambda: crowd.visit(meet=False)) for _ in range(8)]
    at_once(*same)
    assert crowd.most == 1


def test_other_content_goes_up_meanwhile() -> None:
    uploads, crowd = Uploads(), Crowd()
    at_once(
        lambda: uploads.run([ROWS], "create data.rows", lambda: crowd.visit(meet=True)),
        lambda: uploads.run([CODE], "create jobs.train", lambda: crowd.visit(meet=True)),
    )
    assert crowd.most == 2


def test_an_upload_that_never_returns_is_given_up() -> None:
    forever = threading.Event()
    with pytest.raises(TimedOut, match=r"data\.rows.*0.05 s"):
        Uploads(0.05).run([ROWS], "create data.rows", forever.wait)
    forever.set()


def test_the_calls_own_error_comes_through() -> None:
    def refused() -> None:
        raise Conflict("no")

    with pytest.raises(Conflict):
        Uploads().run([ROWS], "create", refused)


def test_without_files_the_call_is_just_made() -> None:
    here = threading.current_thread()
    assert Uploads().run([], "create", threading.current_thread) is here
