"""A small wire fake of Azure Resource Manager: resources by path, operations, pages, faults. No behaviour of its own.

It stands in for the service where a test is about one exchange; what a workspace does with it is the embedded workspace's matter.
"""

from __future__ import annotations

import base64
import contextlib
import json
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
WORKSPACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
CREATED = "2026-01-01T00:00:00+00:00"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request.

    Attributes:
        path: below the workspace, in lower case.
        written: the whole path as it was written.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any = None
    written: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""


@dataclass(slots=True)
class Answer:
    """What goes back; `drop` closes the connection instead."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    raw: bytes | None = None


Rule = Callable[[Exchange], Answer | None]


class Wire:
    """The fake's memory. Tests put resources in, look at exchanges and add rules.

    Attributes:
        resources: lower-cased path below the workspace to the body.
        exchanges: every request to the workspace, in order.
        rules: asked first, the newest first; None means the usual answer.
        page: how many items a page has.
        finishing: jobs are complete as soon as they are submitted.
        operation_polls: how often an operation says that it goes on.
        connections: how many were made.
        connected: how many are open.
    """

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Any]] = {}
        self.exchanges: list[Exchange] = []
        self.rules: list[Rule] = []
        self.page = 100
        self.operation_polls = 0
        self.key = "key-1"
        self.log = b""
        self.run_tags: dict[str, str] = {}
        self.finishing = False
        self.failing: dict[str, dict[str, str]] = {}
        self.url = ""
        self.connections = 0
        self.connected = 0
        self._operations: dict[str, tuple[int, str]] = {}
        self._count = 0
        self._using = threading.RLock()

    def calls(self, method: str = "", part: str = "") -> list[str]:
        """``METHOD path`` of each exchange that has both."""
        return [
            f"{e.method} {e.path}" for e in self.exchanges if e.method.startswith(method) and part.lower() in e.path
        ]

    def connect(self, by: int) -> None:
        """A connection was made (1) or has ended (-1)."""
        with self._using:
            self.connections += max(by, 0)
            self.connected += by

    def answer(self, exchange: Exchange) -> Answer:
        """The answer to a request, after the rules."""
        with self._using:
            self.exchanges.append(exchange)
            for rule in reversed(self.rules):
                answer = rule(exchange)
                if answer is not None:
                    return answer
            return self._usual(exchange)

    def _usual(self, exchange: Exchange) -> Answer:
        path = exchange.path
        if path.startswith("/operations/"):
            return self._operation(path)
        if path.endswith("/token"):
            return Answer(body={"token_type": "Bearer", "expires_in": 3600, "access_token": _jwt()})
        if "openid-configuration" in path:
            return Answer(body=self._authority(path))
        if path == "/log":
            return Answer(raw=self.log)
        if path.startswith("/discovery"):
            return Answer(body={"history": self.url, "api": self.url})
        if "/history/v1.0/" in path:
            return self._history(exchange)
        if path == "":
            return Answer(body=self._workspace())
        match exchange.method:
            case "PUT":
                return self._put(exchange)
            case "DELETE":
                return self._delete(path)
            case "GET":
                return self._get(exchange)
            case "POST":
                return self._post(path)
        return Answer(404, _error("NotSupported", f"{exchange.method} {path}"))

    def _put(self, exchange: Exchange) -> Answer:
        known = exchange.path in self.resources
        body = self._kept(exchange)
        self.resources[exchange.path] = body
        if not _is_operation(exchange.path):
            return Answer(200 if known else 201, body)
        body["properties"]["provisioningState"] = "Updating" if known else "Creating"
        return Answer(200 if known else 201, body, self._start(exchange.path))

    def _kept(self, exchange: Exchange) -> dict[str, Any]:
        self._count += 1
        path, body = exchange.path, exchange.body
        properties = dict(body.get("properties") or {})
        if path.startswith("/models/"):
            properties.setdefault("flavors", {})
        if path.startswith("/jobs/"):
            properties |= {
                "status": "Completed" if self.finishing else "Running",
                "services": {"Studio": {"endpoint": "https://studio"}},
            }
        if path.count("/") == 2 and path.startswith("/onlineendpoints/"):
            properties["scoringUri"] = f"{self.url}/score"
        if "/deployments/" in path:
            properties.setdefault("scaleSettings", {"scaleType": "Default"})
        properties.setdefault("isArchived", False)
        return {
            **body,
            "id": exchange.written,
            "name": exchange.written.rsplit("/", 1)[-1],
            "type": "Microsoft.MachineLearningServices/workspaces/x",
            "properties": properties,
            "systemData": _system_data(f"2026-01-01T00:00:00.{self._count:06}+00:00"),
        }

    def _start(self, path: str) -> dict[str, str]:
        number = f"/operations/{len(self._operations)}"
        self._operations[number] = (self.operation_polls, path)
        return {"Azure-AsyncOperation": f"{self.url}{number}?api-version=1", "Retry-After": "1"}

    def _operation(self, number: str) -> Answer:
        left, path = self._operations[number]
        self._operations[number] = (left - 1, path)
        if left > 0:
            return Answer(body={"status": "InProgress"}, headers={"Retry-After": "1"})
        failure = self.failing.get(path)
        if path in self.resources:
            self.resources[path]["properties"]["provisioningState"] = "Failed" if failure else "Succeeded"
        return Answer(body={"status": "Failed", "error": failure} if failure else {"status": "Succeeded"})

    def _history(self, exchange: Exchange) -> Answer:
        """The run history's own host: details of runs, and changes of their labels."""
        run = f"/jobs/{exchange.path.split('/runs/')[1].split('/')[0]}"
        properties = self.resources[run]["properties"]
        if exchange.path.endswith("/tags"):
            gone = exchange.body["tagsToDelete"]
            properties["tags"] = {name: value for name, value in properties["tags"].items() if name not in gone}
            return Answer(body={"runId": run})
        if exchange.method == "PATCH":
            if "hidden" in exchange.body:
                properties["isArchived"] = exchange.body["hidden"]
            properties["tags"] = {**properties.get("tags", {}), **(exchange.body.get("tags") or {})}
            return Answer(body={"runId": run})
        files = {"user_logs/std_log.txt": f"{self.url}/log?sig=hush"}
        return Answer(body={"runId": run, "status": properties["status"], "logFiles": files, "tags": self.run_tags})

    def _post(self, path: str) -> Answer:
        resource, _, verb = path.rpartition("/")
        if resource not in self.resources:
            return Answer(404, _error("ResourceNotFound", f"{resource} was not found."))
        if verb == "cancel":
            self.resources[resource]["properties"]["status"] = "Canceled"
            return Answer(200)
        if verb == "listkeys":
            return Answer(body={"primaryKey": self.key, "secondaryKey": "other"})
        return Answer(404, _error("NotSupported", path))

    def _delete(self, path: str) -> Answer:
        if self.resources.pop(path, None) is None:
            return Answer(204)
        return Answer(202, headers=self._start(path)) if _is_operation(path) else Answer(200)

    def _get(self, exchange: Exchange) -> Answer:
        path = exchange.path
        if path in self.resources:
            return Answer(body=self.resources[path])
        last = path.rsplit("/", 1)[-1]
        if path.endswith("/providers/microsoft.machinelearningservices/workspaces"):
            return Answer(body={"value": [self._workspace()]})
        if last.lower() in {"roleassignments", "registries"}:
            return Answer(body={"value": []})
        if last in _COLLECTIONS:
            return self._list(exchange)
        versions = sorted(p for p in self.resources if p.startswith(f"{path}/versions/"))
        if versions:
            return Answer(body=_container(path, versions))
        return Answer(404, _error("ResourceNotFound", f"{path} was not found."), {"x-ms-request-id": "request-1"})

    def _list(self, exchange: Exchange) -> Answer:
        path = exchange.path
        depth = path.count("/") + 1
        items = [body for p, body in self.resources.items() if p.startswith(f"{path}/") and p.count("/") == depth]
        names = {p[len(path) + 1 :].split("/", 1)[0] for p in self.resources if p.startswith(f"{path}/")}
        if not items:
            items = [_container(f"{path}/{name}", [f"{path}/{name}/versions/1"]) for name in sorted(names)]
        items = [item for item in items if _shown(item, exchange.query)]
        start = int(exchange.query.get("$skip", 0))
        answer: dict[str, Any] = {"value": items[start : start + self.page]}
        if start + self.page < len(items):
            answer["nextLink"] = f"{self.url}{WORKSPACE}{path}?api-version=1&$skip={start + self.page}"
        return Answer(body=answer)

    def _workspace(self) -> dict[str, Any]:
        return {
            "id": WORKSPACE,
            "kind": "Default",
            "name": "ws",
            "location": "westeurope",
            "properties": {"discoveryUrl": f"{self.url}/discovery", "workspaceId": "w-1", "storageAccount": "st"},
            "systemData": _system_data(CREATED),
        }

    def _authority(self, path: str) -> dict[str, str]:
        base = f"{self.url}/tenant"
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "issuer": f"{base}/v2.0",
        }


