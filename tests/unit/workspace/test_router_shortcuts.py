"""What the router spares itself changes nothing of what it does: heads that are recalled, answers that go on as they are."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from orchestrator.workspace.serving.router import reader as reader_module
from orchestrator.workspace.serving.router.body import IN_MEMORY
from orchestrator.workspace.serving.router.errand import Deadlines, Errand
from orchestrator.workspace.serving.router.messages import Reply, RequestHead, ScoringCall
from orchestrator.workspace.serving.router.reader import RequestReader
from orchestrator.workspace.serving.router.reading import BodyReading
from orchestrator.workspace.serving.router.recall import known_head
from orchestrator.workspace.serving.router.upstream import Disconnected, UpstreamConnection
from tests.unit.workspace.router_fakes import KEY, OTHER_KEY, FakeServer, answers_in, reply, routing

Seen = tuple[object, ...]


@dataclass
class Caller:
    """What a reader says to the connection that it reads for."""

    limit: int = 10_000_000
    deaf: bool = False
    seen: list[Seen] = field(default_factory=list)
    encouraged: int = 0

    def arrived(self, call: ScoringCall) -> None:
        payload = call.payload(b"id")
        whole = payload if isinstance(payload, bytes) else payload()
        self.seen.append((whole, call.head.authorization, call.head.deployment, call.head.keep_alive, call.head.old))

    def refuse(self, reply: Reply) -> None:
        if not self.deaf:
            self.deaf = True
            self.seen.append((reply.status,))

    def lets_in(self, head: RequestHead) -> bool:
        return True

    def encourage(self) -> None:
        self.encouraged += 1


def reader_of(caller: Caller) -> RequestReader:
    return RequestReader(caller, BodyReading(0.0), lambda: 1.0)  # type: ignore[arg-type]


def request(body: bytes, *headers: bytes, first: bytes = b"POST /score HTTP/1.1") -> bytes:
    lines = [first, b"Host: x", *headers, *([b"Content-Length: %d" % len(body)] if body else [])]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


CHUNKED = b"POST /score HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
REQUESTS = [
    request(b"one"),
    request(b"two"),
    request(b"2\r\n\r\n"),
    request(b"other, longer", b"Authorization: Bearer a"),
    request(b"other, longer", b"Authorization: Bearer b", b"azureml-model-deployment: blue"),
    request(b"", first=b"GET /score?a=1 HTTP/1.1"),
    request(b"", b"Content-Length: 0"),
    request(b"old", b"Connection: keep-alive", first=b"POST /score HTTP/1.0"),
    request(b"\r\n\r\n"),
    request(b"go on", b"Expect: 100-continue"),
    request(b"up", b"Connection: upgrade", b"Upgrade: h2c"),
    CHUNKED,
    CHUNKED.replace(b"0\r\n\r\n", b"0\r\nTrailer: yes\r\n\r\n"),
    b"\r\n" + request(b"behind an empty line"),
    request(b"x" * (IN_MEMORY + 1)),
]


def pieces(random: Random, stream: bytes, heads: list[int]) -> list[bytes]:
    """The stream as it may come: whole, each request by itself, bodies by themselves, or cut anywhere."""
    many = random.choice((0, 1, 1, 3, 40))
    at = {*random.choice(([], heads, heads)), *(random.randrange(1, len(stream)) for _ in range(many))}
    cuts = [0, *sorted(at), len(stream)]
    return [stream[begin:end] for begin, end in pairwise(cuts) if begin < end]


def test_requests_mean_the_same_however_they_come_and_whatever_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    recalled = 0
    before = RequestReader._recall

    def counted(self: RequestReader, *arguments: object) -> None:
        nonlocal recalled
        recalled += 1
        before(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(reader_module.RequestReader, "_recall", counted)
    for seed in range(400):
        random = Random(seed)
        kinds = random.sample(REQUESTS, k=random.choice((1, 2, 4)))
        asked = random.choices(kinds, k=random.randrange(2, 9))
        alone = []
        for one in asked:
            caller = Caller()
            reader_of(caller).feed(one)
            alone += caller.seen
        stream, heads, end = b"".join(asked), [], 0
        for one in asked:
            heads += [end + one.find(b"\r\n\r\n") + 4, end + len(one)]
            end += len(one)
        caller = Caller()
        reader = reader_of(caller)
        for piece in pieces(random, stream, heads):
            reader.feed(piece)
        assert caller.seen == alone, f"seed {seed}"
        assert not reader.begun
    assert recalled > 200


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"POST / HTTP/1.1\r\nHost: x\r\n", "its end has not come"),
        (b"\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\n\r\n", "an empty line before it looks like its end"),
        (b"POST / HTTP/1.1\nContent-Length: 9\n\nab\r\n\r\ncde", "lines that end otherwise: the end that is found is in the body"),
        (b"POST / HTTP/1.1\r\nA: " + b"x" * 9000 + b"\r\n\r\n", "it is long"),
    ],
)  # fmt: skip
def test_a_head_whose_end_is_not_certain_is_not_kept(data: bytes, why: str) -> None:
    assert known_head(data, 0, None) is None, why


def answer(*lines: bytes, body: bytes = b"{}", first: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return b"\r\n".join([first, b"Content-Length: %d" % len(body), *lines]) + b"\r\n\r\n" + body


ANSWERS = {
    "plain": answer(b"Content-Type: application/json", b"x-ms-run-fn-exec-ms: 0.123"),
    "empty": answer(body=b""),
    "failed": answer(first=b"HTTP/1.1 500 Internal Server Error"),
    "no phrase": answer(first=b"HTTP/1.1 599 "),
    "between neighbours": answer(b"Keep-Alive: timeout=5", b"CONNECTION: keep-alive", b"X-Mine: yes"),
    "upgrade offered": answer(b"Upgrade: h2c", b"X-Mine: yes"),
    "like a neighbour's": answer(b"Connection-Pool: 5", b"X-Upgrade: no"),
    "length later": b"HTTP/1.1 200 OK\r\nX-Mine: yes\r\nContent-Length: 2\r\n\r\n{}",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "beyond ASCII": answer("X-Mine: é".encode("latin-1")),
    "no value": answer(b"X-Mine:", b"X-Other: "),
    "nothing to say": b"HTTP/1.1 204 No Content\r\nX-Mine: yes\r\n\r\n",
    "more bytes than it says": answer() + b"HTTP",
    "closes": answer(b"Connection: close"),
    "two lengths": answer(b"Content-Length: 5"),
    "no HTTP": b"hello\r\n\r\n",
    "a line without a return": answer(b"X-Mine: yes\nX-Planted: yes"),
    "long": answer(body=b"x" * 100_000),
}


class Transport:
    """What an answer comes on."""

    def __init__(self) -> None:
        self.aborted = False

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None:
        self.aborted = True


def outcome_of(*data: bytes) -> Seen:
    told: list[Reply | Disconnected] = []
    connection, transport = UpstreamConnection(), Transport()
    connection.connection_made(transport)  # type: ignore[arg-type]
    errand = Errand(b"", lambda *_: None, lambda _: None, b"")
    connection.send(b"", errand, lambda _, outcome: told.append(outcome))
    for piece in data:
        connection.data_received(piece)
    if not told:
        return (transport.aborted, connection.usable)
    (found,) = told
    assert isinstance(found, Reply)
    [(status, headers, body)] = answers_in(found.encode().replace("é".encode("latin-1"), b"e"))
    return (status, headers, body, connection.usable)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_the_same_whole_and_in_pieces(name: str) -> None:
    data = ANSWERS[name]
    whole = outcome_of(data)
    assert whole == outcome_of(
        *(data[i : i + 997] for i in range(0, len(data), 997)), *([] if len(data) > 997 else [b""])
    )
    assert whole == outcome_of(data[:1], data[1:])
    if isinstance(whole[1], dict):
        assert not {"keep-alive", "upgrade", "transfer-encoding", "connection", "x-planted"} & set(whole[1])


def test_a_key_that_is_taken_back_opens_nothing_on_a_connection_that_used_it(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            blue = await fixture.server("blue")
            await fixture.apply(fixture.route("blue"))
            reader, writer = await asyncio.open_connection("127.0.0.1", fixture.port)
            ask = request(b"{}", f"Authorization: Bearer {KEY}".encode())

            async def status() -> int:
                writer.write(ask)
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]))
                return int(head.split()[1])

            assert [await status() for _ in range(3)] == [200] * 3
            fixture.keys = fixture.keys[1:]
            await fixture.apply(fixture.route("blue"))
            assert await status() == 401
            assert len(blue.requests) == 3
            assert (await fixture.ask(key=OTHER_KEY))[0] == 200
            writer.close()

    asyncio.run(check())


def test_a_lower_limit_holds_for_a_connection_that_sent_more_before(tmp_path: Path) -> None:
    async def check() -> None:
        async with routing(tmp_path) as fixture:
            await fixture.server("blue")
            await fixture.apply(fixture.route("blue"))
            reader, writer = await asyncio.open_connection("127.0.0.1", fixture.port)
            ask = request(b"x" * 100, f"Authorization: Bearer {KEY}".encode())
            for limit, status in ((1000, b"200"), (1000, b"200"), (50, b"413")):
                fixture.max_body = limit
                await fixture.apply(fixture.route("blue"))
                writer.write(ask)
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.split()[1] == status
                await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]))
            writer.close()

    asyncio.run(check())


def test_a_caller_who_leaves_the_queue_is_counted_once_and_frees_its_place(tmp_path: Path) -> None:
    async def check() -> None:
        go = asyncio.Event()

        async def wait(got: bytes, writer: asyncio.StreamWriter) -> None:
            await go.wait()
            reply(writer, b"1")

        async with routing(tmp_path) as fixture:
            blue: FakeServer = await fixture.server("blue", wait)
            await fixture.apply(fixture.route("blue", concurrency=1, queue=1))

            def numbers() -> tuple[int, int, int]:
                found = fixture.router.counters()["hf"]["blue"]
                return found["requests"], found["errors"], found["waiting"]

            first = asyncio.create_task(fixture.ask())
            await until(lambda: len(blue.requests) == 1)
            leaves = asyncio.create_task(fixture.ask())
            await until(lambda: numbers()[2] == 1)
            leaves.cancel()
            await until(lambda: numbers() == (1, 1, 0))
            stays = asyncio.create_task(fixture.ask())
            await until(lambda: numbers()[2] == 1)
            go.set()
            assert [(await first)[0], (await stays)[0]] == [200, 200]
            assert numbers() == (3, 1, 0)
            assert fixture.router.status()["busy"] == {str(blue.socket): 0}

    asyncio.run(check())


def test_one_timer_watches_over_all_and_rings_for_each_at_its_time() -> None:
    async def check() -> None:
        loop = asyncio.get_running_loop()
        rung: list[float] = []

        def expired(errand: Errand) -> None:
            deadlines.forget(errand)
            rung.append(round(errand.deadline - begin, 3))

        def errand(seconds: float) -> Errand:
            made = Errand(b"", lambda *_: None, lambda _: None, b"")
            made.deadline = begin + seconds
            return made

        deadlines, begin = Deadlines(expired), loop.time()
        late, soon, answered = errand(0.03), errand(0.01), errand(0.02)
        moved = errand(9.0)
        for one in (late, soon, answered, moved):
            deadlines.watch(one)
        deadlines.forget(answered)
        moved.deadline = begin + 0.04
        deadlines.watch(moved)
        for _ in range(100):
            passing = errand(0.02)
            deadlines.watch(passing)
            deadlines.forget(passing)
        await until(lambda: len(rung) == 3)
        assert rung == [0.01, 0.03, 0.04]

    asyncio.run(check())


async def until(condition: object) -> None:
    async with asyncio.timeout(20):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.001)
