"""Where the blobs of the built-in blob service are: folders of the workspace, and what runs left behind."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from orchestrator.core.errors import Invalid
from orchestrator.workspace.assets import DEFAULT_DATASTORES
from orchestrator.workspace.paths import WorkspacePaths, inside, safe_name
from orchestrator.workspace.store import RecordStore

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


class Storage:
    """Finds the folder or file of a blob.

    Args:
        paths, store: the workspace.
    """

    def __init__(self, paths: WorkspacePaths, store: RecordStore) -> None:
        self._paths = paths
        self._store = store

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
            place = self.place(container, start)
            if place.is_file():
                found[start] = place
            elif place.is_dir():
                lead = f"{start}/" if start else ""
                files = (path for path in place.rglob("*") if path.is_file() and not _hidden(path, place))
                found |= {f"{lead}{path.relative_to(place).as_posix()}": path for path in files}
        return {name: found[name] for name in sorted(found) if name.startswith(prefix)}

    def _of_run(self, container: str, blob: str) -> Path | None:
        if container == container_of(ARTIFACTS) and (match := _RUN.fullmatch(blob)):
            if (match["path"] or "").partition("/")[0] in _PRIVATE:
                raise Invalid(f"'{blob}' is not for clients.")
            return inside(self._paths.job(match["run"]), match["path"] or "")
        if container == container_of(DEFAULT_DATASTORES[0]) and (match := _OUTPUT.fullmatch(blob)):
            record = self._store.find("jobs", match["run"])
            place = (record.attributes.get("outputs") or {}).get(match["output"]) if record is not None else None
            if place is not None:
                return inside(Path(place), match["path"]) if match["path"] else Path(place)
        return None


_PRIVATE = frozenset({"run.json", "process", "lock", "runner.log", "exit.json"})
"""Files of a run's folder between supervisor and runner. The order may hold secrets."""


def _hidden(path: Path, root: Path) -> bool:
    first = path.relative_to(root).parts[0]
    return first in _PRIVATE or any(part.startswith(".upload-") for part in path.parts)


_LONG = "azureml://datastores/"


def localise(text: str) -> str:
    """A path of a datastore that is really a run's output, as the reference to that output. Others stay as they are."""
    if not text.startswith(_LONG):
        return text
    name, _, path = text.removeprefix(_LONG).partition("/paths/")
    if name == ARTIFACTS and (match := _RUN.fullmatch(path.rstrip("/"))):
        return f"azureml://jobs/{match['run']}/outputs/artifacts/paths/{match['path'] or ''}"
    if name == DEFAULT_DATASTORES[0] and (match := _OUTPUT.fullmatch(path.rstrip("/"))):
        tail = f"/paths/{match['path']}" if match["path"] else ""
        return f"azureml://jobs/{match['run']}/outputs/{match['output']}{tail}"
    return text
