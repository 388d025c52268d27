"""Finds the local file or folder that a reference in a body stands for."""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from orchestrator.core.errors import Invalid, NotFound
from orchestrator.core.health import Health
from orchestrator.core.inborn import DEFAULT_DATASTORES
from orchestrator.workspace.files.content import DAMAGED, SCHEME, ContentStore
from orchestrator.workspace.files.keeping import keep
from orchestrator.workspace.folder.paths import WorkspacePaths, inside
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.model_names import ModelNames
from orchestrator.workspace.records.record import BEST_CHILD, FILES, KEPT, LOST, MLFLOW_RUN, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.stand_ins import stand_in_for
from orchestrator.workspace.tracking.run_files import OWN_FOLDERS
from orchestrator.workspace.tracking.tracked_files import TrackedFiles

REMOTE_SCHEMES: Final = frozenset({"abfs", "abfss", "adl", "hdfs", "s3", "gs", "wasb", "wasbs"})
"""Schemes of storage that this machine cannot reach by itself."""

ARTIFACTS: Final = "artifacts"
"""The service's name for everything that a run has stored under its own name."""

_DEPTH = 8
_ASSET = re.compile(r"azureml:(?!//)(?P<name>[^:@/]+)(?::(?P<version>[^@/]+)|@(?P<label>\w+))?")
_OUTPUT = re.compile(r"azureml://jobs/(?P<run>[^/]+)/outputs/(?P<output>[^/]+)(?:/(?:paths/)?(?P<path>.*))?")
_RUNS = re.compile(r"runs:/+(?P<run>[^/]+)/(?P<path>.+)")
_MODELS = re.compile(r"models:/+(?P<name>[^/@]+)(?:/(?P<version>[^/]+)|@(?P<label>[^/@]+))?")
_STORE_PATH = re.compile(r"azureml://datastores/(?P<name>[^/]+)/paths/(?P<path>.*)")


def resolve(
    store: RecordStore,
    paths: WorkspacePaths,
    stand_ins: Mapping[str, str],
    text: str,
    sections: Sequence[str] = (record_kinds.DATA, record_kinds.MODELS),
) -> Path:
    """Find the local path of what a body mentions.

    Args:
        store: the workspace's records.
        paths: the workspace's folder.
        stand_ins: reference or URL (or its beginning, up to a ``/``) to an absolute local path; wins over everything
            else. `Record.stand_ins` of the record whose body holds the text.
        text: ``azureml:NAME:VERSION``, ``azureml:NAME@latest``, ``azureml://jobs/RUN/outputs/OUTPUT[/PATH]``,
            ``azureml://datastores/NAME/paths/PATH``, ``runs:/RUN/PATH``, ``models:/NAME/VERSION``, ``content://DIGEST``,
            ``file:``, ``http(s):`` or an absolute path.
        sections: where an asset's name is looked up, in this order.

    Returns:
        An existing file or folder. Assets and content are read-only.

    Raises:
        NotFound: it does not exist; the text names the nearest thing that does.
        Invalid: such a reference cannot be followed on this machine, or it leaves its folder.
    """
    return _Resolver(store, paths, stand_ins, sections).find(text, _DEPTH)


