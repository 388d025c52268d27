"""Makes a run's folder ready: code, inputs, outputs, environment and tracking, down to the order for its runner."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.core.errors import Invalid
from orchestrator.workspace import programs
from orchestrator.workspace.environments.accelerators import gpu_notice
from orchestrator.workspace.environments.environments import Environments, Wish
from orchestrator.workspace.files.content import SCHEME, ContentStore
from orchestrator.workspace.folder.paths import PRIVATE_FOLDER, WorkspacePaths, safe_name
from orchestrator.workspace.folder.trees import make_read_only, remove_tree
from orchestrator.workspace.job_types import execution_of
from orchestrator.workspace.jobs.bodies import input_values, literal_text
from orchestrator.workspace.jobs.folder import JobFolder, RunOrder
from orchestrator.workspace.jobs.launching import on_one_node
from orchestrator.workspace.jobs.places import is_file, output_place
from orchestrator.workspace.jobs.tracked import JobTracking, start_tracking
from orchestrator.workspace.logs.log import note
from orchestrator.workspace.processes.ports import LOOPBACK, free_port
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import PARAMETERS, PARENT, Record
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import resolve
from orchestrator.workspace.tracking.mlflow_files import mlflow_folder
from orchestrator.workspace.tracking.run_files import show_in_mlflow
from orchestrator.workspace.tracking.server import TrackingServer

HIDDEN: Final = "MLFLOW_TRACKING_TOKEN"
"""Name under which the tracking server's token is hidden in logs."""

DEFAULT_EXPERIMENT: Final = "Default"

ATTEMPT: Final = "attempt"
"""The attribute of a record that counts how often the run was begun."""

