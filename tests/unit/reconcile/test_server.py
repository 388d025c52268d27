"""The loop over HTTP: what is shown, what is refused, and what a stranger can do (nothing)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.responses import Response as Sent
from starlette.types import Receive, Scope, Send

from orchestrator.core.errors import UnsupportedSetup
from orchestrator.http.server import HttpServer, Limits, bind
from orchestrator.reconcile.ports import PassSummary
from orchestrator.reconcile.record import Condition, ConditionType, Entry, Record, Tried, to_document
from orchestrator.reconcile.server.api import AccessKeys, Api
from orchestrator.reconcile.server.doors import LONGEST_HOOK
from orchestrator.reconcile.server.http import application, serving
from orchestrator.reconcile.server.listen import Listen
from orchestrator.reconcile.server.messages import HttpRequest, Response
from orchestrator.reconcile.server.metrics import Metrics
from orchestrator.reconcile.server.openapi import document
from orchestrator.reconcile.server.routes import ROUTES, Route
from orchestrator.reconcile.source.secret import SecretReference
from orchestrator.reconcile.stages import StandingBy

TOKEN = SecretReference("env", "API_TOKEN_OF_TEST")
HOOK = SecretReference("env", "HOOK_SECRET_OF_TEST")
ENTRY = Entry("p1", "interval", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:01+00:00", 1.0, "abc", "clean")
RECORD = Record(
    conditions=(Condition(ConditionType.READY, status=True, reason="UpToDate"),),
    attempted=Tried("abc", "First", "2026-01-01T00:00:01+00:00"),
    pending=(
        {
            "address": "jobs.train",
            "action": "run",
            "reason": "changed",
            "why": "observe-only",
            "cause": "changed",
            "drift": False,
        },
    ),
    drift={"compute.cpu": "2026-01-01T00:00:00+00:00"},
    last_success="2026-01-01T00:00:01+00:00",
    history=(ENTRY,),
)


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.seconds = 1_767_225_661.0  # 2026-01-01T00:01:01Z

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds


class Board:
    """Two projects, and a note of what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.is_ready = True
        self.is_alive = True
        self.standing_by_for = ""

    def ready(self) -> bool:
        return self.is_ready

    def alive(self) -> bool:
        return self.is_alive

    def projects(self) -> Sequence[str]:
        return ("heart", 'odd "name"')

    def status(self, project: str) -> Mapping[str, Any] | None:
        if project not in self.projects():
            return None
        live = {"project": project, "running": False, "standing_by_for": "", "next_pass_in_s": 12.5}
        return {key: value for key, value in {**to_document(RECORD), **live}.items() if key != "history"}

    def history(self, project: str, limit: int) -> Sequence[Mapping[str, Any]]:
        return to_document(RECORD)["history"][:limit]  # type: ignore[no-any-return]

    def trigger(self, project: str) -> None:
        self.asked.append(("trigger", project))

    def suspend(self, project: str) -> None:
        self._must_own()
        self.asked.append(("suspend", project))

    def resume(self, project: str) -> None:
        self._must_own()
        self.asked.append(("resume", project))

    def _must_own(self) -> None:
        if self.standing_by_for:
            raise StandingBy(self.standing_by_for)


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(Clock())


@pytest.fixture
def api(board: Board, metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("API_TOKEN_OF_TEST", "open-sesame")
    monkeypatch.setenv("HOOK_SECRET_OF_TEST", "shared")
    return Api(board, board, metrics, AccessKeys(TOKEN, {"heart": HOOK}))


def ask(api: Api, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Response:
    """What the app answers, without a socket."""
    path, _, query = path.partition("?")
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http", "method": method, "path": path, "query_string": query.encode(),
        "headers": [*raw, (b"content-length", str(len(body)).encode())],
    }  # fmt: skip
    pieces = iter(((body[:3], True), (body[3:], False)))
    sent: list[Any] = []

    async def receive() -> Any:
        piece, more = next(pieces)
        return {"type": "http.request", "body": piece, "more_body": more}

    async def send(message: Any) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as threads:
        asyncio.run(application(api.answer, Events(), threads, local=False)(scope, receive, send))
    start, end = sent
    shown = {name.decode().title(): value.decode() for name, value in start["headers"]}
    shown["WWW-Authenticate"] = shown.get("Www-Authenticate", "")
    return Response(start["status"], end["body"], shown["Content-Type"], shown)


def schema(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}


def test_health_follows_the_loop(api: Api, board: Board) -> None:
    assert ask(api, "/healthz").status == ask(api, "/readyz").status == 200
    board.is_alive = board.is_ready = False
    assert ask(api, "/healthz").status == ask(api, "/readyz").status == 503


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/projects", "Projects"),
        ("/api/v1/projects/heart", "Status"),
        ('/api/v1/projects/odd "name"', "Status"),
        ("/api/v1/projects/heart/history", "History"),
        ("/api/v1/projects/heart/history?limit=1", "History"),
    ],
)
def test_answers_are_what_the_openapi_document_says(api: Api, path: str, name: str) -> None:
    response = ask(api, path)
    assert (response.status, response.content_type) == (200, "application/json")
    jsonschema.validate(json.loads(response.body), schema(name))


