"""What the records and the running jobs of a workspace need of its files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.health import Health
from orchestrator.workspace.files.content import SCHEME, ContentStore, views_of
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.folder import JobFolder
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.secrets import secret_file

_CONTENT: Final = re.compile(re.escape(SCHEME) + r"([0-9a-f]{64})")
_RUN: Final = re.compile(r"azureml://jobs/([^/\s]+)/")
_URL: Final = re.compile(r"https?://")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class InUse:
    """Names of files and folders that must stay.

    Attributes:
        objects: digests of manifests and of the files in them.
        views: digests of manifests that may be laid out.
        runs: of records, or mentioned by records.
        endpoints: names.
        deployments: endpoint and deployment.
        secrets: names of files with secrets.
        downloads: names of folders with downloads.
    """

    objects: frozenset[str]
    views: frozenset[str]
    runs: frozenset[str]
    endpoints: frozenset[str]
    deployments: frozenset[tuple[str, str]]
    secrets: frozenset[str]
    downloads: frozenset[str]

    @classmethod
    def by(cls, records: Iterable[Record], paths: WorkspacePaths) -> InUse:
        """Look through records: all of them count, archived ones and those on their way out too.

        Args:
            records: all of the workspace.
            paths: the workspace, for manifests and the orders of running jobs.
        """
        known = list(records)
        texts = [text for record in known for text in _texts((record.body, record.attributes))]
        manifests = {digest for text in texts for digest in _CONTENT.findall(text)}
        manifests |= {digest for record in known for digest in _read_by_running(record, paths)}
        content = ContentStore(paths)
        parts = {part for digest in manifests for part in content.parts(digest)}
        addresses = [(record.kind, Address.parse(record.address)) for record in known]
        return cls(
            objects=frozenset(manifests | parts),
            views=frozenset(manifests),
            runs=frozenset(record.revision for record in known if record.kind == record_kinds.JOBS)
            | {run for text in texts for run in _RUN.findall(text)},
            endpoints=frozenset(address.name for _, address in addresses if address.section == record_kinds.ENDPOINTS),
            deployments=frozenset(
                (address.name, address.leaf) for kind, address in addresses if kind == record_kinds.DEPLOYMENTS
            ),
            secrets=frozenset(secret_file(record.key) for record in known),
            downloads=frozenset(hashlib.sha256(text.encode()).hexdigest() for text in texts if _URL.match(text)),
        )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _read_by_running(record: Record, paths: WorkspacePaths) -> Iterator[str]:
    """Manifests that a run has as its inputs: it reads them although the data's record may be gone by now."""
    if record.kind != record_kinds.JOBS or record.health is not Health.PROGRESSING:
        return
    try:
        order = json.loads(JobFolder(paths.job(record.revision)).order.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    marker = f"{views_of(paths)}/"
    for text in _texts(order):
        _, found, rest = text.partition(marker)
        if found and (match := _DIGEST.match(rest)):
            yield match[0]
