"""The built-in blob service: what the clients of Azure storage ask when they upload, list, lease and download.

Source: Azure Storage REST reference, blob service. Not a copy of it: no snapshots, versions, tiers or copies.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from xml.etree import ElementTree  # written, and read only from callers that hold a token
from xml.sax.saxutils import escape

from orchestrator.core.errors import Invalid
from orchestrator.workspace.arm.blob_files import Blob, BlobFacts, BlobFiles, lease_of
from orchestrator.workspace.arm.blob_list import listing
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest
from orchestrator.workspace.arm.storage import account_path
from orchestrator.workspace.arm.tokens import Tokens

STREAMED: Final = 1 << 20
"""More than so many bytes are sent from the file, piece by piece."""

_META = "x-ms-meta-"
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_FOREVER = float("inf")


class BlobService:
    """Answers requests below the account's path.

    Args:
        files: the blobs.
        tokens: who may ask: a signature for the container, or a token.
    """

    def __init__(self, files: BlobFiles, tokens: Tokens) -> None:
        self._files = files
        self._tokens = tokens

    def respond(self, request: WireRequest) -> Answer:
        """Answer; errors are in the form of the blob service."""
        try:
            return self._respond(request)
        except WireError as error:
            return _error(error.status, error.code, error.message)
        except Invalid as error:
            return _error(404, error.code or "ResourceNotFound", error.detail)

    def knows(self, request: WireRequest) -> bool:
        """Whether the request proves that it may reach the container that it is about."""
        try:
            self._admit(request, _place(request)[0])
        except WireError:
            return False
        return True

    def _respond(self, request: WireRequest) -> Answer:
        container, name = _place(request)
        self._admit(request, container)
        if not name or request.query.get("restype") == "container":
            return self._container(request, container)
        with self._files.lock:
            blob = self._files.get(container, name)
            handler = self._HANDLERS.get((request.method, request.query.get("comp", "")))
            if handler is None:
                raise WireError(400, "UnsupportedOperation", "The built-in blob service does not do that.")
            if blob is None and request.method != "PUT":
                raise WireError(404, "BlobNotFound", f"There is no blob '{name}'.")
            _check_conditions(request, blob)
            return handler(self, request, (container, name), blob)

    def _admit(self, request: WireRequest, container: str) -> None:
        if self._tokens.opens(container, request.query.get("sig", "")):
            return
        if not self._tokens.accepts(request.headers.get("authorization", "")):
            raise WireError(
                403, "AuthenticationFailed", "Neither a signature for the container nor a token of this server."
            )

    def _container(self, request: WireRequest, container: str) -> Answer:
        self._files.storage.root(container)
        if request.query.get("comp") == "list":
            return self._list(request, container)
        if request.method == "PUT":
            return _error(409, "ContainerAlreadyExists", "The container already exists.")
        return Answer(200, b"", {"ETag": '"0x1"', "x-ms-lease-status": "unlocked"})

    def _list(self, request: WireRequest, container: str) -> Answer:
        return listing(container, self._files, request.query)

    def _head(self, request: WireRequest, place: tuple[str, str], blob: Blob) -> Answer:
        return Answer(200, b"", {**_headers(blob), "Content-Length": str(blob.size), "Accept-Ranges": "bytes"})

    def _read(self, request: WireRequest, place: tuple[str, str], blob: Blob) -> Answer:
        requested = _RANGE.fullmatch(request.headers.get("x-ms-range") or request.headers.get("range") or "")
        if requested is None:
            return _sent(200, blob, 0, blob.size, _headers(blob))
        start, end = int(requested[1]), min(int(requested[2] or blob.size), blob.size - 1)
        if start >= blob.size:
            raise WireError(416, "InvalidRange", "The blob is shorter.")
        shown = {**_headers(blob), "Content-Range": f"bytes {start}-{end}/{blob.size}"}
        return _sent(206, blob, start, end - start + 1, shown)

    def _put(self, request: WireRequest, place: tuple[str, str], blob: Blob | None) -> Answer:
        _check_lease(request, blob)
        return _written(self._files.put(*place, request.file(), _facts(request, blob)))

    def _put_block(self, request: WireRequest, place: tuple[str, str], blob: Blob | None) -> Answer:
        self._files.put_block(*place, request.query.get("blockid", ""), request.file())
        return Answer(201)

    def _join(self, request: WireRequest, place: tuple[str, str], blob: Blob | None) -> Answer:
        _check_lease(request, blob)
        blocks = [item.text or "" for item in ElementTree.fromstring(request.content())]  # noqa: S314
        return _written(self._files.join(*place, blocks, _facts(request, blob)))

    def _put_metadata(self, request: WireRequest, place: tuple[str, str], blob: Blob | None) -> Answer:
        found = _existing(blob)
        _check_lease(request, found)
        changed = replace(found.facts, metadata=_metadata(request))
        return replace(_written(self._files.put_facts(*place, changed)), status=200)

    def _lease(self, request: WireRequest, place: tuple[str, str], blob: Blob | None) -> Answer:
        found = _existing(blob)
        action = request.headers.get("x-ms-lease-action", "")
        asked = request.headers.get("x-ms-lease-id", "")
        held = lease_of(found)
        if action == "acquire":
            requested = request.headers.get("x-ms-proposed-lease-id") or str(uuid.uuid4())
            if held and held != requested:
                raise WireError(409, "LeaseAlreadyPresent", "There is a lease on the blob already.")
            length = int(request.headers.get("x-ms-lease-duration") or -1)
            self._set_lease(place, found, requested, length)
            return Answer(201, b"", {**_headers(found), "x-ms-lease-id": requested})
        if action == "break":
            self._set_lease(place, found, "", 0)
            return Answer(202, b"", {**_headers(found), "x-ms-lease-time": "0"})
        if asked != found.facts.lease or not asked:
            raise WireError(409, "LeaseIdMismatchWithLeaseOperation", "The lease on the blob is another.")
        if action == "renew":
            if held != asked:
                raise WireError(409, "LeaseLost", "The lease has ended.")
            self._set_lease(place, found, asked, found.facts.lease_s)
        elif action == "release":
            self._set_lease(place, found, "", 0)
        else:
            raise WireError(400, "InvalidHeaderValue", f"There is no lease action '{action}'.")
        return Answer(200, b"", {**_headers(found), "x-ms-lease-id": asked})

    def _set_lease(self, place: tuple[str, str], blob: Blob, lease: str, length_s: int) -> None:
        ends = _FOREVER if length_s < 0 else time.time() + length_s
        self._files.put_facts(*place, replace(blob.facts, lease=lease, lease_s=length_s, lease_ends=ends))

    def _delete(self, request: WireRequest, place: tuple[str, str], blob: Blob | None) -> Answer:
        _check_lease(request, blob)
        self._files.delete(*place)
        return Answer(202)

    _HANDLERS: Mapping[tuple[str, str], Callable[..., Answer]] = {
        ("HEAD", ""): _head,
        ("GET", ""): _read,
        ("PUT", ""): _put,
        ("PUT", "block"): _put_block,
        ("PUT", "blocklist"): _join,
        ("PUT", "metadata"): _put_metadata,
        ("PUT", "lease"): _lease,
        ("DELETE", ""): _delete,
    }


def _existing(blob: Blob | None) -> Blob:
    if blob is None:
        raise WireError(404, "BlobNotFound", "The blob does not exist.")
    return blob


def _check_conditions(request: WireRequest, blob: Blob | None) -> None:
    if request.query.get("comp") == "block":
        return
    none_match, match = request.headers.get("if-none-match"), request.headers.get("if-match")
    if none_match == "*" and blob is not None and request.method == "PUT":
        raise WireError(409, "BlobAlreadyExists", "The blob already exists.")
    if none_match is not None and none_match != "*" and blob is not None and blob.etag == none_match:
        raise WireError(304 if request.method in ("GET", "HEAD") else 412, "ConditionNotMet", "It has not changed.")
    if match is not None and (blob is None or match not in ("*", blob.etag)):
        raise WireError(412, "ConditionNotMet", "The blob was modified.")


def _place(request: WireRequest) -> tuple[str, str]:
    container, _, name = request.path.strip("/").removeprefix(account_path()).strip("/").partition("/")
    return container, name


def _check_lease(request: WireRequest, blob: Blob | None) -> None:
    if blob is None:
        return
    held, given = lease_of(blob), request.headers.get("x-ms-lease-id", "")
    if held and given != held:
        code = "LeaseIdMismatchWithBlobOperation" if given else "LeaseIdMissing"
        raise WireError(412, code, "There is a lease on the blob.")
    if given and not held:
        raise WireError(412, "LeaseLost", "The lease has ended.")


def _metadata(request: WireRequest) -> dict[str, str]:
    return {name.removeprefix(_META): value for name, value in request.headers.items() if name.startswith(_META)}


def _facts(request: WireRequest, before: Blob | None) -> BlobFacts:
    kind = request.headers.get("x-ms-blob-content-type") or "application/octet-stream"
    facts = BlobFacts(_metadata(request), kind)
    return facts if before is None else replace(before.facts, metadata=facts.metadata, content_type=facts.content_type)


def _headers(blob: Blob) -> dict[str, str]:
    held = bool(lease_of(blob))
    return {
        "ETag": blob.etag,
        "Last-Modified": blob.modified,
        "Content-Type": blob.facts.content_type,
        "x-ms-blob-type": "BlockBlob",
        "x-ms-lease-status": "locked" if held else "unlocked",
        "x-ms-lease-state": "leased" if held else "available",
        "x-ms-creation-time": blob.modified,
        **{_META + name: value for name, value in blob.facts.metadata.items()},
    }


def _sent(status: int, blob: Blob, start: int, length: int, headers: Mapping[str, str]) -> Answer:
    """A part of a blob; a large one is left open, for whoever sends it."""
    file = blob.path.open("rb")
    file.seek(start)
    if length > STREAMED:
        return Answer(status, b"", {**headers, "Content-Length": str(length)}, file)
    with file:
        return Answer(status, file.read(length), headers)


def _written(blob: Blob) -> Answer:
    return Answer(
        201, b"", {"ETag": blob.etag, "Last-Modified": blob.modified, "x-ms-request-server-encrypted": "true"}
    )


def _error(status: int, code: str, message: str) -> Answer:
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>'
    )
    return Answer(status, body.encode(), {"Content-Type": "application/xml", "x-ms-error-code": code})
