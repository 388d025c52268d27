"""Where the blobs of the built-in blob service are: folders of the workspace, and what runs left behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orchestrator.core.errors import Invalid
from orchestrator.core.inborn import DEFAULT_DATASTORES
from orchestrator.workspace.files.content import SCHEME, ContentStore, safe_or_plain
from orchestrator.workspace.folder.paths import WorkspacePaths, inside, safe_name
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import KEPT, MLFLOW_RUN, Record, RecordKey
from orchestrator.workspace.service import Workspace
from orchestrator.workspace.tracking.run_files import OWN_FOLDERS, own_files
from orchestrator.workspace.tracking.tracked_files import TrackedFiles

ROOT: Final = "storage"
"""First part of every address of the blob service."""

ACCOUNT: Final = f"{ROOT}/local"
"""What the client of blob storage takes for an account's name.

It puts ``https://`` before and ``.blob.SUFFIX`` behind it. With host and port in front of this text the result is a
path of this server, and no name has to be resolved. Source: azure-ai-ml, addresses of storage accounts.
"""

_CONTAINER: Final = "azureml-{}"
_CODE: Final = "code-"
_CODE_FOLDER: Final = "azureml-code"
_RUN = re.compile(r"ExperimentRun/dcid\.(?P<run>[^/]+)(?:/(?P<path>.*))?")
_OUTPUT = re.compile(r"azureml/(?P<run>[^/]+)/(?P<output>[^/]+)(?:/(?P<path>.*))?")

_MODEL = re.compile(r"models/(?P<name>[^/]+)/(?P<version>[^/]+)(?:/(?P<path>.*))?")

ARTIFACTS: Final = "workspaceartifactstore"


def suffix() -> str:
    """The suffix of storage hosts; never looked up."""
    return "core.localhost"


def account_path() -> str:
    """First parts of the path of every blob's address."""
    return f"{ACCOUNT}.blob.{suffix()}"


def container_of(datastore: str) -> str:
    """The container of a datastore that every workspace has."""
    return _CONTAINER.format(datastore)


def code_container(name: str) -> str:
    """The container that code is uploaded to."""
    return _CODE + name


def run_path(run: str) -> str:
    """Where the artifact store has what a run left under its own name. Source: azure-ai-ml, download of jobs."""
    return f"ExperimentRun/dcid.{run}"


def output_path(run: str, output: str) -> str:
    """Where the default datastore has a run's output. Source: azure-ai-ml, download of jobs."""
    return f"azureml/{run}/{output}"


def model_uri(record: Record, paths: WorkspacePaths) -> str | None:
    """Where the artifact store has a model that is kept in this workspace; None if it is kept elsewhere."""
    kept = str(record.attributes.get(KEPT) or record.body.get("path") or "")
    if not kept.startswith(SCHEME):
        return None
    manifest = ContentStore(paths).manifest(kept.removeprefix(SCHEME))
    last = safe_or_plain(manifest.name) if manifest.folder else manifest.name
    return f"azureml://datastores/{ARTIFACTS}/paths/models/{record.name}/{record.revision}/{last}"