ENVIRONMENT_OF: Final = "environment_of"
"""Member of a body: the input whose MLflow model declares the environment, where the job names none."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """Prepares runs. Safe to use from several threads for different runs."""

    paths: WorkspacePaths
    store: RecordStore
    content: ContentStore
    environments: Environments
    tracking: TrackingServer

    def prepare(self, record: Record, tell: Callable[[str], None]) -> RunOrder:
        """Make a run ready. Of what an earlier attempt left in its folder, only parts that are done stay. Blocks, possibly for minutes.

        Args:
            record: of kind ``jobs``.
            tell: gets a line about what is being done.

        Raises:
            BackendError: the run can never start as it is, with the reason.
        """
        secrets = SecretFiles(self.paths)
        body = _placed(secrets.reveal(record), record)
        folder = JobFolder(self.paths.job(record.revision))
        execution = execution_of(record.variant)
        _fresh(folder, again=ATTEMPT in record.attributes)
        self._tell_of_gpu(record, folder, tell)
        with ThreadPoolExecutor(1, thread_name_prefix="tracking") as side:
            # The tracking server takes seconds to load, as does an environment: both at once.
            tracked = side.submit(start_tracking, self.tracking, self.store, record, _experiment(record, body))
            inputs, literals = self._inputs(record, body)
            python = self._python(record, body, inputs, folder, tell)
            self._lay_out_code(record, body.get("code"), folder)
            outputs = self._outputs(record, body, folder)
            run = tracked.result()
        self._show_logs(record, folder)
        order = RunOrder(
            record.revision,
            record.variant or execution.key,
            dict(_placed(record.body, record)),
            str(python),
            inputs={**inputs, **literals},
            literals=tuple(literals),
            outputs=outputs,
            environ={**self._environ(record, body, run), **_user_environ(body)},
            timeout_s=execution.time_limit(body),
            command=execution.program(body),
            processes=execution.processes(body),
            secrets={**secrets.to_hide(record), run.access.token: HIDDEN},
        )
        order.write(folder)
        return order

    def _show_logs(self, record: Record, folder: JobFolder) -> None:
        """Logs are among the run's artifacts in MLflow from the beginning."""
        folder.system_log.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        note(folder.system_log, f"{record.revision} is ready to run")
        folder.logs.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        private_files.open_end(folder.log).close()
        show_in_mlflow(self.paths, self.store.get(*record.key) or record)

    def _tell_of_gpu(self, record: Record, folder: JobFolder, tell: Callable[[str], None]) -> None:
        if notice := gpu_notice(record, self.store):
            tell(notice)
            note(folder.log, notice)

    def _python(
        self,
        record: Record,
        body: Mapping[str, Any],
        inputs: Mapping[str, str],
        folder: JobFolder,
        tell: Callable[[str], None],
    ) -> Path:
        if execution_of(record.variant).own_python:
            return Path(sys.executable)
        of = inputs.get(str(body.get(ENVIRONMENT_OF)))
        model = mlflow_folder(Path(of)) if of and body.get("environment") is None else None
        if model is not None:
            shared = self.environments.python_of_model(model, tell, Wish.of(record))
        else:
            shared = self.environments.python_for(body.get("environment"), tell, Wish.of(record))
        return self.environments.layer_for(shared, folder.environment)

    def _lay_out_code(self, record: Record, code: object, folder: JobFolder) -> None:
        if isinstance(code, str) and code.startswith(SCHEME):
            self.content.materialise(code.removeprefix(SCHEME), folder.code, writable=True)
        elif isinstance(code, str):
            source = resolve(self.store, self.paths, record.stand_ins, code)
            _copy_writable(source, folder.code)
        _link_outputs(folder)

    def _inputs(self, record: Record, body: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        """Paths and literals by the names of the inputs."""
        paths, literals = input_values(execution_of(record.variant).inputs(body))
        return {name: str(self._input(record, name, source)) for name, source in paths.items()}, literals

    def _input(self, record: Record, name: str, source: Mapping[str, Any]) -> Path:
        mode = str(source.get("mode") or "ro_mount")
        if mode.startswith("eval_"):
            raise Invalid(f"Input '{name}' has mode {mode}, which the embedded workspace does not support.")
        sections = (
            (record_kinds.MODELS, record_kinds.DATA)
            if str(source.get("type", "")).endswith("_model")
            else (record_kinds.DATA, record_kinds.MODELS)
        )
        path = resolve(self.store, self.paths, record.stand_ins, str(source["path"]), sections)
        if mode != "download" or self._kept(path):
            return path
        target = JobFolder(self.paths.job(record.revision)).inputs / safe_name(name)
        target.parent.mkdir(exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            target.mkdir()
            target = Path(shutil.copy2(path, target))
        make_read_only(target)
        return target

    def _kept(self, path: Path) -> bool:
        """Whether a path is one of the workspace's own read-only copies."""
        return any(path.is_relative_to(place) for place in (self.paths.content, self.paths.downloads))

    def _outputs(self, record: Record, body: Mapping[str, Any], folder: JobFolder) -> dict[str, str]:
        places = {}
        for name, spec in execution_of(record.variant).outputs(body).items():
            place = output_place(self.paths, folder, record.revision, name, spec)
            (place.parent if is_file(spec) else place).mkdir(parents=True, exist_ok=True)
            places[name] = str(place)
        return places

    def _environ(self, record: Record, body: Mapping[str, Any], tracked: JobTracking) -> dict[str, str]:
        experiment = _experiment(record, body)
        environ = {
            "AZUREML_RUN_ID": record.revision,
            "AZUREML_ROOT_RUN_ID": self._root(record),
            **{f"AZUREML_SWEEP_{name}": text for name, text in (record.attributes.get(PARAMETERS) or {}).items()},
            "AMLCTL_PROGRAMS": str(Path(programs.__file__).parent),
            "AMLCTL_PROGRESS": str(JobFolder(self.paths.job(record.revision)).progress),
            "AZUREML_EXPERIMENT_NAME": experiment,
            "AZUREML_EXPERIMENT_ID": tracked.run.experiment_id,
            **tracked.access.environment(),
            "MLFLOW_RUN_ID": tracked.run.run_id,
            "MLFLOW_EXPERIMENT_ID": tracked.run.experiment_id,
            "MLFLOW_EXPERIMENT_NAME": experiment,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "GIT_PYTHON_REFRESH": "quiet",
        }
        if execution_of(record.variant).processes(body) > 1:
            environ |= {"MASTER_ADDR": LOOPBACK, "MASTER_PORT": str(free_port())}
        return environ

    def _root(self, record: Record) -> str:
        """The run at whose bidding it runs, over all that stand between."""
        above = record.attributes.get(PARENT)
        found = self.store.find(record.kind, str(above)) if above else None
        return self._root(found) if found is not None else str(above or record.revision)


def _experiment(record: Record, body: Mapping[str, Any]) -> str:
    return str(body.get("experiment_name") or record.owner or DEFAULT_EXPERIMENT)


def _user_environ(body: Mapping[str, Any]) -> dict[str, str]:
    variables = body.get("environment_variables") or {}
    for name, value in variables.items():
        if isinstance(value, Mapping):
            raise Invalid(f"The secret of environment variable {name} is no longer stored.", fix="Apply again.")
    return {str(name): literal_text(value) for name, value in variables.items()}


def _fresh(folder: JobFolder, *, again: bool) -> None:
    """An empty folder. A run that is begun again, and has noted what it has done, keeps what came of that."""
    kept = {folder.progress, folder.outputs} if again and folder.progress.exists() else set()
    for file in {folder.order, folder.exit, folder.process, folder.metrics, folder.reason, folder.progress} - kept:
        file.unlink(missing_ok=True)
    for part in {folder.code, folder.inputs, folder.outputs, folder.logs, folder.environment} - kept:
        if part.exists():
            remove_tree(part)
    for part in (folder.code, folder.outputs, folder.logs):
        part.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


def _copy_writable(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)
    for path in target.rglob("*"):
        path.chmod(path.stat().st_mode | 0o200)


def _link_outputs(folder: JobFolder) -> None:
    """Make ``./outputs`` of the working folder the run's outputs folder, as the service keeps it."""
    link = folder.code / "outputs"
    if link.is_dir():
        shutil.copytree(link, folder.outputs, dirs_exist_ok=True)
        shutil.rmtree(link)
    elif link.exists():
        return
    link.symlink_to(folder.outputs, target_is_directory=True)


def _placed(body: Mapping[str, Any], record: Record) -> Mapping[str, Any]:
    """A job's body as this machine runs it."""
    return on_one_node(body) if record.nodes_as_processes else body