_COLLECTIONS = frozenset(
    {
        "batchendpoints",
        "components",
        "computes",
        "connections",
        "data",
        "datastores",
        "deployments",
        "environments",
        "featuresets",
        "featurestoreentities",
        "jobs",
        "marketplacesubscriptions",
        "models",
        "onlineendpoints",
        "schedules",
        "serverlessendpoints",
        "versions",
    }
)


def _system_data(when: str) -> dict[str, str]:
    who = {"createdBy": "somebody", "createdByType": "User", "lastModifiedBy": "somebody", "lastModifiedByType": "User"}
    return who | {"createdAt": when, "lastModifiedAt": when}


def _shown(item: dict[str, Any], query: dict[str, str]) -> bool:
    """Whether an item is listed, as the service's query parameters say."""
    properties = item["properties"]
    archived = {"ActiveOnly": False, "ArchivedOnly": True}.get(query.get("listViewType", "All"))
    tagged = "tag" not in query or query["tag"] in (properties.get("tags") or {})
    return tagged and (archived is None or bool(properties.get("isArchived")) is archived)


def _is_operation(path: str) -> bool:
    return path.startswith(("/computes/", "/onlineendpoints/"))


def _container(path: str, versions: list[str]) -> dict[str, Any]:
    last = versions[-1].rsplit("/", 1)[-1]
    return {
        "id": f"{WORKSPACE}{path}",
        "name": path.rsplit("/", 1)[-1],
        "properties": {"latestVersion": last, "nextVersion": "1", "dataType": "uri_file", "isArchived": False},
        "systemData": _system_data(CREATED),
    }


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _jwt() -> str:
    def part(body: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=").decode()

    claims = {"aud": "https://ml.azure.com/", "tid": "tenant", "oid": "object", "exp": 4_000_000_000}
    return f"{part({'alg': 'none'})}.{part(claims)}."


@contextlib.contextmanager
def serving(certificate: Path) -> Iterator[Wire]:
    """Answer on loopback over TLS until the block ends."""
    wire = Wire()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Quiet."""

        def handle(self) -> None:
            wire.connect(1)
            try:
                super().handle()
            finally:
                wire.connect(-1)

        def _any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            is_json = "json" in (self.headers.get("Content-Type") or "")
            body = json.loads(raw) if is_json and raw else None
            path = parts.path.lower().removeprefix(WORKSPACE.lower()).rstrip("/")
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = wire.answer(
                Exchange(self.command, path, dict(parse_qsl(parts.query)), body, parts.path, headers, raw)
            )
            if answer.drop:
                self.close_connection = True
                return
            data = b"" if answer.body is None else json.dumps(answer.body).encode()
            data = data if answer.raw is None else answer.raw
            binary = answer.raw is not None and not answer.raw.startswith(b"<?xml")
            kind = (
                "application/octet-stream"
                if binary
                else "application/json"
                if answer.raw is None
                else "application/xml"
            )
            head = [f"HTTP/1.1 {answer.status} X", f"Content-Length: {len(data)}", f"Content-Type: {kind}"]
            head += [f"{name}: {value}" for name, value in answer.headers.items()]
            self.wfile.write(
                "\r\n".join([*head, "", ""]).encode() + data
            )  # one write: no 40 ms wait for an acknowledgement

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = _any  # noqa: N815

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            if not isinstance(
                sys.exception(), OSError
            ):  # a client that goes away, or that does not trust us, is no news
                super().handle_error(request, client_address)

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.daemon_threads = True
    wire.url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