def test_the_openapi_document_is_valid_and_lists_every_route(api: Api) -> None:
    served = json.loads(ask(api, "/openapi.json").body)
    assert served == json.loads(ask(api, "/api/v1/openapi.json").body)
    assert [str(error) for error in OpenAPIV31SpecValidator(served).iter_errors()] == []
    listed = {(method.upper(), path) for path, item in served["paths"].items() for method in item}
    assert listed == {(route.method, route.template) for route in ROUTES}


def test_the_openapi_document_names_every_field_of_a_status(api: Api, board: Board) -> None:
    schemas = document()["components"]["schemas"]
    status = board.status("heart")
    assert status is not None
    hidden = {"format", "notified"}
    assert set(status) - hidden == set(schemas["Status"]["properties"])
    assert set(board.history("heart", 1)[0]) == set(schemas["Pass"]["properties"])


def test_the_openapi_document_and_the_handlers_agree(api: Api) -> None:
    served = json.loads(ask(api, "/api/v1/openapi.json").body)
    operations = [operation["operationId"] for path in served["paths"].values() for operation in path.values()]
    assert sorted(operations) == sorted(route.operation for route in ROUTES) == sorted(set(operations))
    references = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(served)))
    assert references <= set(served["components"]["schemas"])
    for route in ROUTES:
        path = route.template.replace("{project}", "heart")
        assert ask(api, path, route.method).status != 404
        answers = served["paths"][route.template][route.method.lower()]["responses"]
        assert str(ask(api, path, route.method).status) in answers


@pytest.mark.parametrize(
    ("method", "path", "status", "why"),
    [
        ("GET", "/", 404, "nothing there yet"),
        ("GET", "/api/v1/projects/", 404, "an empty name"),
        ("GET", "/api/v1/projects/unknown", 404, "no such project"),
        ("GET", "/api/v1/projects/heart/../heart", 404, "paths are not normalised"),
        ("POST", "/api/v1/projects", 405, "not to be written"),
        ("DELETE", "/api/v1/projects/heart", 405, "not to be deleted"),
        ("GET", "/api/v1/projects/heart/trigger", 405, "a look must not act"),
        ("GET", "/api/v1/projects/heart/history?limit=0", 400, "too few"),
        ("GET", "/api/v1/projects/heart/history?limit=99999999999999", 400, "too many"),
        ("GET", "/api/v1/projects/heart/history?limit=-1", 400, "negative"),
        ("GET", "/api/v1/projects/heart/history?limit=x", 400, "no number"),
    ],
)
def test_refusals_say_why(api: Api, method: str, path: str, status: int, why: str) -> None:
    response = ask(api, path, method)
    assert response.status == status, why
    assert response.content_type == "application/problem+json"
    jsonschema.validate(json.loads(response.body), schema("Problem"))


@pytest.mark.parametrize("action", ["suspend", "resume"])
def test_a_loop_that_stands_by_names_the_one_to_ask(api: Api, board: Board, action: str) -> None:
    board.standing_by_for = "her loop"
    answer = ask(api, f"/api/v1/projects/heart/{action}", "POST", authorization="Bearer open-sesame")
    assert answer.status == 409
    assert b"her loop" in answer.body
    assert board.asked == []


