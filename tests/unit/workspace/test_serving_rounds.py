"""The parts of a serving manager's round: servers that come, servers that go, what is told, and when it looks again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import Invalid
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.logs.log import note
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.serving.controller import draining as draining_module
from orchestrator.workspace.serving.controller import generation as generation_module
from orchestrator.workspace.serving.controller.deployment import Deployment
from orchestrator.workspace.serving.controller.draining import DrainingServers
from orchestrator.workspace.serving.controller.fast_polling import FastPolling
from orchestrator.workspace.serving.controller.findings import Findings, unserved_endpoints
from orchestrator.workspace.serving.controller.generation import Generation
from orchestrator.workspace.serving.controller.release import Release
from orchestrator.workspace.serving.controller.servers import HOPELESS_AFTER, Server, ServerTask
from orchestrator.workspace.serving.controller.serving_status import ServingStatus
from orchestrator.workspace.serving.controller.traffic import TrafficDecision
from orchestrator.workspace.serving.files import DeploymentFiles
from orchestrator.workspace.serving.probing import Probe

RECORD = Record("online_endpoints.deployments", "online_endpoints.hf.deployments.blue")
HEALTHY = ServingStatus(Health.HEALTHY, "running")


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


async def until(condition: Callable[[], Any]) -> None:
    async def look() -> None:
        while not condition():
            await asyncio.sleep(0)

    await asyncio.wait_for(look(), 60)


def nothing_goes_on() -> bool:
    """Besides the test and its waiting."""
    return len(asyncio.all_tasks()) <= 2


@pytest.fixture
def files(tmp_path: Path) -> DeploymentFiles:
    found = DeploymentFiles(WorkspacePaths(tmp_path), "hf", "blue")
    found.create()
    return found


@pytest.fixture
def task(files: DeploymentFiles) -> ServerTask:
    probe = Probe.of({}, "liveness_probe")
    return ServerTask("blue", files.log, probe, probe)


class Builder:
    """Lays a release out, or says what it was told to."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem
        self.builds = 0

    def build(self, record: Record, files: DeploymentFiles) -> Release:
        self.builds += 1
        if self.problem is not None:
            raise self.problem
        return Release(Path(sys.executable), files.folder, {}, None, None)


class TestDepartures:
    def test_a_server_ends_once_it_has_nothing_at_hand(self, files: DeploymentFiles) -> None:
        async def work() -> None:
            leaving = DrainingServers()
            server = Server.in_folder(files.folder)
            server.config.write_text("{}")
            leaving.add([server])
            for busy in (None, {str(server.socket): 2}):
                assert not leaving.retire(busy)
                assert leaving
                assert server.config.exists()
            leaving.retire({})
            await until(lambda: leaving.retire({}))
            assert not leaving
            assert not server.config.exists()

        run(work)

    def test_one_that_never_had_requests_ends_at_once(self, files: DeploymentFiles) -> None:
        async def work() -> None:
            leaving = DrainingServers()
            leaving.add([Server.in_folder(files.folder)], patient=False)
            leaving.retire(None)
            await until(lambda: leaving.retire(None))

        run(work)

    def test_waiting_has_an_end(self, files: DeploymentFiles, monkeypatch: pytest.MonkeyPatch) -> None:
        async def work() -> None:
            leaving = DrainingServers()
            server = Server.in_folder(files.folder)
            leaving.add([server])
            busy = {str(server.socket): 1}
            assert not leaving.retire(busy)
            assert leaving.servers == [server]
            monkeypatch.setattr(draining_module, "DRAIN_S", -1.0)
            leaving.retire(busy)
            await until(lambda: leaving.retire(busy))

        run(work)


