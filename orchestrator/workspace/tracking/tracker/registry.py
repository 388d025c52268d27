"""MLflow's model registry over the workspace's own records: one registry, whoever writes into it.

Prompts, which the workspace has no word for, stay in MLflow's database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from mlflow.prompt.constants import IS_PROMPT_TAG_KEY
from mlflow.store.model_registry.dbmodels.models import SqlRegisteredModel
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

from orchestrator.workspace.tracking.tracker.record_models import RecordModels

_PROMPTS: Final = re.compile(rf"{re.escape(IS_PROMPT_TAG_KEY)}`?\s*=\s*['\"]true", re.IGNORECASE)

_BY_NAME: Final = (
    "update_registered_model",
    "rename_registered_model",
    "delete_registered_model",
    "get_registered_model",
    "get_latest_versions",
    "set_registered_model_tag",
    "delete_registered_model_tag",
    "create_model_version",
    "update_model_version",
    "transition_model_version_stage",
    "delete_model_version",
    "get_model_version",
    "get_model_version_download_uri",
    "set_model_version_tag",
    "delete_model_version_tag",
    "set_registered_model_alias",
    "delete_registered_model_alias",
    "get_model_version_by_alias",
)
"""Methods of the registry whose first argument is a name, which tells where to look."""


class WorkspaceRegistry(SqlAlchemyStore):  # type: ignore[misc]
    """The registry of one workspace.

    Args:
        database: MLflow's, for prompts.
        models: the workspace's.
    """

    def __init__(self, database: Path, models: RecordModels) -> None:
        self._models = models
        super().__init__(f"sqlite:///{database}")

    def create_registered_model(self, name: str, tags: Sequence[Any] | None = None, *rest: Any, **more: Any) -> Any:
        """See MLflow."""
        prompt = any(tag.key == IS_PROMPT_TAG_KEY for tag in tags or ())
        target: Any = super() if prompt else self._models
        return target.create_registered_model(name, tags, *rest, **more)

    def search_registered_models(self, filter_string: str | None = None, *rest: Any, **more: Any) -> Any:
        """See MLflow."""
        target: Any = super() if _PROMPTS.search(filter_string or "") else self._models
        return target.search_registered_models(filter_string, *rest, **more)

    def search_model_versions(self, filter_string: str | None = None, *rest: Any, **more: Any) -> Any:
        """See MLflow."""
        target: Any = super() if _PROMPTS.search(filter_string or "") else self._models
        return target.search_model_versions(filter_string, *rest, **more)

    def is_prompt(self, name: str) -> bool:
        """Whether a name is in MLflow's own tables, where only prompts are."""
        with self.ManagedSessionMaker() as session:
            return session.query(SqlRegisteredModel.name).filter(SqlRegisteredModel.name == name).first() is not None


def _routed(method: str) -> Callable[..., Any]:
    def call(self: WorkspaceRegistry, name: str, *rest: Any, **more: Any) -> Any:
        target = super(WorkspaceRegistry, self) if self.is_prompt(name) else self._models
        return getattr(target, method)(name, *rest, **more)

    call.__name__ = method
    return call


for _method in _BY_NAME:
    setattr(WorkspaceRegistry, _method, _routed(_method))
