"""A rule for the wire fake: a blob container with conditional writes and leases.

Source of statuses and headers: Azure Storage REST reference, Put Blob, Get Blob, Lease Blob.
"""

from __future__ import annotations

from tests.contract.azure.wire import Answer, Exchange

DENIED = '<?xml version="1.0"?><Error><Code>{code}</Code><Message>No.</Message></Error>'


class BlobWire:
    """Blobs below ``/blobs/``.

    Attributes:
        denied: nobody may read or write.
        code: what they are told then.
        keyless: who comes with a key of the account is refused.
        refused: so many came with one.
    """

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.denied = False
        self.code = "AuthorizationPermissionMismatch"
        self.keyless = False
        self.refused = 0
        self._tags: dict[str, int] = {}
        self._leases: dict[str, str] = {}

    def __call__(self, exchange: Exchange) -> Answer | None:
        """See `wire.Rule`."""
        if not exchange.path.startswith("/blobs/"):
            return None
        if self.denied:
            return _denied(self.code)
        if self.keyless and not exchange.headers.get("authorization", "").startswith("Bearer "):
            self.refused += 1
            return _denied("KeyBasedAuthenticationNotPermitted")
        if exchange.query.get("comp") == "lease":
            return self._lease(exchange)
        return self._put(exchange) if exchange.method == "PUT" else self._get(exchange)

    def _get(self, exchange: Exchange) -> Answer:
        name = exchange.path
        if name not in self.blobs:
            return _refused(404, "BlobNotFound")
        data = self.blobs[name]
        headers = {"ETag": self._etag(name), "x-ms-blob-type": "BlockBlob"}
        if not data:
            return (
                _refused(416, "InvalidRange") if "x-ms-range" in exchange.headers else Answer(headers=headers, raw=b"")
            )
        headers["Content-Range"] = f"bytes 0-{len(data) - 1}/{len(data)}"
        return Answer(206, headers=headers, raw=data)

    def _put(self, exchange: Exchange) -> Answer:
        name, headers = exchange.path, exchange.headers
        held = self._leases.get(name)
        if held is not None and headers.get("x-ms-lease-id") != held:
            return _refused(412, "LeaseIdMissing")
        if headers.get("if-none-match") == "*" and name in self.blobs:
            return _refused(409, "BlobAlreadyExists")
        wanted = headers.get("if-match")
        if wanted is not None and wanted != self._etag(name):
            return _refused(412, "ConditionNotMet")
        self.blobs[name] = exchange.raw
        self._tags[name] = self._tags.get(name, 0) + 1
        return Answer(201, headers={"ETag": self._etag(name)})

    def _lease(self, exchange: Exchange) -> Answer:
        name, action = exchange.path, exchange.headers["x-ms-lease-action"]
        held, asked = self._leases.get(name), exchange.headers.get("x-ms-lease-id", "")
        if name not in self.blobs:
            return _refused(404, "BlobNotFound")
        if action == "acquire":
            if held is not None:
                return _refused(409, "LeaseAlreadyPresent")
            self._leases[name] = exchange.headers["x-ms-proposed-lease-id"]
            return Answer(201, headers={"x-ms-lease-id": self._leases[name], "ETag": self._etag(name)})
        if held != asked:
            return _refused(409, "LeaseIdMismatchWithLeaseOperation")
        if action == "release":
            del self._leases[name]
        return Answer(200, headers={"x-ms-lease-id": asked, "ETag": self._etag(name)})

    def expire(self) -> None:
        """Let every lease end, as time would."""
        self._leases.clear()

    def _etag(self, name: str) -> str:
        return f'"{self._tags.get(name, 0)}"'


def _refused(status: int, code: str) -> Answer:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'
    return Answer(status, headers={"x-ms-error-code": code}, raw=body.encode())


def _denied(code: str) -> Answer:
    return Answer(403, raw=DENIED.format(code=code).encode(), headers={"x-ms-error-code": code})
