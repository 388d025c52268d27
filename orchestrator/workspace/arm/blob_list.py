"""Lists of blobs, as XML. Source: Azure Storage REST reference, List Blobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

from orchestrator.workspace.arm.blob_files import Blob, BlobFiles, lease_of
from orchestrator.workspace.arm.messages import Answer

LIST_PAGE: Final = 5000
"""Source: Azure Storage REST reference, List Blobs: at most 5,000 names a page."""


def listing(container: str, files: BlobFiles, query: Mapping[str, str]) -> Answer:
    """A page of a container's blobs."""
    prefix, marker = query.get("prefix", ""), query.get("marker", "")
    limit = min(int(query.get("maxresults") or LIST_PAGE), LIST_PAGE)
    names = [name for name in files.storage.below(container, prefix) if name > marker or not marker]
    shown, more = _grouped(names, prefix, query.get("delimiter", ""))[:limit], ""
    if len(names) > limit:
        shown, more = shown[:limit], shown[limit - 1]
    items = []
    for name in shown:
        blob = files.get(container, name)
        items.append(_prefix_item(name) if blob is None else _item(name, blob))
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="{escape(container)}">'
        f"<Prefix>{escape(prefix)}</Prefix><Blobs>{''.join(items)}</Blobs>"
        f"<NextMarker>{escape(more)}</NextMarker></EnumerationResults>"
    )
    return Answer(200, body.encode(), {"Content-Type": "application/xml"})


def _grouped(names: list[str], prefix: str, delimiter: str) -> list[str]:
    """Names, with those that go on after a delimiter put together under their common beginning."""
    if not delimiter:
        return names
    cut = (name[: len(prefix)] + _first(name[len(prefix) :], delimiter) for name in names)
    return list(dict.fromkeys(cut))


def _first(rest: str, delimiter: str) -> str:
    head, found, _ = rest.partition(delimiter)
    return head + found


def _prefix_item(name: str) -> str:
    return f"<BlobPrefix><Name>{escape(name)}</Name></BlobPrefix>"


def _item(name: str, blob: Blob) -> str:
    metadata = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in blob.facts.metadata.items())
    return (
        f"<Blob><Name>{escape(name)}</Name><Properties><Last-Modified>{blob.modified}</Last-Modified>"
        f"<Etag>{escape(blob.etag)}</Etag><Content-Length>{blob.size}</Content-Length>"
        f"<Content-Type>{escape(blob.facts.content_type)}</Content-Type><BlobType>BlockBlob</BlobType>"
        f"<LeaseStatus>{'locked' if lease_of(blob) else 'unlocked'}</LeaseStatus></Properties><Metadata>{metadata}</Metadata></Blob>"
    )
