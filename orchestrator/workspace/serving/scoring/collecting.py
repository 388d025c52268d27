"""Collected data: what a model gets and gives, as JSON lines in the form that Azure's collector writes.

Source: Azure ML documentation, data collection from models in production: fields of a line, folders by time, a file for each
instance; azureml-ai-monitoring 1.0: events over HTTP, with their attributes in headers.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import sys
import threading
import time
import uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

AGENT = "amlctl"
EVENT_TYPE = "azureml.inference."
SDK_PATH = "/modeldata/log"
"""Where azureml-ai-monitoring sends what a script collects."""

FOLDERS = {"day": "%Y/%m/%d", "hour": "%Y/%m/%d/%H", "minute": "%Y/%m/%d/%H/%M"}
"""How often a new file is begun, to the folders that it lies in."""

MAX_BODY = 64 * 1024 * 1024
"""Bytes of an event at most."""


class Collector:
    """Writes collected data.

    Args:
        configuration: ``source``, ``rolling_rate``, ``headers``, and ``collections``: name to ``folder`` and ``rate``.
        instance: names the file; no other process has the same.
    """

    def __init__(self, configuration: dict[str, Any], instance: str) -> None:
        self._source = str(configuration["source"])
        self._headers = tuple(str(name).lower() for name in configuration["headers"])
        self._collections: dict[str, dict[str, Any]] = configuration["collections"]
        self._folders = FOLDERS[configuration["rolling_rate"]]
        self._instance = instance
        self._lock = threading.Lock()

    def has(self, collection: str) -> bool:
        """Whether something of this name is collected."""
        return collection in self._collections

    def chosen(self, *collections: str) -> bool:
        """Draw lots for one request: whether its data are among the fraction that is collected."""
        rates = [float(self._collections[name]["rate"]) for name in collections if name in self._collections]
        return bool(rates) and random.random() < max(rates)  # noqa: S311 (a sample, not a secret)

    def captured(self, headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
        """Those headers of a request that are logged with its data."""
        return {name: value for name, value in headers if name in self._headers}

    def write(self, collection: str, data: Any, size: int, attributes: dict[str, Any]) -> None:
        """Write a line.

        Args:
            data: rows, or what a request or its answer holds.
            size: of the data, bytes.
            attributes: fields of the line that come otherwise than by default; ``time`` in seconds since the epoch.
        """
        moment = datetime.fromtimestamp(float(attributes.pop("time", None) or time.time()), tz=timezone.utc)
        line = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": self._source,
            "type": EVENT_TYPE + collection,
            "datacontenttype": "application/json",
            "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "data": data,
            "contentrange": f"bytes 0-{max(0, size - 1)}/{size}",
            "agent": AGENT,
            **attributes,
        }
        folder = Path(self._collections[collection]["folder"]) / moment.strftime(self._folders)
        self._append(folder / f"{self._instance}.jsonl", json.dumps(line, separators=(",", ":")))

    def _append(self, file: Path, line: str) -> None:
        with self._lock:
            file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "rb+", buffering=0) as stream:
                # A process that was killed may have left half a line.
                torn = stream.seek(0, os.SEEK_END) > 0 and _last_byte(stream) != b"\n"
                stream.write(f"{chr(10) if torn else ''}{line}\n".encode())


def _last_byte(stream: Any) -> Any:
    stream.seek(-1, os.SEEK_END)
    return stream.read(1)


class Listener:
    """Takes what azureml-ai-monitoring sends from the same process. Only this machine reaches it."""

    def __init__(self, collector: Collector) -> None:
        handler = type("Handler", (_Handler,), {"collector": collector})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="collector", daemon=True)

    def start(self) -> None:
        """Listen, and tell the package where."""
        os.environ["AZUREML_MDC_HOST"] = "127.0.0.1"
        os.environ["AZUREML_MDC_PORT"] = str(self._server.server_address[1])
        for name in ("no_proxy", "NO_PROXY"):
            os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1"]))
        self._thread.start()

    def stop(self) -> None:
        """Take what is still on its way, then end."""
        package = sys.modules.get("azureml.ai.monitoring.init")
        if package is not None:
            with contextlib.suppress(Exception):  # the package is the user's; whatever it does, the server ends
                package.teardown(wait_for_flush=True)
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    collector: Collector
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take an event."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            self.close_connection = True
            self._reply(413, "The event is too large.")
            return
        body = self.rfile.read(length)
        collection = str(self.headers.get("ce-type") or "").replace(EVENT_TYPE, "", 1)
        if self.path != SDK_PATH or not self.collector.has(collection):
            self._reply(404, f"Nothing named '{collection}' is collected.")
            return
        try:
            self.collector.write(collection, json.loads(body), length, self._attributes())
        except (ValueError, OSError) as error:
            self._reply(400, str(error))
            return
        self._reply(200, "")

    def _attributes(self) -> dict[str, Any]:
        identity = self.headers.get("ce-x-request-id") or str(uuid.uuid4())
        found = {
            "time": self.headers.get("ce-time"),
            "id": self.headers.get("trace-id"),
            "correlationid": identity,
            "xrequestid": identity,
            "modelversion": self.headers.get("ce-model-version"),
            "collectdatatype": self.headers.get("ce-collect-data-type"),
            "agent": self.headers.get("ce-agent"),
        }
        return {name: value for name, value in found.items() if value}

    def _reply(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """The deployment's log is for its own requests."""
