"""Code on the wire: uploaded once for each content, then found by its hash."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from orchestrator.core.errors import Invalid
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.arm.assets import next_version
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.paging import page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope, shorten
from orchestrator.workspace.arm.storage import Storage, account_path, code_container
from orchestrator.workspace.arm.tokens import Tokens
from orchestrator.workspace.arm.wire_store import Entry, WireStore, sent_of, system_data
from orchestrator.workspace.files.content import SCHEME
from orchestrator.workspace.records.record import Record, RecordKey

KIND: Final = "codes"

_HASHES = ("hash_sha256", "hash")


class Codes:
    """Answers for code versions."""

    def __init__(self, wire_store: WireStore, storage: Storage, tokens: Tokens) -> None:
        self._wire_store = wire_store
        self._storage = storage
        self._tokens = tokens

    def register(self, routes: Routes) -> None:
        """Answer for them."""
        routes.add("GET", "codes/{name}/versions", self._list)
        routes.add("GET", "codes/{name}/versions/{version}", self._get)
        routes.add("PUT", "codes/{name}/versions/{version}", self._put)
        routes.add("POST", "codes/{name}/versions/{version}/startPendingUpload", self._start)
        routes.add("GET", "codes/{name}", self._container)

    def path(self, reference: str) -> str:
        """The content of a code's id: what bodies of jobs and deployments contain.

        Raises:
            NotFound: there is no such code.
        """
        if "://" in reference:
            return shorten(reference)
        name, _, version = shorten(reference).removeprefix("azureml:").partition(":")
        return str(self._wire_store.get(RecordKey(KIND, f"{KIND}.{name}", version)).body["path"])

    def _list(self, call: Call) -> Answer:
        requested = call.request.query.get("hash")
        records = self._wire_store.list(KIND)
        if requested:
            # The client asks under a new random name each time; only the hash tells. Source: recordings of azure-ai-ml.
            found = [record for record in records if requested == record.body.get("hash")]
        else:
            found = [record for record in records if record.name == call.names["name"]]
        return page(call.request, found, lambda record: _view(call.scope, record))

    def _container(self, call: Call) -> Answer:
        versions = [record.revision for record in self._wire_store.list(KIND) if record.name == call.names["name"]]
        properties = {"latestVersion": versions[-1] if versions else None, "nextVersion": next_version(versions)}
        return Answer.of({"id": call.scope.resource(KIND, call.names["name"]), "properties": properties})

    def _get(self, call: Call) -> Answer:
        return Answer.of(_view(call.scope, self._wire_store.get(_key(call))))

    def _start(self, call: Call) -> Answer:
        container = code_container(call.names["name"])
        address = f"{call.request.base}/{account_path()}/{container}"
        reference = {"credentialType": "SAS", "sasUri": f"{address}?{self._tokens.grant(container)}"}
        return Answer.of(
            {
                "pendingUploadId": call.names["name"],
                "pendingUploadType": "TemporaryBlobReference",
                "blobReferenceForConsumption": {
                    "blobUri": address,
                    "credential": reference,
                    "storageAccountArmId": call.scope.id,
                },
            }
        )

    def _put(self, call: Call) -> Answer:
        sent = dict(call.request.json().get("properties") or {})
        key = _key(call)
        existing = self._wire_store.find(key)
        if existing is not None:
            return Answer.of(_view(call.scope, existing))
        folder = self._folder(str(sent.get("codeUri") or ""))
        manifest = {path.relative_to(folder).as_posix(): "" for path in sorted(folder.rglob("*")) if path.is_file()}
        if not manifest:
            raise Invalid("Nothing was uploaded for this code.")
        digest = self._wire_store.workspace.keep(LocalFiles(folder, "", "code", manifest))
        hashes = sent.get("properties") or {}
        body = {"path": SCHEME + digest, "hash": next((hashes[name] for name in _HASHES if name in hashes), None)}
        record, _ = self._wire_store.write(Entry(key, body, sent))
        return Answer.of(_view(call.scope, record), 201)

    def _folder(self, uri: str) -> Path:
        path = unquote(urlsplit(uri).path).strip("/")
        container, _, rest = path.removeprefix(account_path()).strip("/").partition("/")
        folder = self._storage.place(container, rest)
        if not folder.is_dir():
            raise Invalid(f"There is no uploaded folder behind '{uri.split('?', 1)[0]}'.")
        return folder


def _view(scope: Scope, record: Record) -> dict[str, Any]:
    return {
        "id": scope.resource(KIND, record.name, "versions", record.revision),
        "name": record.revision,
        "type": f"{PROVIDER}/workspaces/codes/versions",
        "systemData": system_data(record),
        "properties": {
            "properties": {},
            "isArchived": False,
            **(sent_of(record) or {}),
            "provisioningState": "Succeeded",
        },
    }


def _key(call: Call) -> RecordKey:
    return RecordKey(KIND, f"{KIND}.{call.names['name']}", call.names["version"])
