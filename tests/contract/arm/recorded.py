"""A workspace of ours that a round can be sent to without a socket, and the recordings that are kept with the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.backends.azure.recording.step import Place, Reply
from orchestrator.backends.azure.specification.judge import Specification
from orchestrator.backends.azure.specification.operations import api_version
from orchestrator.core.errors import BackendError
from orchestrator.kinds import discover
from orchestrator.workspace.arm.account import GROUP, LOCATION, SUBSCRIPTION, WORKSPACE
from orchestrator.workspace.arm.app import Facade
from orchestrator.workspace.arm.messages import WireError, WireRequest, translate
from orchestrator.workspace.arm.service import Manners
from orchestrator.workspace.arm.tokens import Tokens
from orchestrator.workspace.arm.wire_store import WireStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.store import RecordStore
from tests.unit.backends.played import Supervisor, obey

KEPT: Final = Path(__file__).parents[2] / "recordings"
"""One folder for each round that somebody has recorded."""

ADDRESS: Final = "https://127.0.0.1:8443"
PATH: Final = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}"


class Here:
    """The strict wire of a new workspace, whose supervisor the test plays.

    Args:
        idle: the supervisor sleeps: jobs stay queued, endpoints are being created.

    Attributes:
        now: seconds, as the round sees them.
        log: method and path of what was sent.
        fail: raised instead of the answer to the first request of a method whose path ends so.
    """

    def __init__(self, root: Path, *, idle: bool = False) -> None:
        self._wire_store, self._tokens = WireStore(WorkspacePaths(root)), Tokens.fresh()
        self._store = RecordStore(WorkspacePaths(root))
        played = Supervisor(self._store, obey)
        self._wire_store.workspace.wake = (lambda: None) if idle else played.wake  # type: ignore[method-assign]
        facade = Facade(self._wire_store, self._tokens, discover(), any_workspace=False)
        rules = Specification(discover())
        rules.load()
        self._respond = Manners(rules=rules, known_computes=True).strict(facade.respond, facade.knows)
        self.now = 0.0
        self.log: list[tuple[str, str]] = []
        self.fail: dict[tuple[str, str], BaseException] = {}

    def place(self, prefix: str = "amlrec-7f3a1") -> Place:
        return Place(PATH, api_version(), prefix, LOCATION)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def send(self, method: str, address: str, query: Mapping[str, str], body: Any) -> Reply:
        self.log.append((method, address))
        for (verb, end), error in list(self.fail.items()):
            if verb == method and address.endswith(end):
                del self.fail[verb, end]
                raise error
        path = address.removeprefix(ADDRESS)
        headers = {"authorization": f"Bearer {self._tokens.issue('https://x')[0]}"}
        content = b"" if body is None else json.dumps(body).encode()
        try:
            answer = self._respond(WireRequest(method, path, query, headers, content, ADDRESS))
        except WireError as error:
            answer = error.answer()
        except BackendError as error:
            answer = translate(error).answer()
        told = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(int(answer.status), told, json.loads(answer.body) if answer.body else None)

    def names(self, collection: str) -> list[str]:
        found = self.send("GET", f"{PATH}/{collection}", {"api-version": api_version()}, None)
        return [each["name"] for each in found.body["value"]]

    def close(self) -> None:
        self._store.close()
        self._wire_store.close()
