"""What callers may send the router, and what they get."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.workspace.serving.router.reading import IDLE_S, LINGER_S, SILENCE_S
from tests.unit.workspace.router_fakes import KEY, OTHER_KEY, routing

AUTH = f"Authorization: Bearer {KEY}\r\n".encode()


def score(body: bytes = b"{}", *, version: bytes = b"1.1", extra: bytes = b"") -> bytes:
    return b"POST /score HTTP/%s\r\nHost: x\r\n%s%sContent-Length: %d\r\n\r\n%s" % (
        version, AUTH, extra, len(body), body,
    )  # fmt: skip


CLOSE = b"Connection: close\r\n"
CASES = [
    ("one after the other", [score(), score(extra=CLOSE)], [200, 200], "a connection is kept"),
    ("pipelined", [score(b"1") + score(b"2") + score(b"3", extra=CLOSE)], [200, 200, 200], "all are answered, in order"),
    ("byte by byte", [bytes([byte]) for byte in score(extra=CLOSE)], [200], "no piece needs to be whole"),
    (
        "chunked",
        [b"POST /score HTTP/1.1\r\nHost: x\r\n" + AUTH + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
        [200],
        "a body may come in chunks",
    ),
    ("old", [score(version=b"1.0")], [200], "HTTP/1.0 closes after one answer"),
    ("old, kept", [score(version=b"1.0", extra=b"Connection: keep-alive\r\n"), score(extra=CLOSE)], [200, 200], "if asked"),
    ("upgrade", [score(extra=b"Connection: Upgrade, close\r\nUpgrade: h2c\r\n")], [200], "an offer to upgrade is not taken"),
    (
        "upgrade, kept",
        [score(extra=b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n") + score(extra=CLOSE)],
        [200, 200],
        "what follows it is a request as any other",
    ),
    (
        "upgrade, chunked",
        [
            b"POST /score HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n" + AUTH + CLOSE,
            b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        ],
        [200],
        "its body is read",
    ),
    ("tunnel", [b"CONNECT other:443 HTTP/1.1\r\nHost: other\r\n\r\n"], [501], "no tunnel is opened"),
    ("liveness", [b"GET / HTTP/1.1\r\nHost: x\r\n" + CLOSE + b"\r\n"], [200], "needs no key"),
    ("HEAD", [b"HEAD / HTTP/1.1\r\nHost: x\r\n" + CLOSE + b"\r\n"], [200], "a head without a body"),
    ("another path", [b"GET /admin HTTP/1.1\r\nHost: x\r\n" + CLOSE + b"\r\n"], [404], "nothing else is there"),
    ("GET", [b"GET /score HTTP/1.1\r\nHost: x\r\n" + AUTH + CLOSE + b"\r\n"], [200], "the scoring server knows which methods it takes"),
    ("no HTTP", [b"\x16\x03\x01 hello\r\n\r\n"], [400], "TLS or anything else is refused"),
    ("two lengths", [score(extra=b"Content-Length: 9\r\n")], [400], "an ambiguous length is no length"),
    ("both framings", [score(extra=b"Transfer-Encoding: chunked\r\n")], [400], "smuggling is refused"),
    ("long body", [score(b"x" * 1001)], [413], "refused by its announced length"),
    (
        "long chunks",
        [b"POST /score HTTP/1.1\r\nHost: x\r\n" + AUTH + b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001 + b"\r\n"],
        [413],
        "refused while it comes",
    ),
    ("long head", [b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000], [431], "refused before it ends"),
]  # fmt: skip


@pytest.mark.parametrize(("pieces", "statuses", "why"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_requests(tmp_path: Path, pieces: list[bytes], statuses: list[int], why: str) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.server("blue")
            await fixture.apply(fixture.route("blue"))
            answers = await fixture.exchange(*pieces)
            assert [status for status, _, _ in answers] == statuses, why

    asyncio.run(check())


def test_expect_continue_is_told_to_go_on(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.server("blue")
            await fixture.apply(fixture.route("blue"))
            reader, writer = await asyncio.open_connection("127.0.0.1", fixture.port)
            head, _, body = score(extra=b"Expect: 100-continue\r\n").partition(b"\r\n\r\n")
            writer.write(head + b"\r\n\r\n")
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(body)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()
            await writer.wait_closed()

    asyncio.run(check())


@pytest.mark.parametrize(
    ("header", "status", "why"),
    [
        (f"Authorization: Bearer {KEY}", 200, "the first key"),
        (f"authorization: bearer {OTHER_KEY}", 200, "the second key; names and scheme in any case"),
        ("Authorization: Bearer key-on", 401, "a part of a key"),
        ("Authorization: Bearer ", 401, "no key"),
        (f"Authorization: Basic {KEY}", 401, "another scheme"),
        ("X: y", 401, "no header"),
    ],
)
def test_keys(tmp_path: Path, header: str, status: int, why: str) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            server = await fixture.server("blue")
            await fixture.apply(fixture.route("blue"))
            found, headers, _ = await fixture.ask(b"{}", header, key=None)
            assert found == status, why
            assert len(server.requests) == (1 if status == 200 else 0)
            assert ("www-authenticate" in headers) == (status == 401)

    asyncio.run(check())


def test_the_scoring_server_gets_the_body_and_the_headers_but_not_the_key(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            server = await fixture.server("blue")
            await fixture.apply(fixture.route("blue"))
            await fixture.ask(b'{"a": 1}', "Content-Type: application/json", "X-Mine: yes", "x-ms-request-id: 42")
            head, _, body = server.requests[0].partition(b"\r\n\r\n")
            assert body == b'{"a": 1}'
            assert b"x-mine: yes" in head
            assert b"x-ms-request-id: 42" in head
            assert KEY.encode() not in head
            assert b"connection: close" not in head

    asyncio.run(check())


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PUT"])
def test_method_query_and_bytes_go_on_as_they_came(tmp_path: Path, method: str) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            server = await fixture.server("blue")
            await fixture.apply(fixture.route("blue"))
            body = bytes(range(256))
            head = f"{method} /score?a=%ff&b=[1] HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n".encode()
            [(status, _, _)] = await fixture.exchange(head + AUTH + CLOSE + b"\r\n" + body)
            assert status == 200
            assert server.requests[0].startswith(f"{method} /score?a=%ff&b=[1] HTTP/1.1\r\n".encode())
            assert server.requests[0].endswith(b"\r\n\r\n" + body)

    asyncio.run(check())


def test_an_answer_says_who_gave_it_and_to_which_request(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.server("blue")
            await fixture.server("green")
            await fixture.apply(fixture.route("blue"), fixture.route("green"))
            _, headers, body = await fixture.ask(b"{}", "azureml-model-deployment: green", "x-ms-request-id: 7")
            assert (headers["azureml-model-deployment"], headers["x-ms-request-id"], body) == ("green", "7", b'"green"')
            status, _, body = await fixture.ask(b"{}", "azureml-model-deployment: pink")
            assert status == 404
            assert "blue, green" in json.loads(body)["error"]["message"]

    asyncio.run(check())


@pytest.mark.parametrize(
    ("traffic", "header", "status", "code", "why"),
    [
        ({"blue": 100}, "X: y", 503, "NotReady", "blue is to answer and cannot yet"),
        ({"blue": 100}, "azureml-model-deployment: blue", 503, "NotReady", "asked for by name it will answer as well"),
        ({"blue": 100}, "azureml-model-deployment: pink", 404, "NoDeployment", "nobody of that name"),
        ({"green": 0, "blue": 100, "red": 1}, "azureml-model-deployment: red", 200, "", "red is there"),
        ({"blue": 100, "red": 1}, "X: y", 200, "", "red answers while blue cannot"),
    ],
)
def test_traffic_without_a_server_is_a_503_that_says_when_to_come_again(
    tmp_path: Path, traffic: dict[str, int], header: str, status: int, code: str, why: str
) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.server("red")
            await fixture.apply(fixture.route("red"), traffic=traffic)
            found, headers, body = await fixture.ask(b"{}", header)
            assert found == status, why
            if code:
                assert json.loads(body)["error"]["code"] == code
            assert headers.get("retry-after", "") == ("2" if status == 503 else "")

    asyncio.run(check())


def test_trailers_are_no_headers(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            blue = await fixture.server("blue")
            await fixture.apply(fixture.route("blue"))
            chunks = (
                b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Planted: yes\r\nAuthorization: Bearer x\r\n\r\n"
            )
            head = b"POST /score HTTP/1.1\r\nHost: x\r\n" + AUTH + CLOSE
            assert [status for status, _, _ in await fixture.exchange(head + chunks)] == [200]
            assert b"planted" not in blue.requests[0].lower()

    asyncio.run(check())


@pytest.mark.parametrize("framing", [b"Content-Length: 900\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n384\r\n"])
def test_whoever_has_no_key_is_told_before_the_body(tmp_path: Path, framing: bytes) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.apply(fixture.route("blue"))
            reader, writer = await asyncio.open_connection("127.0.0.1", fixture.port)
            writer.write(b"POST /score HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n" + framing + b"x")
            assert (await asyncio.wait_for(reader.readline(), 20)).split()[1] == b"401"
            writer.close()

    asyncio.run(check())


def test_a_refused_body_is_read_to_its_end_so_that_the_answer_arrives(tmp_path: Path) -> None:
    """As http.client and requests do it: the whole body first, then the answer."""

    def ask(port: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("POST", "/score", b"x" * 20_000_000, {"Authorization": f"Bearer {KEY}"})
        status = connection.getresponse().status
        connection.close()
        return status

    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.apply(fixture.route("blue"))
            assert await asyncio.to_thread(ask, fixture.port) == 413

    asyncio.run(check())


def test_a_large_body_waits_on_disk_and_arrives_whole(tmp_path: Path) -> None:
    body = bytes(range(256)) * 4000

    async def check() -> None:
        async with routing(tmp_path, max_body=10_000_000) as fixture:
            blue = await fixture.server("blue")
            await fixture.apply(fixture.route("blue"))
            assert [status for status, _, _ in await fixture.exchange(score(body, extra=CLOSE))] == [200]
            assert blue.requests[0].endswith(body)

    asyncio.run(check())


@pytest.mark.parametrize(
    ("sent", "after", "outcome"),
    [
        (b"", IDLE_S, "closed"),
        (b"POST /sc", SILENCE_S, "408"),
        (b"POST /score HTTP/1.1\r\nHost: x\r\n" + AUTH + b"Content-Length: 9\r\n\r\nshort", SILENCE_S, "408"),
        (b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nshort", LINGER_S, "401"),
    ],
    ids=["nothing", "half a head", "half a body", "half a body without a key"],
)
def test_slow_callers_are_given_up(tmp_path: Path, sent: bytes, after: float, outcome: str) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.apply(fixture.route("blue"))
            reader, writer = await asyncio.open_connection("127.0.0.1", fixture.port)
            writer.write(sent)
            (door,) = fixture.router._doors.values()
            await until(lambda: door.connections)
            if sent:
                await until(lambda: any(c.begun for c in door.connections))
            now = asyncio.get_running_loop().time()
            door.sweep(now + after / 2 if outcome != "401" else now)
            assert door.connections
            door.sweep(now + after + 1)
            received = await asyncio.wait_for(reader.read(), 20)
            assert received.split()[1:2] == ([] if outcome == "closed" else [outcome.encode()])
            writer.close()
            await until(lambda: not door.connections)

    asyncio.run(check())


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.001)
