"""Harm done at random to a real workspace, and what must hold after each of it. Used by `test_chaos` and by ``benchmarks.chaos``."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from tests.e2e.project import Caller, Project, processes_of
from tests.e2e.specs import training
from tests.waiting import wait_for

ENDPOINT = "online_endpoints.totals"
KEPT = {"jobs": 1, "models": 1, "data": 1}
"""Nothing is made a second time, whatever happens."""


class Chaos:
    """One workspace, harmed again and again.

    Args:
        folder: for the project.
        seed: the same seed does the same harm.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._random = Random(seed)
        self.project = training(Project.with_spec(folder / "p", ""))
        self.project.apply()
        self._url = self.project.status()[ENDPOINT]["urls"]["scoring"]
        self._copies = folder / "copies"

    @property
    def harms(self) -> dict[str, Callable[[], None]]:
        """What can be done to it, by name."""
        return {
            "kill the apply": self._kill_the_apply,
            "kill a process": self._kill_a_process,
            "power cut": self._power_cut,
            "down while it comes up": self._race,
            "copy": self._copy,
            "callers who leave": self._leave,
            "callers who are slow": self._slow,
            "content deleted": self._lose_content,
        }

    def round(self, name: str = "") -> str:
        """Do one harm, and check that the next apply makes everything right.

        Returns:
            The harm's name.

        Raises:
            AssertionError: something is lost, made twice or left behind.
        """
        name = name or self.next()
        self.harms[name]()
        self.project.apply()
        self.check()
        return name

    def next(self) -> str:
        """The name of a harm at random."""
        return self._random.choice(sorted(self.harms))

    def check(self) -> None:
        """The plan is empty, nothing was made twice, and the endpoint answers where it always did."""
        plan = self.project.plan()
        assert plan == {}, f"after the apply the plan is {plan}"
        with contextlib.closing(sqlite3.connect(self.project.workspace / "workspace.db")) as database:
            statement = "SELECT kind, count(*) FROM records WHERE kind IN ('jobs', 'models', 'data') GROUP BY kind"
            found = dict(database.execute(statement))
            assert found == KEPT, f"kept are {found}"
        caller = self._caller()
        wait_for(lambda: caller.ask()[0] == 200, "an answer")
        url = self.project.status()[ENDPOINT]["urls"]["scoring"]
        assert url == self._url, f"it answers at {url}, not at {self._url} any more"

    def close(self) -> None:
        """Take it down; nothing of it may be left running."""
        self.project.close()
        wait_for(lambda: not processes_of(self.project.workspace), "the end of all its processes")

    def _caller(self) -> Caller:
        return Caller(self._url, self.project.key("totals"), b'{"a": 1}')

    def _kill_the_apply(self) -> None:
        tags = self._random.randrange(1_000_000)
        self.project.edit("spec.yaml", "project: totals", f"project: totals\ntags: {{n: '{tags}'}}")
        process = self.project.start("apply", self.project.spec, "--yes")
        with contextlib.suppress(Exception):
            process.communicate(timeout=self._random.uniform(0.2, 1.5))
        process.kill()
        process.communicate()
        self.project.edit("spec.yaml", f"project: totals\ntags: {{n: '{tags}'}}", "project: totals")

    def _kill_a_process(self) -> None:
        for pid in self._random.sample(sorted(processes_of(self.project.workspace)), k=1):
            _kill(pid)

    def _power_cut(self) -> None:
        found = processes_of(self.project.workspace)
        for pid in sorted(found, key=lambda pid: "supervision.guard" not in found[pid]):
            _kill(pid)
        wait_for(lambda: not processes_of(self.project.workspace), "the end of every process")

    def _race(self) -> None:
        place = ("--path", str(self.project.workspace))
        self.project.run("workspace", "down", *place)
        coming = self.project.start("workspace", "up", *place)
        with contextlib.suppress(Exception):
            coming.communicate(timeout=self._random.uniform(0.1, 1.0))
        self.project.run("workspace", "down", *place)
        coming.kill()
        coming.communicate()

    def _copy(self) -> None:
        copy = Project(self._copies)
        shutil.copytree(self.project.folder, copy.folder, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
        try:
            copy.apply()
            plan = copy.plan()
            assert plan == {}, f"the copy's plan is {plan}"
            assert copy.status()[ENDPOINT]["urls"]["scoring"] != self._url, "the copy has an address of its own"
        finally:
            copy.close()
            shutil.rmtree(self._copies)

    def _leave(self) -> None:
        request = self._request(b'{"a": 1}')
        for _ in range(200):
            with self._connected() as connection:
                connection.sendall(request)

    def _slow(self) -> None:
        request = self._request(b'{"a": 1}')
        connections = [self._connected() for _ in range(40)]
        for connection in connections:
            connection.sendall(request[: self._random.randrange(len(request))])
        assert self._caller().ask()[0] == 200, "others are served meanwhile"
        for connection in connections:
            connection.close()

    def _lose_content(self) -> None:
        stored = [path for path in self.project.workspace.glob("content/??/*") if path.is_file()]
        self._random.choice(sorted(stored)).unlink()

    def _connected(self) -> socket.socket:
        parts = urlsplit(self._url)
        return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20)

    def _request(self, body: bytes) -> bytes:
        head = f"POST /score HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.project.key('totals')}\r\n"
        return head.encode() + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
