"""The registry's methods over records. Names, arguments and results are those of MLflow's ``AbstractStore``."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from mlflow.entities.model_registry.model_version_stages import get_canonical_stage
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, RESOURCE_DOES_NOT_EXIST
from mlflow.store.entities.paged_list import PagedList
from mlflow.utils.search_utils import SearchModelUtils, SearchModelVersionUtils, SearchUtils

from orchestrator.core.errors import BackendError, Conflict, Invalid
from orchestrator.workspace.admission.writing import MLMODEL
from orchestrator.workspace.files.keeping import keep
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.model_names import ModelNames
from orchestrator.workspace.records.record import REGISTERED, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import resolve
from orchestrator.workspace.tracking.tracked_files import TrackedFiles
from orchestrator.workspace.tracking.tracker.entities import ARCHIVED, name_entity, now, tags_of, version_entity

MODELS: Final = record_kinds.MODELS
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
"""Names that Azure takes. Source: REST specification, model containers."""


class RecordModels:
    """Models of one workspace, for MLflow. What is written here is what the spec and Azure's client see, and the other way round.

    Args:
        paths, store: the workspace.
    """

    def __init__(self, paths: WorkspacePaths, store: RecordStore) -> None:
        self._paths = paths
        self._store = store
        self._names = ModelNames(store)

    def create_registered_model(
        self,
        name: str,
        tags: Sequence[Any] | None = None,
        description: str | None = None,
        deployment_job_id: Any = None,
    ) -> Any:
        if not _NAME.fullmatch(name):
            raise MlflowException.invalid_parameter_value(
                f"'{name}' is not a valid model name. Use letters, digits, '-', '_' and '.', starting with a letter or digit."
            )
        if self._is_known(name):
            raise MlflowException(f"The model '{name}' already exists.", RESOURCE_ALREADY_EXISTS)
        self._names.write(name, {"tags": {tag.key: tag.value for tag in tags or ()}, "description": description})
        return self.get_registered_model(name)

    def update_registered_model(self, name: str, description: str | None, deployment_job_id: Any = None) -> Any:
        self._require(name)
        self._names.write(name, {"description": description})
        return self.get_registered_model(name)

    def rename_registered_model(self, name: str, new_name: str) -> Any:
        found = self.get_registered_model(name)
        versions = self._versions(name)
        owned = next((record.owner for record in versions if record.owner), None)
        if owned:
            raise MlflowException.invalid_parameter_value(
                f"'{name}' belongs to the project '{owned}'. Rename it in the project's spec."
            )
        self.create_registered_model(new_name, None, found.description)
        self._names.write(new_name, {"tags": found.tags, "aliases": dict(self._names.aliases(name))})
        for record in versions:
            self._store.insert(replace(record, address=f"{MODELS}.{new_name}"))
        self.delete_registered_model(name)
        return self.get_registered_model(new_name)

    def delete_registered_model(self, name: str) -> None:
        self._require(name)
        for record in self._store.versions(MODELS, f"{MODELS}.{name}"):
            self._store.delete(record.key)
        self._names.forget(name)

    def get_registered_model(self, name: str) -> Any:
        self._require(name)
        return name_entity(name, self._names.find(name), self.get_latest_versions(name), self._names.aliases(name))

    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int | None = None,
        order_by: Any = None,
        page_token: Any = None,
    ) -> Any:
        everything = [self.get_registered_model(name) for name in self._names.names()]
        found = SearchModelUtils.sort(SearchModelUtils.filter(everything, filter_string), order_by)
        return _page(found, max_results, page_token)

    def get_latest_versions(self, name: str, stages: Sequence[str] | None = None) -> list[Any]:
        self._require(name)
        canonical = {get_canonical_stage(stage) for stage in stages or ()}
        latest = {version.current_stage: version for version in self._entities(name)}
        return [version for stage, version in latest.items() if not canonical or stage in canonical]

    def set_registered_model_tag(self, name: str, tag: Any) -> None:
        self._require(name)
        self._names.write(name, {"tags": {**self.get_registered_model(name).tags, tag.key: tag.value}})

    def delete_registered_model_tag(self, name: str, key: str) -> None:
        self._require(name)
        tags = self.get_registered_model(name).tags
        self._names.write(name, {"tags": {known: value for known, value in tags.items() if known != key}})

    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: Sequence[Any] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        local_model_path: Any = None,
        model_id: str | None = None,
    ) -> Any:
        self._require(name)
        with _in_mlflows_words():
            place = self._place(source)
            is_mlflow = (place / MLMODEL).is_file()
            body: dict[str, Any] = {
                "type": "mlflow_model" if is_mlflow else "custom_model",
                "path": keep(self._paths, place),
            }
        if tags:
            body["tags"] = {tag.key: tag.value for tag in tags}
        if description:
            body["description"] = description
        if not run_id:
            logged = model_id or source.removeprefix(f"{MODELS}:/").lstrip("/")
            run_id = TrackedFiles(self._paths).run_of(logged)
        given = {"source": source, "run_id": run_id, "run_link": run_link, "model_id": model_id, "created": now()}
        attributes = {REGISTERED: {**{key: value for key, value in given.items() if value}, "modified": now()}}
        while True:
            revision = self._next(name)
            record = Record(
                MODELS, f"{MODELS}.{name}", revision, body=body, attributes=attributes, variant=str(body["type"])
            )
            with contextlib.suppress(Conflict):  # somebody else took the number at the same moment
                self._store.insert(record)
                return self.get_model_version(name, revision)

    def update_model_version(self, name: str, version: Any, description: str | None = None) -> Any:
        record = self._version(name, version)
        body = {key: value for key, value in {**record.body, "description": description}.items() if value is not None}
        return self._write(replace(record, body=body))

    def transition_model_version_stage(
        self, name: str, version: Any, stage: str, archive_existing_versions: Any = None
    ) -> Any:
        record, stage = self._version(name, version), get_canonical_stage(stage)
        if archive_existing_versions:
            for other in self._versions(name):
                if other.revision != record.revision and version_entity(other, {}).current_stage == stage:
                    self._write(replace(other, archived=True))
        given = {**(record.attributes.get(REGISTERED) or {}), "stage": "None" if stage == ARCHIVED else stage}
        return self._write(
            replace(record, archived=stage == ARCHIVED, attributes={**record.attributes, REGISTERED: given})
        )

    def delete_model_version(self, name: str, version: Any) -> None:
        record = self._version(name, version)
        self._store.delete(record.key)
        left = {alias: of for alias, of in self._names.aliases(name).items() if of != record.revision}
        self._names.set_aliases(name, left)

    def get_model_version(self, name: str, version: Any) -> Any:
        return version_entity(self._version(name, version), self._names.aliases(name))

    def get_model_version_download_uri(self, name: str, version: Any) -> str:
        record = self._version(name, version)
        with _in_mlflows_words():
            return resolve(self._store, self._paths, {}, f"azureml:{name}:{record.revision}", (MODELS,)).as_uri()

    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int | None = None,
        order_by: Any = None,
        page_token: Any = None,
    ) -> Any:
        everything = [version for name in self._names.names() for version in self._entities(name)]
        found = SearchModelVersionUtils.sort(SearchModelVersionUtils.filter(everything, filter_string), order_by)
        return _page(found, max_results, page_token)

    def set_model_version_tag(self, name: str, version: Any, tag: Any) -> None:
        record = self._version(name, version)
        self._tag(record, {**tags_of(record), tag.key: tag.value})

    def delete_model_version_tag(self, name: str, version: Any, key: str) -> None:
        record = self._version(name, version)
        self._tag(record, {known: value for known, value in tags_of(record).items() if known != key})

    def set_registered_model_alias(self, name: str, alias: str, version: Any) -> None:
        record = self._version(name, version)
        self._names.set_aliases(name, {**self._names.aliases(name), alias: record.revision})

    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        self._require(name)
        left = {known: version for known, version in self._names.aliases(name).items() if known != alias}
        self._names.set_aliases(name, left)

    def get_model_version_by_alias(self, name: str, alias: str) -> Any:
        self._require(name)
        version = self._names.aliases(name).get(alias)
        if version is None:
            raise MlflowException.invalid_parameter_value(f"The model '{name}' has no alias '{alias}'.")
        return self.get_model_version(name, version)

    def _tag(self, record: Record, tags: Mapping[str, str]) -> None:
        body = {key: value for key, value in record.body.items() if key != "tags"}
        self._write(replace(record, body={**body, **({"tags": dict(tags)} if tags else {})}))

    def _write(self, record: Record) -> Any:
        given = {**(record.attributes.get(REGISTERED) or {}), "modified": now()}
        written = self._store.update_body(
            replace(record, attributes={**record.attributes, REGISTERED: given}), same_work=True
        )
        return version_entity(written, self._names.aliases(record.name))

    def _place(self, source: str) -> Path:
        if urlsplit(source).scheme in ("runs", MODELS):
            return resolve(self._store, self._paths, {}, source, (MODELS,))
        place = TrackedFiles(self._paths).place(source)
        if place is None:
            raise Invalid(f"'{source}' is not stored in this workspace.", fix="Log the model with MLflow first.")
        return place

    def _is_known(self, name: str) -> bool:
        return self._names.find(name) is not None or bool(self._versions(name))

    def _require(self, name: str) -> None:
        if not self._is_known(name):
            raise MlflowException(f"There is no model '{name}' in the workspace.", RESOURCE_DOES_NOT_EXIST)

    def _versions(self, name: str) -> list[Record]:
        return [record for record in self._store.versions(MODELS, f"{MODELS}.{name}") if not record.deleting]

    def _entities(self, name: str) -> list[Any]:
        aliases = self._names.aliases(name)
        return [version_entity(record, aliases) for record in self._versions(name)]

    def _version(self, name: str, version: Any) -> Record:
        record = self._store.get(MODELS, f"{MODELS}.{name}", str(version))
        if record is None or record.deleting:
            raise MlflowException(f"There is no version '{version}' of model '{name}'.", RESOURCE_DOES_NOT_EXIST)
        return record

    def _next(self, name: str) -> str:
        taken = [record.revision for record in self._store.versions(MODELS, f"{MODELS}.{name}")]
        return str(max((int(revision) for revision in taken if revision.isdecimal()), default=0) + 1)


def _page(found: Sequence[Any], max_results: int | None, page_token: Any) -> Any:
    start = SearchUtils.parse_start_offset_from_page_token(page_token)
    end = start + (max_results or len(found))
    return PagedList(found[start:end], SearchUtils.create_page_token(end) if end < len(found) else None)


@contextlib.contextmanager
def _in_mlflows_words() -> Iterator[None]:
    try:
        yield
    except BackendError as error:
        raise MlflowException.invalid_parameter_value(f"{error.detail} {error.fix}".strip()) from error
