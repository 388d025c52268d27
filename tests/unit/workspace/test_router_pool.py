"""Which scoring server gets a request, what happens when it cannot answer, and how tables are swapped."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from orchestrator.workspace.serving.router import pool
from orchestrator.workspace.serving.router.body import Body
from orchestrator.workspace.serving.router.messages import Reply, RequestHead, ScoringCall
from tests.unit.workspace.router_fakes import KEY, Fixture, reply, routing

Bytes = tuple[int, dict[str, str], bytes]


async def until(condition: object) -> None:
    async with asyncio.timeout(10):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.005)


def test_requests_spread_over_the_servers_of_a_deployment(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.server("one")
            await fixture.server("two")
            await fixture.apply(fixture.route("blue", "one", "two"))
            assert Counter([(await fixture.ask())[2] for _ in range(10)]) == {b'"one"': 5, b'"two"': 5}

    asyncio.run(check())


def test_a_kept_connection_that_the_server_closed_is_replaced_without_a_failure(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            server = await fixture.server("blue")
            await fixture.apply(fixture.route("blue"))
            assert (await fixture.ask())[0] == 200

            async def hang_up_once(request: bytes, writer: asyncio.StreamWriter) -> None:
                server.behave = None
                writer.close()

            server.behave = hang_up_once
            assert (await fixture.ask())[0] == 200
            assert (len(server.requests), server.connections) == (3, 2)

    asyncio.run(check())


@pytest.mark.parametrize(
    ("sent", "why"),
    [(b"", "a fresh connection: the server had the request"), (b"HTTP/1.1 200 OK\r\n", "an answer had begun")],
)
def test_a_request_that_a_server_may_have_worked_on_is_not_sent_again(tmp_path: Path, sent: bytes, why: str) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:

            async def break_off(request: bytes, writer: asyncio.StreamWriter) -> None:
                writer.write(sent)
                writer.close()

            server = await fixture.server("blue", break_off)
            await fixture.apply(fixture.route("blue"))
            assert (await fixture.ask())[0] == 502
            assert len(server.requests) == 1, why

    asyncio.run(check())


def test_a_request_that_no_server_read_is_sent_to_another(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            rude = await asyncio.start_unix_server(lambda _, writer: writer.close(), str(tmp_path / "rude.sock"))
            await fixture.server("polite")
            await fixture.apply(fixture.route("blue", "rude", "polite"))
            assert [(await fixture.ask())[2] for _ in range(6)] == [b'"polite"'] * 6
            rude.close()

    asyncio.run(check())


def test_a_server_that_cannot_be_reached_is_passed_over_and_taken_back(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.server("one")
            await fixture.apply(fixture.route("blue", "one", "two"))
            assert {(await fixture.ask())[2] for _ in range(6)} == {b'"one"'}
            assert len(fixture.router.counters()["hf"]["blue"]["down"]) == 1
            await fixture.server("two")
            await until(lambda: not fixture.router.counters()["hf"]["blue"]["down"])
            assert {(await fixture.ask())[2] for _ in range(6)} == {b'"one"', b'"two"'}

    asyncio.run(check())


def test_requests_wait_for_the_only_server_while_it_is_started_again(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            server = await fixture.server("blue")
            await fixture.apply(fixture.route("blue"))
            await fixture.ask()
            await server.stop()
            asking = [asyncio.create_task(fixture.ask()) for _ in range(5)]
            await until(lambda: fixture.router.counters()["hf"]["blue"]["waiting"] == 5)
            await server.start()
            assert [(await answer)[0] for answer in asking] == [200] * 5

    asyncio.run(check())


def test_waiting_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "RESTART_WAIT_S", 0.05)

    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.apply(fixture.route("blue", timeout_s=0.05))
            assert (await fixture.ask())[0] == 503

    asyncio.run(check())


def test_a_slow_answer_is_given_up_and_its_connection_not_used_again(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:

            async def never(request: bytes, writer: asyncio.StreamWriter) -> None:
                await asyncio.sleep(0.3)
                reply(writer, b'"late"')

            server = await fixture.server("blue", never)
            await fixture.apply(fixture.route("blue", timeout_s=0.05))
            assert (await fixture.ask())[0] == 408
            server.behave = None
            assert (await fixture.ask())[2] == b'"blue"'
            assert server.connections == 2

    asyncio.run(check())


async def held(fixture: Fixture, name: str) -> asyncio.Event:
    """A server that answers only after the event was set."""
    go = asyncio.Event()

    async def wait(request: bytes, writer: asyncio.StreamWriter) -> None:
        await go.wait()
        reply(writer, b'"%s"' % name.encode())

    await fixture.server(name, wait)
    return go


def test_too_many_requests_are_refused_and_the_others_queue(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            go = await held(fixture, "blue")
            await fixture.apply(fixture.route("blue", concurrency=1, queue=2))
            asking = [asyncio.create_task(fixture.ask()) for _ in range(3)]
            await until(lambda: fixture.router.counters()["hf"]["blue"]["waiting"] == 2)
            assert (await fixture.ask())[0] == 429
            assert len(fixture.servers["blue"].requests) == 1
            go.set()
            assert [(await answer)[0] for answer in asking] == [200] * 3

    asyncio.run(check())


def test_a_swap_lets_requests_at_hand_finish_and_hands_waiting_ones_to_the_new_server(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            go = await held(fixture, "old")
            await fixture.server("new")
            await fixture.apply(fixture.route("blue", "old", concurrency=1))
            first = asyncio.create_task(fixture.ask())
            await until(lambda: fixture.servers["old"].requests)
            second = asyncio.create_task(fixture.ask())
            await until(lambda: fixture.router.counters()["hf"]["blue"]["waiting"] == 1)
            await fixture.apply(fixture.route("blue", "new", concurrency=1))
            assert (await second)[2] == b'"new"'
            assert fixture.router.status()["busy"] == {str(tmp_path / "old.sock"): 1, str(tmp_path / "new.sock"): 0}
            go.set()
            assert (await first)[2] == b'"old"'
            assert fixture.router.status()["busy"] == {str(tmp_path / "new.sock"): 0}

    asyncio.run(check())


def test_a_deployment_that_leaves_finishes_what_it_has(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            go = await held(fixture, "blue")
            await fixture.server("green")
            await fixture.apply(fixture.route("blue"), fixture.route("green"))
            asking = asyncio.create_task(fixture.ask())
            await until(lambda: fixture.servers["blue"].requests)
            await fixture.apply(fixture.route("green"))
            assert (await fixture.ask())[2] == b'"green"'
            assert fixture.router.status()["busy"][str(tmp_path / "blue.sock")] == 1
            go.set()
            assert (await asking)[0] == 200
            assert str(tmp_path / "blue.sock") not in fixture.router.status()["busy"]

    asyncio.run(check())


def test_a_caller_who_hangs_up_frees_the_server(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await held(fixture, "blue")
            await fixture.apply(fixture.route("blue", concurrency=1))
            impatient = asyncio.create_task(fixture.ask())
            await until(lambda: fixture.servers["blue"].requests)
            impatient.cancel()
            await asyncio.gather(impatient, return_exceptions=True)
            fixture.servers["blue"].behave = None
            async with asyncio.timeout(5):
                assert (await fixture.ask())[0] == 200

    asyncio.run(check())


def test_mirrored_requests_never_change_or_delay_the_answer(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.server("blue")
            go = await held(fixture, "green")
            await fixture.apply(fixture.route("blue"), fixture.route("green"), mirror={"green": 50})
            assert [(await fixture.ask())[2] for _ in range(10)] == [b'"blue"'] * 10
            await until(lambda: len(fixture.servers["green"].requests) == 5)
            assert fixture.router.counters()["hf"]["green"]["mirrored"] == 5
            go.set()

    asyncio.run(check())


def test_what_an_endpoint_says_of_itself_needs_the_key_and_comes_from_the_deployment(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            for name in ("blue", "green"):
                await fixture.server(name)
            await fixture.apply(fixture.route("blue"), fixture.route("green"), mirror={"green": 100})
            service = fixture.router._doors["hf"].service
            bearer = (b"authorization", f"Bearer {KEY}".encode())

            async def ask(method: bytes, *headers: tuple[bytes, bytes]) -> Reply:
                told = asyncio.get_running_loop().create_future()
                head = RequestHead(method, b"/swagger.json?version=3", list(headers), keep_alive=True, old=False)
                service.answer(ScoringCall(head, Body()), told.set_result)
                return await told

            assert (await ask(b"GET")).status == 401
            assert (await ask(b"POST", bearer)).status == 405
            assert (await ask(b"GET", bearer)).body == b'"blue"'
            assert (await ask(b"GET", bearer, (b"azureml-model-deployment", b"green"))).body == b'"green"'
            assert fixture.servers["blue"].requests[0].startswith(b"GET /swagger.json?version=3 HTTP/1.1")
            assert fixture.router.counters()["hf"]["green"]["mirrored"] == 0

    asyncio.run(check())


def test_copies_are_dropped_when_too_many_are_on_their_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.workspace.serving.router.service.MAX_MIRRORED", 2)

    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.server("blue")
            go = await held(fixture, "green")
            await fixture.apply(fixture.route("blue"), fixture.route("green"), mirror={"green": 100})
            for _ in range(5):
                assert (await fixture.ask())[0] == 200
            numbers = fixture.router.counters()["hf"]["green"]
            assert (numbers["mirrored"], numbers["dropped"]) == (2, 3)
            go.set()

    asyncio.run(check())


def test_answers_are_counted(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:

            async def fail(request: bytes, writer: asyncio.StreamWriter) -> None:
                reply(writer, b"{}", b"500 Internal Server Error")

            await fixture.server("blue", fail)
            await fixture.apply(fixture.route("blue"))
            assert (await fixture.ask())[0] == 500
            numbers = fixture.router.counters()["hf"]["blue"]
            assert (numbers["requests"], numbers["errors"], sum(numbers["latency_ms"].values())) == (1, 1, 1)

    asyncio.run(check())


def test_no_traffic_means_no_answer_but_a_named_deployment_gives_one(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.server("blue")
            await fixture.apply(fixture.route("blue"), traffic={"blue": 0})
            assert (await fixture.ask())[0] == 404
            assert (await fixture.ask(b"{}", "azureml-model-deployment: blue"))[0] == 200

    asyncio.run(check())


def test_a_port_that_another_program_has_is_reported_and_taken_when_it_is_free(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.server("blue")
            squatter = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", fixture.port)
            await fixture.apply(fixture.route("blue"))
            assert str(fixture.port) in fixture.router.status()["unbound"]["hf"]
            squatter.close()
            await squatter.wait_closed()
            await fixture.apply(fixture.route("blue"))
            assert fixture.router.status()["unbound"] == {}
            assert (await fixture.ask())[0] == 200

    asyncio.run(check())


def test_under_overload_the_answers_keep_coming_and_the_rest_is_told_to_come_later(tmp_path: Path) -> None:
    """Four times as many callers as can be served in time; the server works on one request at a time, as a model does."""
    service_s = 0.05
    timeout_s = 10 * service_s

    async def check() -> None:
        turn = asyncio.Lock()

        async def work(request: bytes, writer: asyncio.StreamWriter) -> None:
            async with turn:
                if not blue.left(writer):
                    await asyncio.sleep(service_s)
                    reply(writer, b"[1]")

        async with routing(tmp_path) as fixture:
            blue = await fixture.server("blue", work)
            await fixture.apply(fixture.route("blue", timeout_s=timeout_s))
            until = asyncio.get_running_loop().time() + 60 * service_s
            statuses: list[int] = []
            told: set[str] = set()

            async def caller() -> None:
                while asyncio.get_running_loop().time() < until:
                    status, headers, _ = await fixture.ask()
                    statuses.append(status)
                    if status == 429:
                        told.add(headers["retry-after"])
                        await asyncio.sleep(timeout_s)

            await asyncio.gather(*(caller() for _ in range(40)))
            assert statuses.count(200) >= 0.6 * 60, (
                "close to what the server can do, on a machine that does other things too"
            )
            assert statuses.count(429) > 0
            assert all(seconds.isdigit() and int(seconds) >= 1 for seconds in told)
            assert set(statuses) <= {200, 408, 429}
            assert statuses.count(408) < 40, "who cannot be served is told at once, not after the time-out"

    asyncio.run(check())


def test_one_slow_answer_does_not_close_a_deployment_for_ever(tmp_path: Path) -> None:
    async def check() -> None:
        pause = [0.4, 0.0, 0.0]

        async def work(request: bytes, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(pause.pop(0))
            reply(writer, b"[1]")

        async with routing(tmp_path) as fixture:
            await fixture.server("blue", work)
            await fixture.apply(fixture.route("blue", timeout_s=2.0))
            fixture.router._deployments["hf", "blue"].pool._pace.seconds = 100.0
            assert [(await fixture.ask())[0] for _ in range(3)] == [200, 200, 200]

    asyncio.run(check())