class _Resolver:
    def __init__(
        self, store: RecordStore, paths: WorkspacePaths, stand_ins: Mapping[str, str], sections: Sequence[str]
    ) -> None:
        self._store = store
        self._paths = paths
        self._stand_ins = stand_ins
        self._sections = sections

    def find(self, text: str, depth: int) -> Path:
        if depth == 0:
            raise Invalid(f"'{text}' has too many nested references.")
        stand_in = stand_in_for(self._stand_ins, text)
        if stand_in is not None:
            return _existing(stand_in.path, f"the stand-in of '{text}'")
        if match := _ASSET.fullmatch(text):
            return self._asset(text, match["name"], match["version"], match["label"], depth)
        if match := _OUTPUT.fullmatch(text):
            return self._output(match["run"], match["output"], match["path"] or "")
        if match := _RUNS.fullmatch(text):
            return self._artifact(match["run"], match["path"])
        if match := _MODELS.fullmatch(text):
            return self._model(text, match["name"], match["version"], match["label"], depth)
        if match := _STORE_PATH.fullmatch(text):
            return self._datastore(text, match["name"], match["path"])
        return self._url(text)

    def _url(self, text: str) -> Path:
        scheme = urlsplit(text).scheme
        if text.startswith(SCHEME):
            return ContentStore(self._paths).path_of(text.removeprefix(SCHEME))
        if scheme in ("http", "https"):
            from orchestrator.workspace.files.downloads import download  # an HTTP client, which planning never needs

            return download(self._paths, text)
        if scheme == "file":
            return _existing(Path(unquote(urlsplit(text).path)), f"'{text}'")
        if not scheme and Path(text).is_absolute():
            return _existing(Path(text), f"'{text}'")
        raise Invalid(
            f"'{_public(text)}' cannot be read on this machine.",
            code="unreachable-data",
            fix="Map it to a local path under workspace.local.stand_ins.",
        )

    def _asset(self, text: str, name: str, version: str | None, label: str | None, depth: int) -> Path:
        if label not in (None, "latest"):
            version = (
                ModelNames(self._store).aliases(name).get(str(label)) if record_kinds.MODELS in self._sections else None
            )
            if version is None:
                raise NotFound(
                    f"'{text}': the embedded workspace supports the label 'latest' only, and there is no alias of this name."
                )
        for section in self._sections:
            address = f"{section}.{name}"
            record = self._store.get(section, address, version) if version else self._store.latest(section, address)
            if record is not None and not record.deleting:
                return self._body_path(record, depth)
        raise NotFound(f"'{text}' is not in the workspace.{self._nearest(name)}")

    def _body_path(self, record: Record, depth: int) -> Path:
        path, kept = self._store.revealed(record).get("path"), record.attributes.get(KEPT)
        if not isinstance(kept or path, str):
            raise Invalid(f"{record.address} {record.revision} has no path.")
        own = _Resolver(self._store, self._paths, {**record.stand_ins, **self._stand_ins}, self._sections)
        with telling_of_loss(self._store, record):
            return own._kept(kept, str(path), depth - 1) if kept else own.find(str(path), depth - 1)

    def _kept(self, copy: str, source: str, depth: int) -> Path:
        """The copy of what a run has made. A damaged one is taken again, if what the run has made is still there and still the same."""
        try:
            return self.find(copy, depth)
        except NotFound as error:
            if error.code != DAMAGED:
                raise
            with contextlib.suppress(NotFound, Invalid):
                if keep(self._paths, self.find(source, depth), source) == copy:
                    return self.find(copy, depth)
            raise

    def _nearest(self, name: str) -> str:
        names = {record.name: None for section in self._sections for record in self._store.list(section)}
        close = difflib.get_close_matches(name, names, n=3)
        return f" Nearest: {', '.join(close)}." if close else ""

    def _model(self, text: str, name: str, version: str | None, label: str | None, depth: int) -> Path:
        """What MLflow's own addresses of models mean. Source: MLflow documentation, model URIs."""
        logged = TrackedFiles(self._paths).model(name) if version is None and label is None else None
        if logged is not None:
            return _existing(logged, f"'{text}'")
        if version == "latest" or (version is None and label is None):
            version, label = None, "latest"
        return _Resolver(self._store, self._paths, self._stand_ins, (record_kinds.MODELS,))._asset(
            text, name, version, label, depth
        )

    def _output(self, run: str, output: str, path: str) -> Path:
        if output == ARTIFACTS:
            return self._artifact(run, path)
        record = self._run(run)
        outputs = record.attributes.get("outputs") or {}
        if output not in outputs:
            known = ", ".join([*sorted(outputs), ARTIFACTS])
            end = "" if record.health is not Health.PROGRESSING else " It has not finished yet."
            raise NotFound(f"Run '{run}' has no output '{output}'. It has: {known}.{end}")
        place = self._here(Path(outputs[output]), run)
        what = f"output '{output}/{path}' of run '{run}'" if path else f"output '{output}' of run '{run}'"
        return _existing(inside(place, path) if path else place, what)

    def _artifact(self, run: str, path: str) -> Path:
        """What a run has under its own name: what it wrote into ``outputs``, its logs, and what it logged with MLflow."""
        record = self._store.find(record_kinds.JOBS, run)
        run_id = run if record is None else str(record.attributes.get(MLFLOW_RUN) or "")
        tracked = TrackedFiles(self._paths)
        path = unquote(path).strip("/")
        folder = self._paths.job(run) if record is not None else None
        if folder is not None and path.partition("/")[0] in ("", *OWN_FOLDERS) and inside(folder, path).exists():
            return inside(folder, path)
        found = tracked.find(run_id, path) if path else None
        if found is not None:
            return found
        best = None if record is None else best_child(record)
        if best and path:
            return self._artifact(best, path)
        tops = {*tracked.tops(run_id)}
        if record is None and not tops:
            self._run(run)
        tops |= {name for name in OWN_FOLDERS if folder is not None and (folder / name).is_dir()}
        raise NotFound(
            f"Run '{run}' has no artifact '{path}'. It has: {', '.join(sorted(tops)) or 'none'}.",
            fix=_nearest_name(path, sorted(tops)),
        )

    def _run(self, name: str) -> Record:
        record = self._store.find(record_kinds.JOBS, name)
        if record is None:
            runs = [known.revision for known in self._store.list(record_kinds.JOBS)]
            raise NotFound(f"There is no run '{name}' in the workspace.", fix=_nearest_name(name, runs))
        return record

    def _here(self, recorded: Path, run: str) -> Path:
        """Where a place inside this workspace is now: the folder may have been moved or copied since the run wrote there."""
        if recorded.is_relative_to(self._paths.root):
            return recorded
        for folder in (self._paths.job(run), self._paths.datastores):
            _, found, rest = recorded.as_posix().rpartition(f"/{folder.relative_to(self._paths.root).as_posix()}/")
            if found:
                return inside(folder, rest)
        return recorded

    def _datastore(self, text: str, name: str, path: str) -> Path:
        known = {record.name for record in self._store.list(record_kinds.DATASTORES) if not record.deleting}
        if name not in known and name not in DEFAULT_DATASTORES:
            close = difflib.get_close_matches(name, [*known, *DEFAULT_DATASTORES], n=1)
            raise NotFound(f"There is no datastore '{name}'.{f' Nearest: {close[0]}.' if close else ''}")
        place = inside(self._paths.datastore(name), unquote(path))
        if not place.exists():
            raise NotFound(
                f"'{text}' was not found: {place} does not exist.",
                fix="Add the files, or map the reference to a local path under workspace.local.stand_ins.",
            )
        return place


