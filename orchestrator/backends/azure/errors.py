"""What the service and its client say when something fails, as members of the `BackendError` family."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from azure.core import exceptions as core
from azure.identity import CredentialUnavailableError

from orchestrator.core.errors import (
    Ambiguous,
    BackendError,
    Conflict,
    Denied,
    Failed,
    Invalid,
    NotFound,
    Throttled,
    Transient,
)

_BUSY: Final = re.compile(
    r"in progress|already (?:running|being)|DeploymentActive|another operation|is being (?:created|updated|deleted)|InProgress|Conflicting",
    re.IGNORECASE,
)
_ACTION: Final = re.compile(r"perform action '(?P<action>[^']+)'")
_REFUSALS: Final = frozenset(
    {"MlException", "ValidationException", "ValidationError", "SchemaValidationError", "UserErrorException"}
)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_COMPLAINT: Final = re.compile(r"\(x\)([^\n]+)")
_BESIDE: Final = (
    "microsoft.resources/",
    "microsoft.keyvault/",
    "microsoft.insights/",
    "microsoft.operationalinsights/",
)
"""What is made beside a workspace, not in it."""
_BUSY_STORAGE: Final = "ServerBusy"
"""How storage throttles, with status 503. Source: Azure Storage REST reference, Common error codes."""
_WRAPPERS: Final = frozenset(
    {"DeploymentFailed", "InvalidTemplateDeployment", "MultipleErrorsOccurred", "ResourceDeploymentFailure"}
)
"""Codes whose message says nothing: what is wrong stands in `details`. Source: Azure Resource Manager, common deployment errors."""
_REPEATABLE: Final = frozenset({408, 500, 502, 503, 504})
_LONGEST_DETAIL: Final = 2_000


def translate(error: Exception, doing: str, *, effect: bool) -> BackendError:
    """The error of ours that says what an error of the client means.

    Args:
        doing: what was being done, for people: ``create compute.cpu``.
        effect: the call changes something, so that a lost answer leaves open whether it did.
    """
    if isinstance(error, BackendError):
        return error
    if isinstance(error, CredentialUnavailableError):
        return Denied(
            f"Cannot {doing}: no credential is available. {_text(error)}",
            code="CredentialUnavailable",
            fix="Sign in (`az login`), or set `workspace.azure.credential`.",
        )
    if isinstance(error, core.HttpResponseError):
        return _answered(error, doing, effect=effect)
    if isinstance(error, core.ServiceRequestError):
        return Transient(f"Cannot {doing}: the service is unreachable. {_text(error)}")
    if isinstance(error, core.ServiceResponseError | core.IncompleteReadError):
        lost = f"Cannot tell whether '{doing}' happened: the response was lost. {_text(error)}"
        return Ambiguous(lost) if effect else Transient(f"Cannot {doing}: the response was lost. {_text(error)}")
    return _by_name(error, doing)


def _answered(error: Any, doing: str, *, effect: bool) -> BackendError:
    status = error.status_code or 0
    code, message = _said(error)
    request_id = _header(error, "x-ms-request-id") or _header(error, "x-ms-correlation-request-id")
    text = f"Cannot {doing}: {message}"
    if status == 429 or code == _BUSY_STORAGE:
        return Throttled(text, retry_after=_retry_after(error), code=code, request_id=request_id)
    if status in (401, 403) or isinstance(error, core.ClientAuthenticationError):
        return Denied(text, code=code, request_id=request_id, fix=_missing_role(message, status))
    if status == 404:
        return NotFound(text, code=code, request_id=request_id)
    if status in (409, 412):
        kind = Transient if _BUSY.search(f"{code} {message}") else Conflict
        return kind(text, code=code, request_id=request_id)
    if status in _REPEATABLE:
        return (Ambiguous if effect else Transient)(text, code=code, request_id=request_id)
    # An operation that ran and failed comes with the status of the question how it went. Source: measured with azure-ai-ml 1.35.
    family = Failed if 200 <= status < 300 else Invalid
    return family(text, code=code, request_id=request_id)


def _by_name(error: Exception, doing: str) -> BackendError:
    """Errors of the client that never reached the service, told apart by name: importing their modules costs seconds."""
    name = type(error).__name__
    text = f"Cannot {doing}: {_text(error)}"
    if name == "AssetPathException":
        return Conflict(text, code=name, fix="Use another version for the asset.")
    if isinstance(error, TimeoutError):
        return Transient(text)
    if isinstance(error, OSError):
        return Invalid(text, code=name)
    if name in _REFUSALS:
        return Invalid(text, code=name, fix="azure-ai-ml rejected the request; correct what the message names.")
    return Invalid(f"Cannot {doing}: azure-ai-ml failed with {name}: {_text(error)}", code=name)


def _said(error: Any) -> tuple[str, str]:
    """The service's code and message; the innermost code is the telling one."""
    inner_error = getattr(error, "error", None)
    of_storage = getattr(error, "error_code", None)
    code = str(getattr(inner_error, "code", "") or getattr(of_storage, "value", of_storage) or "")
    message = str(getattr(inner_error, "message", "") or "")
    if code in _WRAPPERS:
        inner = list(_innermost(getattr(inner_error, "details", None) or ()))
        if inner:
            return inner[0][0] or code, _cut("; ".join(f"{name}: {text}" for name, text in inner))
    return code, _cut(message or _text(error))


