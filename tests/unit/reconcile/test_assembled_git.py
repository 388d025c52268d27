"""A whole loop over a git repository, with its server, a hook and a receiver of notices."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator.reconcile.assemble import assembled
from orchestrator.reconcile.config_read import parse_config
from orchestrator.reconcile.loop import Loop
from tests.unit.reconcile.git_server import Upstream
from tests.unit.reconcile.receiver import Receiver, receiving

pytestmark = pytest.mark.slow

SPEC = """\
project: heart
compute:
  cpu: {{type: amlcompute, size: Standard_DS2_v2, max_instances: {}}}
"""
CONFIG = """
folder: cache
server: {{port: 0, token: {{env: TOKEN_OF_TEST}}}}
notifications: {{test: {{url: {{env: WEBHOOK_OF_TEST}}}}}}
projects:
  heart:
    source: {{git: {{url: {url}, branch: main, path: spec.yaml}}}}
    interval: 1h
    hook: {{env: HOOK_OF_TEST}}
    backoff: {{initial: 1h}}
"""


class Events:
    """What the loop told; gives the server's address."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Mapping[str, object]]] = []
        self._changed = threading.Condition()

    def __call__(self, event: str, facts: Mapping[str, object]) -> None:
        with self._changed:
            self.seen.append((event, facts))
            self._changed.notify_all()

    def wait_for(self, wanted: Callable[[str, Mapping[str, object]], bool]) -> Mapping[str, object]:
        with self._changed:
            assert self._changed.wait_for(lambda: any(wanted(*event) for event in self.seen), timeout=60), self.seen
            return next(facts for event, facts in self.seen if wanted(event, facts))


class Team:
    """Everybody around the loop: who pushes, who is told, who looks."""

    def __init__(self, upstream: Upstream, receiver: Receiver, folder: Path) -> None:
        self.upstream = upstream
        self.receiver = receiver
        self.folder = folder
        self.events = Events()
        self.told = 0

    @contextmanager
    def loop(self) -> Iterator[Loop]:
        """A running loop."""
        config = parse_config(CONFIG.format(url=self.upstream.folder), self.folder / "reconcile.yaml")
        with assembled(config, self.events) as loop:
            thread = threading.Thread(target=loop.run)
            thread.start()
            try:
                yield loop
            finally:
                loop.stop()
                thread.join(60)
            assert not thread.is_alive()

    def push(self, text: str, message: str) -> str:
        """Commit a spec, and tell the loop as a git server does."""
        commit = self.upstream.commit(message, spec=text)
        self.hook()
        return commit

    def hook(self) -> None:
        body = b'{"ref": "refs/heads/main"}'
        digest = hmac.new(b"shared", body, hashlib.sha256).hexdigest()
        assert self.ask("/hooks/heart", body, {"X-Hub-Signature-256": f"sha256={digest}"})["action"] == "trigger"

    def ask(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """A request to the loop's server."""
        address = self.events.wait_for(lambda event, facts: event == "server")["address"]
        request = urllib.request.Request(f"{address}{path}", body, dict(headers or {}))
        with urllib.request.urlopen(request, timeout=20) as response:
            text = response.read().decode()
        return json.loads(text) if text.startswith("{") else text

    def hears(self) -> dict[str, Any]:
        """The next notice."""
        self.told += 1
        notice = json.loads(self.receiver.wait_for(self.told)[self.told - 1].body)
        assert isinstance(notice, dict)
        return notice

    def passed(self, outcome: str, revision: str) -> None:
        """Wait for the end of a pass."""
        self.events.wait_for(
            lambda event, facts: event == "pass.end" and facts["outcome"] == outcome and facts["revision"] == revision
        )


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    monkeypatch.setenv("HOOK_OF_TEST", "shared")
    monkeypatch.setenv("TOKEN_OF_TEST", "open-sesame")
    with receiving() as receiver:
        monkeypatch.setenv("WEBHOOK_OF_TEST", receiver.url)
        yield Team(Upstream(tmp_path / "upstream"), receiver, tmp_path)


def test_commits_become_workspaces_and_mistakes_are_told(team: Team) -> None:
    first = team.upstream.commit("First", spec=SPEC.format(1))
    with team.loop():
        notice = team.hears()
        assert (notice["trigger"], notice["revision"], notice["label"]) == ("applied", first, f"main@{first[:7]}")
        assert notice["details"] == ["compute.cpu: created"]

        second = team.push(SPEC.format(2), "Second")
        assert team.hears()["revision"] == second

        broken = team.push(SPEC.format(2).replace("compute:", "compote:"), "Broken")
        notice = team.hears()
        assert notice["revision"] == broken
        assert "spec.yaml:2:1" in notice["summary"]
        assert team.ask("/api/v1/projects/heart")["applied"]["id"] == second
        team.receiver.wait_for(team.told)

        fixed = team.push(SPEC.format(3), "Fixed")
        while (notice := team.hears())["revision"] == broken:
            assert notice["trigger"] in ("failed", "stalled")
        assert (notice["trigger"], notice["revision"]) == ("applied", fixed)
        team.passed("changed", fixed)

        team.upstream.git("checkout", "--quiet", "-b", "other")
        team.upstream.git("branch", "--quiet", "-D", "main")
        team.hook()
        notice = team.hears()
        assert notice["trigger"] == "stalled"
        assert "no branch main" in notice["summary"]

        metrics = team.ask("/metrics")
        assert 'amlctl_resources_total{outcome="created",project="heart"} 1' in metrics
        assert 'amlctl_resources_total{outcome="updated",project="heart"} 2' in metrics
        assert team.ask("/readyz") == "ready\n"
        with pytest.raises(urllib.error.HTTPError):
            team.ask("/api/v1/projects/heart/suspend", b"")
        team.ask("/api/v1/projects/heart/suspend", b"", {"Authorization": "Bearer open-sesame"})
        assert team.ask("/api/v1/projects/heart")["suspended"] is True
    kept = list((team.folder / "cache" / "sources" / "heart" / "trees").iterdir())
    assert [tree.name for tree in kept] == [fixed], "checkouts do not pile up"


def test_a_restarted_loop_goes_on_while_the_git_server_is_gone(team: Team) -> None:
    first = team.upstream.commit("First", spec=SPEC.format(1))
    with team.loop():
        assert team.hears()["trigger"] == "applied"
        team.passed("changed", first)
    team.upstream.folder.rename(team.folder / "away")
    team.events.seen.clear()
    with team.loop():
        team.passed("clean", first)
        status = team.ask("/api/v1/projects/heart")
        assert status["applied"]["id"] == first
        assert "cannot be reached" in json.dumps(status["conditions"])
    assert len(team.receiver.received) == team.told, "nothing is told twice"