class Storage:
    """Finds the folder or file of a blob.

    Args:
        paths, workspace: whose blobs these are.
    """

    def __init__(self, paths: WorkspacePaths, workspace: Workspace) -> None:
        self._paths = paths
        self._workspace = workspace

    def root(self, container: str) -> Path:
        """The folder of a container.

        Raises:
            Invalid: it is none of ours.
        """
        if container.startswith(_CODE):
            return self._paths.datastore(DEFAULT_DATASTORES[0]) / _CODE_FOLDER / safe_name(container)
        for name in DEFAULT_DATASTORES:
            if container == container_of(name):
                return self._paths.datastore(name)
        raise Invalid(f"There is no container '{container}' in the built-in blob service.", code="ContainerNotFound")

    def place(self, container: str, blob: str) -> Path:
        """The file of a blob, or the folder of a prefix; it need not exist.

        Raises:
            Invalid: the container is none of ours, or the name leaves its folder.
        """
        return self._of_run(container, blob) or inside(self.root(container), blob)

    def writable(self, container: str, blob: str) -> bool:
        """Whether a blob is nobody's result."""
        return self._of_run(container, blob) is None

    def below(self, container: str, prefix: str) -> dict[str, Path]:
        """Name to file of all blobs whose name begins with a prefix, in order of names."""
        whole, _, _ = prefix.rpartition("/")
        found: dict[str, Path] = {}
        for start in dict.fromkeys((prefix.rstrip("/"), whole)):
            for lead, place in self._all(container, start):
                found |= _files(lead, place)
        return {name: found[name] for name in sorted(found) if name.startswith(prefix)}

    def _all(self, container: str, start: str) -> Iterator[tuple[str, Path]]:
        """Every file and folder that a prefix means, with its name: what a run has made lies in several places."""
        run = _RUN.fullmatch(start) if container == container_of(ARTIFACTS) else None
        if run is not None and not run["path"]:
            for name, place in TrackedFiles(self._paths).tops(self._run_id(run["run"])).items():
                yield f"{start}/{name}", place
            record = self._run(run["run"])
            for name, place in own_files(self._paths, record) if record is not None else ():
                yield f"{start}/{name}", place
            return
        yield start, self.place(container, start)

    def _of_run(self, container: str, blob: str) -> Path | None:
        if container == container_of(ARTIFACTS) and (match := _RUN.fullmatch(blob)):
            return self._artifact(match["run"], match["path"] or "", blob)
        if container == container_of(ARTIFACTS) and (match := _MODEL.fullmatch(blob)):
            return self._model(match["name"], match["version"], match["path"] or "")
        if container == container_of(DEFAULT_DATASTORES[0]) and (match := _OUTPUT.fullmatch(blob)):
            record = self._run(match["run"])
            place = (record.attributes.get("outputs") or {}).get(match["output"]) if record is not None else None
            if place is not None:
                return inside(Path(place), match["path"]) if match["path"] else Path(place)
        return None

    def _artifact(self, run: str, path: str, blob: str) -> Path:
        first = path.partition("/")[0]
        own = inside(self._paths.job(run), path)
        if first in OWN_FOLDERS and own.exists():
            return own
        tracked = TrackedFiles(self._paths).find(self._run_id(run), path) if path else None
        if tracked is None and path and first not in OWN_FOLDERS and (self._paths.job(run) / first).exists():
            raise Invalid(f"'{blob}' is not for clients.")
        return tracked or own

    def _run(self, run: str) -> Record | None:
        return self._workspace.find(record_kinds.JOBS, run)

    def _run_id(self, run: str) -> str:
        record = self._run(run)
        # A run without a job is a program's own, such as a notebook's.
        return str(record.attributes.get(MLFLOW_RUN) or "") if record is not None else run

    def _model(self, name: str, version: str, path: str) -> Path | None:
        record = self._workspace.get(RecordKey(record_kinds.MODELS, f"{record_kinds.MODELS}.{name}", version))
        if record is None or model_uri(record, self._paths) is None:
            return None
        place = self._workspace.resolve(f"azureml:{name}:{version}", (record_kinds.MODELS,))
        return inside(place.parent, path)


def _files(start: str, place: Path) -> dict[str, Path]:
    if place.is_file():
        return {start: place}
    lead = f"{start}/" if start else ""
    files = (path for path in place.rglob("*") if path.is_file() and not path.name.startswith(".upload-"))
    return {f"{lead}{path.relative_to(place).as_posix()}": path for path in files}


_LONG = "azureml://datastores/"


def localise(text: str) -> str:
    """A path of a datastore that is really a run's output, as the reference to that output. Others stay as they are."""
    if not text.startswith(_LONG):
        return text
    name, _, path = text.removeprefix(_LONG).partition("/paths/")
    if name == ARTIFACTS and (match := _MODEL.fullmatch(path.rstrip("/"))) and "/" not in (match["path"] or ""):
        return f"azureml:{match['name']}:{match['version']}"
    if name == ARTIFACTS and (match := _RUN.fullmatch(path.rstrip("/"))):
        return f"azureml://jobs/{match['run']}/outputs/artifacts/paths/{match['path'] or ''}"
    if name == DEFAULT_DATASTORES[0] and (match := _OUTPUT.fullmatch(path.rstrip("/"))):
        tail = f"/paths/{match['path']}" if match["path"] else ""
        return f"azureml://jobs/{match['run']}/outputs/{match['output']}{tail}"
    return text