class TestGeneration:
    def test_places_are_filled_once_the_release_is_laid_out(
        self, files: DeploymentFiles, task: ServerTask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started: list[Server] = []
        monkeypatch.setattr(Server, "start", lambda server, release, task: started.append(server))

        async def work() -> None:
            generation = Generation("r", files, Builder())  # type: ignore[arg-type]
            assert await generation.fill(RECORD, task, 2) == ""
            assert len(generation.servers) == 2
            while not started:
                assert await generation.fill(RECORD, task, 2) == ""
            assert generation.built
            assert started == generation.servers
            assert len({server.socket for server in started}) == 2
            kept, surplus = generation.servers[0], generation.servers[1]
            assert generation.shrink(1) == [surplus]
            assert generation.servers == [kept]

        run(work)

    @pytest.mark.parametrize(("pause_s", "builds"), [(600.0, 1), (-1.0, 2)])
    def test_what_cannot_be_laid_out_is_tried_again_after_a_pause(
        self, files: DeploymentFiles, task: ServerTask, monkeypatch: pytest.MonkeyPatch, pause_s: float, builds: int
    ) -> None:
        monkeypatch.setattr(generation_module, "REBUILD_S", pause_s)

        async def work() -> None:
            builder = Builder(Invalid("No model.", fix="Add one."))
            generation = Generation("r", files, builder)  # type: ignore[arg-type]
            for _ in range(2):
                problem = ""
                while not problem:
                    problem = await generation.fill(RECORD, task, 1)
                assert problem == "No model. Add one."
            assert builder.builds == builds
            assert not generation.built

        run(work)

    def test_without_patience_one_failure_is_enough(self, files: DeploymentFiles, task: ServerTask) -> None:
        async def work() -> None:
            server = Server.in_folder(files.folder)
            server.failures, server.last_exit, server.reason = 1, "its process ended with code 3", "no such file"
            generation = Generation("r", files, Builder(), [server])  # type: ignore[arg-type]
            assert await generation.fill(RECORD, task, 1, patient=False) == "its process ended with code 3"
            assert generation.reason == "no such file"

        run(work)

    def test_hope_ends_after_several_failures_in_a_row(self, files: DeploymentFiles) -> None:
        server = Server.in_folder(files.folder)
        generation = Generation("r", files, Builder(), [server])  # type: ignore[arg-type]
        assert generation.stuck("") is None
        assert generation.stuck("no room") == ("no room", "")
        server.failures, server.last_exit, server.reason = HOPELESS_AFTER, "it ended", "why"
        assert generation.stuck("") == (f"it ended, {HOPELESS_AFTER} times in a row", "why")
        server.ready = True
        assert generation.stuck("") is None


def test_a_release_that_fails_is_not_told_with_the_log_of_those_before(files: DeploymentFiles, tmp_path: Path) -> None:
    files.log.write_text("KeyError: of a request last week\n")

    class Noting(Builder):
        def build(self, record: Record, files: DeploymentFiles) -> Release:
            note(files.log, "laying it out")
            return super().build(record, files)

    async def work() -> None:
        builder = Noting(Invalid("The code folder has no file 'scor.py'."))
        deployment = Deployment(WorkspacePaths(tmp_path), "hf", "blue", builder)  # type: ignore[arg-type]
        verdict = await deployment.step(RECORD)
        while verdict.busy:
            await asyncio.sleep(0)
            verdict = await deployment.step(RECORD)
        assert verdict.health is Health.DEGRADED
        first, last = verdict.message.splitlines()
        assert first == "The code folder has no file 'scor.py'."
        assert "laying it out" in last, "what this release wrote is told"

    run(work)
    assert "last week" in files.log.read_text()


def test_an_endpoint_is_unserved_if_who_gets_its_traffic_does_not_answer() -> None:
    blue, green = "online_endpoints.hf.deployments.blue", "online_endpoints.hf.deployments.green"
    decisions = {"online_endpoints.hf.traffic": TrafficDecision((("blue", 90), ("green", 10)), (), HEALTHY)}
    verdicts = {blue: HEALTHY, green: ServingStatus(Health.PROGRESSING, "starting")}
    assert unserved_endpoints(decisions, verdicts, {blue, green}) == {}
    assert unserved_endpoints(decisions, verdicts, {blue}) == {
        "online_endpoints.hf": {"health": "progressing", "message": "no scoring server of green answers yet"}
    }
    verdicts[green] = ServingStatus(Health.DEGRADED, "failed")
    assert unserved_endpoints(decisions, verdicts, ()) == {
        "online_endpoints.hf": {"health": "degraded", "message": "no scoring server of blue, green answers"}
    }


def test_nothing_is_healthy_before_the_router_knows() -> None:
    endpoint = Record("online_endpoints", "online_endpoints.hf")
    found = Findings({}, {}, {}, {}, in_force=False)
    assert found.busy
    assert found.endpoint(endpoint, {}).health is Health.PROGRESSING
    found = Findings({}, {}, {}, {}, in_force=True)
    assert not found.busy
    assert found.endpoint(endpoint, {}).health is Health.HEALTHY
    assert found.endpoint(endpoint, {"hf": "port 1"}).message == "another program uses its port 1"


class TestHurry:
    @staticmethod
    def rounds(answers: list[bool | Exception], seen: list[int]) -> Callable[[], Awaitable[bool]]:
        async def look() -> bool:
            answer = answers[len(seen)]
            seen.append(len(seen))
            if isinstance(answer, Exception):
                raise answer
            return answer

        return look

    def test_it_looks_until_nothing_is_in_progress(self) -> None:
        async def work() -> None:
            seen: list[int] = []
            hurry = FastPolling(self.rounds([True, True, False, False], seen))
            hurry.up(0)
            hurry.up(0)
            await until(lambda: len(seen) == 3)
            assert len(asyncio.all_tasks()) <= 2
            await until(nothing_goes_on)
            hurry.up(0)
            await until(lambda: len(seen) == 4)

        run(work)

    def test_a_round_that_fails_leaves_the_rest_to_the_supervisor(self) -> None:
        async def work() -> None:
            seen: list[int] = []
            hurry = FastPolling(self.rounds([ValueError("x"), True], seen))
            hurry.up(0)
            await until(nothing_goes_on)
            assert seen == [0]

        run(work)

    def test_once_closed_it_looks_no_more(self) -> None:
        async def work() -> None:
            seen: list[int] = []
            hurry = FastPolling(self.rounds([True] * 9, seen))
            hurry.up(30)
            hurry.close()
            hurry.up(0)
            await until(nothing_goes_on)
            assert seen == []

        run(work)