def _innermost(details: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Codes and messages inside an error that only says that there are some. A message may be the text of one more error."""
    for detail in details:
        code, message, further = _parts(detail)
        inner = list(_innermost(further))
        yield from inner or [(code, message)]


def _parts(detail: Any) -> tuple[str, str, Iterable[Any]]:
    if not isinstance(detail, Mapping):
        detail = {name: getattr(detail, name, None) for name in ("code", "message", "details")}
    code, message, further = (
        str(detail.get("code") or ""),
        str(detail.get("message") or ""),
        detail.get("details") or (),
    )
    if message.lstrip().startswith("{"):
        with suppress(ValueError):
            quoted = json.loads(message)
            return code, message, [quoted.get("error", quoted)]
    return code, message, further


def _text(error: Exception) -> str:
    return _cut(str(getattr(error, "message", "") or error) or type(error).__name__)


def _cut(text: str) -> str:
    """One line of a message. The client dresses its own up in colours and advice; what is wrong stands behind ``(x)``."""
    bare = _COLOUR.sub("", text)
    found = _COMPLAINT.findall(bare)
    line = " ".join((" ".join(found) if found else bare).split())
    return line if len(line) <= _LONGEST_DETAIL else f"{line[:_LONGEST_DETAIL]}…"


def _header(error: Any, name: str) -> str:
    response = getattr(error, "response", None)
    headers = getattr(response, "headers", None) or {}
    return str(headers.get(name) or "")


def _retry_after(error: Any) -> float | None:
    milliseconds = _header(error, "x-ms-retry-after-ms") or _header(error, "retry-after-ms")
    if milliseconds.isdecimal():
        return int(milliseconds) / 1000
    seconds = _header(error, "Retry-After")
    return float(seconds) if seconds.isdecimal() else None


def _missing_role(message: str, status: int) -> str:
    """The least role that has the right which the service missed.

    Source: Azure ML documentation, built-in roles of a workspace (Reader, AzureML Data Scientist, AzureML Compute Operator,
    Contributor, Owner).
    """
    if status == 401:
        return "Sign in again, or check which tenant the credential belongs to."
    found = _ACTION.search(message)
    action = found["action"].lower() if found else ""
    if not action:
        return "Request a role on the workspace."
    if action.startswith(_BESIDE):
        return "Request the role 'Contributor' on the resource group."
    return f"Request the role '{_role(action)}' on the workspace."


def _role(action: str) -> str:
    if action.endswith("/read"):
        return "Reader"
    if "roleassignments/" in action:
        return "Owner"
    if "/computes/" in action:
        return "AzureML Compute Operator"
    if action.endswith(("workspaces/write", "workspaces/delete")) or "/connections/" in action:
        return "Contributor"
    if "storageaccounts/" in action and "/blobs/" in action:
        return "Storage Blob Data Contributor"
    return "AzureML Data Scientist"
