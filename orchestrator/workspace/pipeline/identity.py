"""What a step's result depends on, as a digest: steps of equal digest give equal results."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.core.errors import BackendError
from orchestrator.core.fingerprint import digest_text, digest_tree
from orchestrator.workspace.files.content import SCHEME
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.pipeline.expressions import STEP_LABELS
from orchestrator.workspace.pipeline.making import Made
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import KEPT, STEP, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import resolve
from orchestrator.workspace.references.stand_ins import stand_in_for

LINEAGE: Final = "lineage"
"""Member of a pipeline's result: output to the digest of what made it."""

_OUTPUT: Final = re.compile(r"azureml://jobs/(?P<run>[^/]+)/outputs/(?P<output>[^/]+)(?P<path>/.*)?")
_ASSET: Final = re.compile(r"azureml:(?!//)(?P<name>[^:@/]+)(?::(?P<version>[^@/]+)|@(?P<label>\w+))?")
_PORT_NAMES: Final = ("name", "version", "path")


@dataclass(frozen=True, slots=True)
class Identities:
    """Digests of the steps of one pipeline.

    Attributes:
        store, paths: the workspace.
        parent: the run of the pipeline.
    """

    store: RecordStore
    paths: WorkspacePaths
    parent: Record

    def of(self, made: Made, run: str) -> str:
        """The digest of a step's job.

        Args:
            made: the job.
            run: its name, which is all that two runs of a step differ in that gives another result each time.
        """
        if not made.deterministic:
            return digest_text(run)
        body = {name: value for name, value in made.body.items() if name not in (*STEP_LABELS, "inputs", "outputs")}
        outputs = {
            name: {field: value for field, value in port.items() if field not in (*STEP_LABELS, *_PORT_NAMES)}
            for name, port in (made.body.get("outputs") or {}).items()
        }
        inputs = {name: self._input(value) for name, value in (made.body.get("inputs") or {}).items()}
        tree = {"variant": made.variant, "body": self._tree(body), "inputs": inputs, "outputs": outputs}
        return digest_tree(tree)

    def _tree(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {
                name: self._environment(item) if name == "environment" else self._tree(item)
                for name, item in value.items()
                if name not in STEP_LABELS
            } | ({"path": self._path(value["path"])} if isinstance(value.get("path"), str) else {})
        return [self._tree(item) for item in value] if isinstance(value, list | tuple) else value

    def _input(self, value: Any) -> Any:
        if isinstance(value, Mapping) and isinstance(value.get("path"), str):
            return {"type": value.get("type"), "path": self._path(value["path"])}
        return value if isinstance(value, Mapping) else str(value)

    def _environment(self, value: Any) -> Any:
        """A version of an environment never changes; a label moves on."""
        record = self._asset(record_kinds.ENVIRONMENTS, value) if isinstance(value, str) else None
        return value if record is None else self._tree(record.body)

    def _path(self, text: str) -> str:
        """What tells the content of a place. The result of a step is told by what made it."""
        if stand_in_for(self.parent.stand_ins, text) is None:
            if text.startswith(SCHEME):
                return text
            if match := _OUTPUT.fullmatch(text):
                return self._made(match["run"], match["output"]) + (match["path"] or "")
            for section in (record_kinds.DATA, record_kinds.MODELS):
                record = self._asset(section, text)
                if record is not None:
                    return str(record.attributes.get(KEPT) or self._path(str(record.body.get("path"))))
        try:
            return _content(resolve(self.store, self.paths, self.parent.stand_ins, text))
        except (BackendError, OSError):
            return text  # whoever reads it says what is wrong

    def _made(self, run: str, output: str) -> str:
        record = self.store.find(self.parent.kind, run)
        step = {} if record is None else record.attributes.get(STEP) or {}
        results = [] if record is None else [v for v in record.attributes.values() if isinstance(v, Mapping)]
        lineage: Mapping[str, Any] = next((result[LINEAGE] for result in results if LINEAGE in result), {})
        return str(lineage.get(output) or f"{step.get('digest') or run}/{output}")

    def made(self, run: str, output: str) -> str:
        """The digest of what made an output of a run."""
        return self._made(run, output)

    def gathered(self, runs: Sequence[str], output: str) -> str:
        """The digest of what was put together from an output of several runs."""
        return digest_tree([self._made(run, output) for run in runs])

    def _asset(self, section: str, text: str) -> Record | None:
        match = _ASSET.fullmatch(text)
        if match is None:
            return None
        address = f"{section}.{match['name']}"
        if match["version"]:
            return self.store.get(section, address, match["version"])
        return self.store.latest(section, address)


def _content(place: Path) -> str:
    """A digest of the names and bytes of a file or folder."""
    whole = hashlib.sha256()
    files = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
    for path in files:
        name = path.relative_to(place).as_posix() if place.is_dir() else path.name
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{name}\n{digest}\n".encode())
    return whole.hexdigest()
