"""What a job reads has to be there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.workspace.arm.jobs import KIND
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest
from orchestrator.workspace.arm.timing import shown

Respond = Callable[[WireRequest], Answer]

_BELOW: Final = 8
"""Parts of the path of a workspace."""

_NO_RESOURCE: Final = ("local", "serverless")
"""Names that stand for no compute resource. Source: azure-ai-ml, ``LOCAL_COMPUTE_TARGET`` and ``SERVERLESS_COMPUTE``."""


def on_known_computes(respond: Respond) -> Respond:
    """A function that refuses jobs on computes that the workspace does not have; otherwise it answers as `respond`.

    A job that is there already is not looked at: its compute may have been deleted since.

    Source: the service's answer in issue 118 of Azure/AML-Kubernetes: code ``UserError``, "Unknown compute target". The status is
    assumed.
    """

    def answer(request: WireRequest) -> Answer:
        parts = [part for part in request.path.split("/") if part]
        if request.method != "PUT" or len(parts) != _BELOW + 2 or parts[_BELOW].lower() != KIND:
            return respond(request)
        workspace = "/" + "/".join(parts[:_BELOW])
        for name in sorted(set(_computes(request.json()))):
            if shown(respond, replace(request, path=f"{workspace}/computes/{name}")) is None:
                if shown(respond, request) is not None:
                    break
                raise WireError(400, "UserError", f"Unknown compute target '{name}'.")
        return respond(request)

    return answer


def _computes(tree: Any) -> Iterator[str]:
    """Names of the computes that a job's body names, in steps and components too."""
    if isinstance(tree, Mapping):
        for name, value in tree.items():
            if name == "computeId" and isinstance(value, str):
                compute = value.removeprefix("azureml:").rstrip("/").rpartition("/")[2]
                if compute and compute.lower() not in _NO_RESOURCE:
                    yield compute
            else:
                yield from _computes(value)
    elif isinstance(tree, list):
        for each in tree:
            yield from _computes(each)