def lost(store: RecordStore, paths: WorkspacePaths, record: Record) -> bool:
    """Whether the content of an asset is gone, so that it has to be made again. Looks at names and sizes; reads no content.

    The copy of what a run has made is not, as long as the run has it: whoever needs it takes it again.
    """
    content = ContentStore(paths)
    if record.lost or content.lacks(record.attributes.get(FILES) or ()):
        return True
    kept = str(record.attributes.get(KEPT) or "")
    if not kept or not content.lacks([kept.removeprefix(SCHEME)]):
        return False
    try:
        resolve(store, paths, record.stand_ins, str(record.body.get("path")))
    except (NotFound, Invalid):
        return True
    return False


@contextlib.contextmanager
def telling_of_loss(store: RecordStore, record: Record) -> Iterator[None]:
    """Write into an asset's record if its content turns out to be damaged, so that the next apply makes it again."""
    try:
        yield
    except NotFound as error:
        if error.code == DAMAGED:
            store.update_status(record.key, health=Health.DEGRADED, message=error.detail, attributes={LOST: True})
            raise NotFound(f"{record.address} {record.revision}: {error.detail}", fix=error.fix) from None
        raise


def best_child(record: Record) -> str:
    """The run whose results a run took over; empty if there is none."""
    results = (value for value in record.attributes.values() if isinstance(value, Mapping))
    return next((str(result[BEST_CHILD]) for result in results if result.get(BEST_CHILD)), "")


def remote(text: str) -> bool:
    """Whether a text is an address of storage that this machine cannot reach by itself."""
    return "://" in text and text.split("://", 1)[0].lower() in REMOTE_SCHEMES


def _nearest_name(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean '{close[0]}'?" if close else ""


def _existing(path: Path, what: str) -> Path:
    if not path.exists():
        raise NotFound(f"There is no {what}: {path} does not exist.")
    return path


def _public(text: str) -> str:
    return text.split("?", 1)[0]