@pytest.mark.parametrize("action", ["trigger", "suspend", "resume"])
def test_who_holds_the_token_may_act(api: Api, board: Board, action: str) -> None:
    path = f"/api/v1/projects/heart/{action}"
    for authorization in (
        "",
        "Bearer",
        "Bearer wrong",
        "Basic open-sesame",
        "open-sesame",
        "Bearer open-sesame2",
        "Bearer é",
    ):
        response = ask(api, path, "POST", authorization=authorization)
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
    assert board.asked == []
    response = ask(api, path, "POST", authorization="bearer open-sesame")
    assert response.status == 202
    jsonschema.validate(json.loads(response.body), schema("Accepted"))
    assert board.asked == [(action, "heart")]
    assert ask(api, f"/api/v1/projects/no/{action}", "POST", authorization="Bearer open-sesame").status == 404


def test_without_a_token_the_server_is_read_only(
    board: Board, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("API_TOKEN_OF_TEST", raising=False)
    for keys, status in ((AccessKeys(), 403), (AccessKeys(TOKEN), 401)):
        api = Api(board, board, metrics, keys)
        assert ask(api, "/api/v1/projects/heart/trigger", "POST", authorization="Bearer ").status == status
    assert board.asked == []


def _signed(body: bytes, key: str = "shared") -> str:
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


BODY = b'{"ref": "refs/heads/main"}'


@pytest.mark.parametrize(
    ("headers", "accepted", "why"),
    [
        ({"x-hub-signature-256": f"sha256={_signed(BODY)}"}, True, "GitHub"),
        ({"x-gitea-signature": _signed(BODY)}, True, "Gitea"),
        ({"x-amlctl-signature-256": f"sha256={_signed(BODY)}"}, True, "ours"),
        ({"x-gitlab-token": "shared"}, True, "GitLab"),
        ({"x-amlctl-token": "shared"}, True, "a sender that cannot sign"),
        ({}, False, "unsigned"),
        ({"x-hub-signature-256": f"sha256={_signed(BODY, 'other')}"}, False, "another secret"),
        ({"x-hub-signature-256": f"sha256={_signed(b'other')}"}, False, "another body"),
        ({"x-hub-signature-256": "sha256="}, False, "empty"),
        ({"x-hub-signature-256": "é"}, False, "not even digits"),
        (
            {"x-hub-signature-256": "sha256=x", "x-gitlab-token": "shared"},
            False,
            "a wrong signature is not made up for",
        ),
        ({"x-gitlab-token": ""}, False, "empty token"),
        ({"x-gitlab-token": "shared2"}, False, "wrong token"),
        ({"x-hub-signature": "sha1=…"}, False, "SHA-1 is not accepted"),
        ({"authorization": "Bearer open-sesame"}, False, "the token is for people"),
    ],
)
def test_a_git_server_proves_that_it_knows_the_secret(
    api: Api, board: Board, headers: dict[str, str], accepted: bool, why: str
) -> None:
    response = ask(api, "/hooks/heart", "POST", BODY, **headers)
    assert (response.status == 202) == accepted, why
    assert board.asked == ([("trigger", "heart")] if accepted else [])


def test_strangers_do_not_learn_which_projects_there_are(api: Api) -> None:
    answers = {ask(api, f"/hooks/{name}", "POST", BODY).body for name in ("heart", 'odd "name"', "unknown")}
    assert len(answers) == 1


HOOK_ROUTE = next(route for route in ROUTES if route.operation == "hook")


def test_a_body_must_have_a_length_within_bounds(api: Api) -> None:
    def never() -> Iterator[bytes]:
        raise AssertionError("read")

    for length, status in ((None, 411), (LONGEST_HOOK + 1, 413)):
        signed = {"x-hub-signature-256": f"sha256={_signed(BODY)}"}
        request = HttpRequest("POST", "/hooks/heart", {}, signed, length, never, "heart")
        assert api.answer(HOOK_ROUTE, request).status == status


LINE = re.compile(
    r"# HELP [a-z_]+ .+|# TYPE [a-z_]+ (counter|gauge|histogram)"
    r'|[a-z_]+\{([a-z]+="(?:[^"\\\n]|\\[\\"n])*")?(,[a-z]+="(?:[^"\\\n]|\\[\\"n])*")*\} (-?\d+(\.\d+)?(e[+-]?\d+)?|\+Inf)'
)


def _samples(text: str) -> dict[str, float]:
    assert text.endswith("\n")
    lines = text.splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    found = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert len(found) == len([line for line in lines if not line.startswith("#")]), "no line stands there twice"
    return {name: float(value) for name, value in found.items()}


def test_metrics_before_the_first_pass(api: Api) -> None:
    response = ask(api, "/metrics")
    assert response.content_type.startswith("text/plain; version=0.0.4")
    samples = _samples(response.body.decode())
    assert samples['amlctl_pass_failures_total{project="heart"}'] == 0
    assert samples['amlctl_last_success_age_seconds{project="heart"}'] == 60, "taken from the status that was kept"
    assert samples['amlctl_ready{project="odd \\"name\\""}'] == 1
    assert samples['amlctl_stalled{project="heart"}'] == 0
    assert samples['amlctl_pending_changes{project="heart"}'] == 1
    assert samples['amlctl_drifted_resources{project="heart"}'] == 1


def test_metrics_count_passes(api: Api, metrics: Metrics) -> None:
    now = Clock().now()
    metrics.passed(PassSummary("heart", "changed", 0.4, now - 30, 2, 1, 0, {"created": 3, "failed": 1}))
    metrics.passed(PassSummary("heart", "failed", 61.0, now - 10, resources={"failed": 1}))
    metrics.passed(PassSummary("heart", "clean", 5.0, now + 999))
    samples = _samples(ask(api, "/metrics").body.decode())
    assert samples['amlctl_passes_total{outcome="changed",project="heart"}'] == 1
    assert samples['amlctl_pass_failures_total{project="heart"}'] == 1
    assert samples['amlctl_drift_total{project="heart"}'] == 2
    assert samples['amlctl_healed_total{project="heart"}'] == 1
    assert samples['amlctl_resources_total{outcome="failed",project="heart"}'] == 2
    buckets = [value for name, value in samples.items() if name.startswith("amlctl_pass_duration_seconds_bucket")]
    assert buckets == sorted(buckets)
    assert samples['amlctl_pass_duration_seconds_bucket{le="5",project="heart"}'] == 2
    assert samples['amlctl_pass_duration_seconds_bucket{le="+Inf",project="heart"}'] == 3
    assert samples['amlctl_pass_duration_seconds_count{project="heart"}'] == 3
    assert samples['amlctl_pass_duration_seconds_sum{project="heart"}'] == pytest.approx(66.4)
    assert samples['amlctl_last_success_age_seconds{project="heart"}'] == 0, (
        "a clock that jumped back gives no negative age"
    )


def _http(url: str, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Message, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


class Events:
    """Remembers what the server told."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, event: str, facts: Mapping[str, object]) -> None:
        self.names.append(event)


@pytest.fixture
def url(api: Api) -> Iterator[str]:
    with serving(api.answer, Listen(port=0), Events()) as address:
        yield address


def test_it_speaks_http(url: str, board: Board) -> None:
    assert _http(url, "GET", "/healthz")[::2] == (200, b"ok\n")
    status, headers, body = _http(url, "HEAD", "/api/v1/projects/heart")
    assert (status, body) == (200, b"")
    assert headers["Cache-Control"] == "no-store"
    assert int(headers["Content-Length"]) > 0
    assert "Python" not in headers["Server"]
    quoted = "/api/v1/projects/odd%20%22name%22/history?limit=1"
    assert json.loads(_http(url, "GET", quoted)[2])["project"] == 'odd "name"'
    large = b"x" * 300_000
    assert _http(url, "POST", "/hooks/heart", large, **{"X-Hub-Signature-256": f"sha256={_signed(large)}"})[0] == 202
    assert _http(url, "POST", "/api/v1/projects/heart/suspend", b"{}", Authorization="Bearer open-sesame")[0] == 202
    assert _http(url, "POST", "/api/v1/projects/heart/suspend", b"{}")[0] == 401
    assert board.asked == [("trigger", "heart"), ("suspend", "heart")]


def test_names_of_other_machines_are_not_answered(url: str) -> None:
    for host, status in (
        ("attacker.example", 421),
        ("", 421),
        ("attacker.example:8642", 421),
        ("localhost:1", 200),
        ("[::1]:1", 200),
    ):
        assert _http(url, "GET", "/api/v1/projects", Host=host)[0] == status, host


def test_nonsense_does_not_stop_it(url: str) -> None:
    netloc = urlsplit(url)
    for nonsense in (
        b"\0\1\2\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /hooks/heart HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    ):
        with socket.create_connection((netloc.hostname or "", netloc.port or 0), timeout=20) as connection:
            connection.sendall(nonsense)
            while connection.recv(4096):
                pass
    with socket.create_connection((netloc.hostname or "", netloc.port or 0), timeout=20) as connection:
        connection.sendall(b"POST /hooks/heart HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nshort")
    assert _http(url, "GET", "/healthz")[0] == 200


def test_many_at_once(url: str) -> None:
    statuses: list[int] = []

    def look() -> None:
        statuses.append(_http(url, "GET", "/metrics")[0])

    threads = [threading.Thread(target=look) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40


def test_a_defect_is_logged_and_not_shown() -> None:
    def broken(route: Route, request: HttpRequest) -> Response:
        raise RuntimeError("the inside of the loop")

    events = Events()
    with serving(broken, Listen(port=0), events) as address:
        status, _, body = _http(address, "GET", "/healthz")
    assert status == 500
    assert b"inside" not in body
    assert events.names == ["http.defect"]


def test_a_taken_port_is_told(url: str, api: Api) -> None:
    taken = Listen(port=urlsplit(url).port or 0)
    with pytest.raises(UnsupportedSetup, match="cannot listen"), serving(api.answer, taken, Events()):
        pass


def test_only_this_machine_is_served_unless_said_otherwise() -> None:
    assert Listen().loopback
    assert Listen("::1").loopback
    assert not Listen("0.0.0.0").loopback


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
@pytest.mark.parametrize("method", METHODS)
def test_every_answer_is_in_the_openapi_document(url: str, route: Route, method: str) -> None:
    path = route.template.replace("{project}", "heart")
    told = document()["paths"][route.template]
    for headers in (
        {},
        {"Authorization": "Bearer open-sesame"},
        {"Authorization": "Bearer \xe9"},
        {"Host": "attacker.example"},
    ):
        status, sent, body = _http(url, method, path, b"{}" if method == "POST" else None, **headers)
        operation = told.get("get" if method == "HEAD" else method.lower()) or next(iter(told.values()))
        answer = operation["responses"][str(status)]
        assert method == "HEAD" or sent["Content-Type"].split(";")[0] in answer["content"]
        if status >= 400 and method != "HEAD":
            assert json.loads(body)["status"] == status
        if status == 405:
            assert sent["Allow"]


def test_slow_callers_cost_the_others_nothing_and_do_not_keep_it_from_closing(api: Api) -> None:
    with ExitStack() as slow, serving(api.answer, Listen(port=0), Events()) as url:
        place = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        beginnings = (
            b"",
            b"GET /heal",
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ",
            b"POST /hooks/heart HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nshort",
        )
        for number in range(120):
            connection = slow.enter_context(socket.create_connection(place, timeout=20))
            connection.sendall(beginnings[number % len(beginnings)])
        for _ in range(20):
            assert _http(url, "GET", "/healthz")[0] == 200
        began = time.monotonic()
    assert time.monotonic() - began < 15, "the grace for requests at hand is bounded"


def test_a_request_whose_head_does_not_come_is_hung_up_on() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Sent(b"well")(scope, receive, send)

    server = HttpServer(app, bind("127.0.0.1", 0), Limits(head_s=0.2, idle_s=1))
    server.start()
    try:
        for beginning in (b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT"):
            with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
                connection.sendall(beginning)
                received = b""
                while piece := connection.recv(4096):
                    received += piece
                assert received.endswith(b"well") is beginning.endswith(b"GET / HT")
    finally:
        server.close()


def test_a_body_does_not_wait_until_its_head_is_acknowledged() -> None:
    at_once: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        transport = send.__self__.transport  # type: ignore[attr-defined]
        at_once.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await Sent(b"well")(scope, receive, send)

    server = HttpServer(app, bind("127.0.0.1", 0))
    server.start()
    try:
        assert _http(f"http://127.0.0.1:{server.port}", "GET", "/")[0] == 200
    finally:
        server.close()
    assert at_once == [1]
