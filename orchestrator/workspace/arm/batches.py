"""Jobs of batch endpoints on the wire: data are sent to an endpoint, and its jobs are listed.

Source: azure-ai-ml 1.35, ``BatchEndpointOperations.invoke``, ``list_jobs`` and ``BatchJobSchema``; Azure ML documentation, REST for
batch endpoints, whose examples write names with a capital.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.batch import BatchRequest
from orchestrator.core.kind import Kind
from orchestrator.core.wire import RecordWire
from orchestrator.workspace.arm.jobs import status_of
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.paging import page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope, name_of, shorten
from orchestrator.workspace.arm.storage import localise
from orchestrator.workspace.arm.wire_store import WireStore, all_tags, system_data
from orchestrator.workspace.arm.wording import seconds, snake, snake_keys, whole
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.records.record_kinds import JOBS

DEPLOYMENT_HEADER: Final = "azureml-model-deployment"
MFE: Final = "mferp/managementfrontend"
"""Where clients look for lists of such jobs, beside Azure Resource Manager. Source: azure-ai-ml 1.35, ``MFE_PATH_PREFIX``."""

_TYPES: Final = {"urifile": "uri_file", "urifolder": "uri_folder", "mltable": "mltable", "mlflowmodel": "mlflow_model",
                 "custommodel": "custom_model", "tritonmodel": "triton_model"}  # fmt: skip
_LITERAL: Final = "literal"
_UNNAMED: Final = "input"
_PLAIN: Final = (
    "mini_batch_size",
    "error_threshold",
    "output_file_name",
    "logging_level",
    "max_concurrency_per_instance",
)


def scoring_uri(base: str, endpoint: str) -> str:
    """Where data are sent to.

    Args:
        base: of the server.
        endpoint: its id.
    """
    return f"{base}/{MFE}{endpoint}/{JOBS}"


class Batches:
    """Answers for the jobs of the endpoints of one kind.

    Args:
        kind: of the endpoints.
        wire: how those look.
    """

    def __init__(self, kind: Kind, wire: RecordWire, wire_store: WireStore) -> None:
        self._kind = kind
        self._endpoint = f"{wire.collection}/{{name}}"
        self._wire_store = wire_store

    def register(self, routes: Routes) -> None:
        """Answer for them. Posting to the address of an endpoint's jobs invokes it."""
        routes.add("POST", f"{self._endpoint}/{JOBS}", self._invoke, "Score data, as a job.")
        routes.add("GET", f"{self._endpoint}/{JOBS}", self._list, "List the jobs of a batch endpoint.")
        routes.add(
            "GET",
            f"{self._endpoint}/deployments/{{deployment}}/{JOBS}",
            self._list,
            "List the jobs of a batch deployment.",
        )

    def _key(self, call: Call) -> RecordKey:
        return RecordKey(self._kind.key, f"{self._kind.key}.{call.names['name']}")

    def _invoke(self, call: Call) -> Answer:
        sent = lowered(call.request.json().get("properties") or call.request.json().get("Properties") or {})
        request = batch_request(sent, call.request.headers.get(DEPLOYMENT_HEADER, ""))
        record = self._wire_store.workspace.invoke(self._key(call), request)
        return Answer.of(self._view(call.scope, record), 201)

    def _list(self, call: Call) -> Answer:
        key = self._key(call)
        self._wire_store.get(key)
        found = self._wire_store.workspace.batch_runs(key, call.names.get("deployment", ""))
        return page(call.request, found, lambda record: self._view(call.scope, record))

    def _view(self, scope: Scope, record: Record) -> dict[str, Any]:
        return {
            "id": scope.resource(JOBS, record.revision),
            "name": record.revision,
            "type": f"{PROVIDER}/workspaces/{JOBS}",
            "systemData": system_data(record),
            "properties": {
                "name": record.revision,
                "status": status_of(record),
                "tags": all_tags(record),
                "properties": dict(record.body.get("properties") or {}),
            },
        }


def lowered(tree: Any) -> Any:
    """The same with the first letter of each member's name small. Names that callers choose are left alone below ``inputData``."""
    if not isinstance(tree, Mapping):
        return tree
    found = {name[:1].lower() + name[1:]: value for name, value in tree.items()}
    for name in ("inputData", "outputData"):
        if isinstance(found.get(name), Mapping):
            found[name] = {port: lowered(value) for port, value in found[name].items()}
    for name in ("compute", "retrySettings", "outputDataset"):
        found |= {name: lowered(found[name])} if name in found else {}
    return found


def batch_request(sent: Mapping[str, Any], deployment: str) -> BatchRequest:
    """What the ``properties`` of an invocation ask for."""
    inputs = {name: _input(value) for name, value in (sent.get("inputData") or {}).items()}
    if not inputs and sent.get("dataset"):
        said = sent["dataset"]
        path = lowered(said).get("path") if isinstance(said, Mapping) else said
        inputs = {_UNNAMED: {"type": "uri_folder", "path": _path(str(path))}}
    return BatchRequest(
        inputs=inputs,
        outputs=_outputs(sent),
        deployment=deployment,
        settings=_settings(sent),
        name=str(sent.get("name") or ""),
        experiment=str((sent.get("properties") or {}).get("experimentName") or ""),
    )


def _input(said: Any) -> Any:
    if not isinstance(said, Mapping):
        return said
    kind = str(said.get("jobInputType") or "").lower()
    if kind == _LITERAL or "uri" not in said:
        return said.get("value", said.get("default"))
    return {"type": _TYPES.get(kind, kind), "path": _path(str(said["uri"]))}


def _path(text: str) -> str:
    return localise(shorten(text))


def _outputs(sent: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = {}
    for name, said in (sent.get("outputData") or {}).items():
        kind = str(said.get("jobOutputType") or "").lower()
        port = {"type": _TYPES.get(kind, kind)}
        found[name] = {**port, **({"path": shorten(str(said["uri"]))} if said.get("uri") else {})}
    folder = sent.get("outputDataset") or {}
    if not found and folder.get("path"):
        store = name_of(str(folder.get("datastoreId") or "workspaceblobstore"))
        found["score"] = {
            "type": "uri_folder",
            "path": f"azureml://datastores/{store}/paths/{folder['path'].strip('/')}",
        }
    return found


def _settings(sent: Mapping[str, Any]) -> dict[str, Any]:
    said = snake_keys({name: value for name, value in sent.items() if snake(name) in _PLAIN})
    count = (sent.get("compute") or {}).get("instanceCount")
    retries = snake_keys(sent.get("retrySettings") or {})
    if isinstance(retries.get("timeout"), str):
        retries["timeout"] = whole(seconds(retries["timeout"]))
    found = {**said, "instance_count": count, **{name: retries.get(name) for name in ("max_retries", "timeout")}}
    return {name: value for name, value in found.items() if value is not None}
