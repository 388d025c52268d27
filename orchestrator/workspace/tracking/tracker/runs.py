"""MLflow's store of runs, as the workspace needs it: a job's run has the job's name and labels, and files stay in the workspace."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mlflow.entities import LifecycleStage, RunStatus, SourceType
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.dbmodels.models import SqlLoggedModel, SqlRun, SqlTag
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.utils.uri import append_to_uri_path

from orchestrator.workspace.folder.paths import PRIVATE_FOLDER
from orchestrator.workspace.tracking.tracker.labels import RUN_NAME, Labels
from orchestrator.workspace.tracking.tracker.status_words import in_mlflows_words


class WorkspaceRuns(SqlAlchemyStore):  # type: ignore[misc]
    """Runs of one workspace.

    Args:
        database: the file that `database.ensure_database` made.
        artifacts: folder below which all files of runs lie.
        labels: of the jobs, which their runs show.
    """

    def __init__(self, database: Path, artifacts: Path, labels: Labels) -> None:
        self._artifacts = artifacts
        self._labels = labels
        super().__init__(f"sqlite:///{database}", artifacts.as_uri())

    def create_experiment(self, name: str, artifact_location: str | None = None, tags: Any = None) -> str:
        """See MLflow. Files go below the workspace's own folder only: elsewhere they would be the owner's business.

        Raises:
            MlflowException: `artifact_location` is elsewhere.
        """
        if artifact_location and not self._is_ours(artifact_location):
            raise MlflowException.invalid_parameter_value(
                f"artifact_location '{artifact_location}' is outside of this workspace. Leave it out, or choose a folder "
                f"below {self._artifacts}."
            )
        return str(super().create_experiment(name, artifact_location, tags))

    def _is_ours(self, location: str) -> bool:
        parts = urlsplit(location)
        if parts.scheme not in ("", "file") or parts.netloc or parts.query or parts.fragment:
            return False
        path = Path(unquote(parts.path) if parts.scheme else location)
        return path.is_absolute() and path.resolve().is_relative_to(self._artifacts.resolve())

    def begin(self, run_id: str, experiment: str, name: str, started: int, tags: Mapping[str, str]) -> Any:
        """Make a job's run with an id of our choice. One with this id from an earlier attempt goes, with all it logged.

        Args:
            run_id: the job's name.
            experiment: made if it is not there, brought back if somebody deleted it.
            started: milliseconds since the epoch.

        Returns:
            MLflow's `Run`.
        """
        experiment_id = self._active_experiment(experiment)
        self._forget(run_id)
        self._labels.forget(run_id)
        root = self.get_experiment(experiment_id).artifact_location
        named = {**tags, RUN_NAME: name}
        # MLflow's own way to make a run draws the id itself; the fields are those that it writes.
        run = SqlRun(
            run_uuid=run_id,
            name=name,
            experiment_id=int(experiment_id),
            artifact_uri=append_to_uri_path(root, run_id, self.ARTIFACTS_FOLDER_NAME),
            source_type=SourceType.to_string(SourceType.UNKNOWN),
            source_name="",
            source_version="",
            entry_point_name="",
            user_id=tags.get("mlflow.user", ""),
            status=RunStatus.to_string(RunStatus.RUNNING),
            start_time=started,
            lifecycle_stage=LifecycleStage.ACTIVE,
        )
        run.tags = [SqlTag(key=key, value=value) for key, value in named.items()]
        with self.ManagedSessionMaker(read_only=False) as session:
            session.add(run)
        return self.get_run(run_id)

    def _active_experiment(self, name: str) -> str:
        found = self.get_experiment_by_name(name)
        if found is None:
            try:
                return self.create_experiment(name)
            except MlflowException as error:
                found = self.get_experiment_by_name(name)  # another job was first
                if found is None:
                    raise error from None
        if found.lifecycle_stage != LifecycleStage.ACTIVE:
            self.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    def _forget(self, run_id: str) -> None:
        with self.ManagedSessionMaker(read_only=False) as session:
            earlier = session.query(SqlRun).filter(SqlRun.run_uuid == run_id).one_or_none()
            if earlier is None:
                return
            models = session.query(SqlLoggedModel).filter(SqlLoggedModel.source_run_id == run_id).all()
            places = [earlier.artifact_uri, *(model.artifact_location for model in models)]
            for model in models:
                session.delete(model)
        self._hard_delete_run(run_id)
        for place in places:
            if self._is_ours(place):
                shutil.rmtree(Path(unquote(urlsplit(place).path)).parent, ignore_errors=True)

    def get_run(self, run_id: str) -> Any:
        """See MLflow."""
        self._labels.carry(self)
        return super().get_run(run_id)

    def _search_runs(self, experiment_ids: Any, filter_string: str | None, *args: Any, **kwargs: Any) -> Any:
        self._labels.carry(self)
        filter_string = in_mlflows_words(filter_string) if filter_string else filter_string
        return super()._search_runs(experiment_ids, filter_string, *args, **kwargs)


def artifacts_folder(tracking: Path) -> Path:
    """Where the files of all runs lie; made if it is not there."""
    folder = tracking / "artifacts"
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return folder
