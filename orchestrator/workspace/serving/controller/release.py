"""A release: model, code and environment of a deployment, laid out for its scoring servers."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from orchestrator.core.errors import Invalid, NotFound
from orchestrator.workspace.environments.accelerators import gpu_notice
from orchestrator.workspace.environments.environments import Wish
from orchestrator.workspace.environments.layers import programs_first
from orchestrator.workspace.files.content import SCHEME, ContentStore
from orchestrator.workspace.folder.durable import sync_tree
from orchestrator.workspace.folder.paths import WorkspacePaths, inside
from orchestrator.workspace.logs.log import note
from orchestrator.workspace.processes.process import child_environment
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import resolve
from orchestrator.workspace.serving.collected_data import COLLECTOR, collections_of, config_variables, prepare
from orchestrator.workspace.serving.files import DeploymentFiles, make_private
from orchestrator.workspace.tracking.mlflow_files import mlflow_folder

_SHAPING = ("model", "code_configuration", "environment", "environment_variables", "model_mount_path")
"""Fields of a deployment that need new servers when they change; the others only change how the running ones are used."""


class PythonSource(Protocol):
    """Gives the interpreter of an environment. Builds it if need be, and blocks meanwhile. See `workspace.environments.environments`."""

    def python_for(
        self, spec: str | Mapping[str, Any] | None, tell: Callable[[str], None] = ..., wish: Wish = ...
    ) -> Path:
        """The interpreter of an environment that a deployment names."""
        ...

    def python_of_model(self, folder: Path, tell: Callable[[str], None] = ..., wish: Wish = ...) -> Path:
        """The interpreter of the environment that an MLflow model declares."""
        ...

    def layer_for(self, python: Path, home: Path) -> Path:
        """An interpreter on top of another one that may be changed."""
        ...


def release_of(record: Record) -> str:
    """Which release a deployment asks for: a digest of all that its servers are made from."""
    shaping = {name: record.body.get(name) for name in _SHAPING}
    if record.body.get(COLLECTOR):
        shaping[COLLECTOR] = record.body[COLLECTOR]
    return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Release:
    """What a scoring server is started with.

    Attributes:
        python: the interpreter of the deployment's environment.
        cwd: where the server starts: the code folder.
        environ: its whole environment; may hold secrets, so it is never written down.
        script: the entry script, or None.
        model: the MLflow model's folder if there is no script.
        hidden: secret value to its name, see `SecretFiles.to_hide`: what the server's log must not hold.
        collector: what is collected and where, see `scoring.collecting.Collector`; None for nothing.
    """

    python: Path
    cwd: Path
    environ: Mapping[str, str] = field(repr=False)
    script: Path | None
    model: Path | None
    hidden: Mapping[str, str] = field(default_factory=dict, repr=False)
    collector: Mapping[str, Any] | None = None


class ReleaseBuilder:
    """Lays releases out. Its methods block.

    Args:
        paths, store, content: the workspace.
        environments: gives interpreters.
    """

    def __init__(
        self, paths: WorkspacePaths, store: RecordStore, content: ContentStore, environments: PythonSource
    ) -> None:
        self._paths = paths
        self._store = store
        self._content = content
        self._environments = environments
        self._secrets = SecretFiles(paths)

    def build(self, record: Record, files: DeploymentFiles) -> Release:
        """Lay out the release that a deployment asks for. Doing it again changes nothing.

        Raises:
            NotFound: something that the body mentions is not there.
            Invalid: this cannot be served here; the text says why.
        """
        body = self._secrets.reveal(record)
        folder = files.release(release_of(record))
        if not folder.exists() and (notice := gpu_notice(record, self._store)):
            note(files.log, notice)
        make_private(folder, self._paths.root)
        model = self._model(record, body.get("model"), folder / "model")
        script = self._script(record, body.get("code_configuration"), folder / "code")
        mlflow = None if script is not None else _mlflow_folder(model)
        python = self._python(record, body.get("environment"), mlflow, files)
        python = self._environments.layer_for(python, folder / "environment")
        cwd = folder / "code" if script is not None else folder
        collections = collections_of(record)
        collecting = prepare(self._paths, self._store, record, collections, folder) if collections else None
        extra = {**config_variables(folder, collections), **(body.get("environment_variables") or {})}
        environ = _environ(python, cwd, folder / "model", script, extra)
        return Release(python, cwd, environ, script, mlflow, self._secrets.to_hide(record), collecting)

    def _python(self, record: Record, environment: Any, model: Path | None, files: DeploymentFiles) -> Path:
        def tell(line: str) -> None:
            note(files.log, line)

        if environment is None and model is not None:
            return self._environments.python_of_model(model, tell, Wish.of(record))
        return self._environments.python_for(environment, tell, Wish.of(record))

    def _model(self, record: Record, model_body: Any, into: Path) -> Path | None:
        if model_body is None:
            return None
        kind, text = None, model_body
        if isinstance(model_body, Mapping):
            kind, text = model_body.get("type"), model_body.get("path")
        elif isinstance(model_body, str):
            kind = self._registered_type(model_body)
        if kind == "triton_model":
            raise Invalid(
                "A Triton model requires NVIDIA Triton Inference Server, which the embedded workspace does not support."
            )
        if not isinstance(text, str):
            raise Invalid("The deployment's model has no path.")
        source = resolve(self._store, self._paths, record.stand_ins, text, sections=(record_kinds.MODELS,))
        if not into.exists():
            draft = _draft(into)
            _mirror(source, draft / source.name)
            _settle(draft, into)
        return into / source.name

    def _registered_type(self, text: str) -> Any:
        name, _, version = text.removeprefix("azureml:").partition(":")
        found = self._store.get(record_kinds.MODELS, f"{record_kinds.MODELS}.{name}", version) if version else None
        return None if found is None else found.body.get("type")

    def _script(self, record: Record, configuration: Any, into: Path) -> Path | None:
        if not isinstance(configuration, Mapping) or not configuration.get("scoring_script"):
            return None
        code, name = configuration.get("code"), str(configuration["scoring_script"])
        if not into.exists():
            self._lay_out_code(record, code, into)
        script = inside(into, name)
        if not script.is_file():
            raise NotFound(f"The code folder has no file '{name}'.", fix="Correct code_configuration.scoring_script.")
        return script

    def _lay_out_code(self, record: Record, code: Any, into: Path) -> None:
        draft = _draft(into)
        if not isinstance(code, str):
            draft.mkdir()
        elif code.startswith(SCHEME):
            self._content.materialise(code.removeprefix(SCHEME), draft, writable=True)
        else:
            shutil.copytree(resolve(self._store, self._paths, record.stand_ins, code), draft)
        _settle(draft, into)


def _draft(into: Path) -> Path:
    return into.with_name(f".{into.name}.{secrets.token_hex(4)}")


def _settle(draft: Path, into: Path) -> None:
    sync_tree(draft)  # what bears its name is served as it is, after a power cut too
    try:
        draft.rename(into)
    except OSError:
        # A build that was given up goes on in its thread and may have been first.
        shutil.rmtree(draft)
        if not into.is_dir():
            raise


def _mirror(source: Path, target: Path) -> None:
    """Real files, not symbolic links: MLflow refuses to follow those out of a model's folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        _place(str(source), str(target))
    else:
        shutil.copytree(source, target, copy_function=_place)


def _place(source: str, target: str) -> None:
    # The administrator writes through read-only files, so only others may share the bytes.
    if os.geteuid() != 0 and not os.access(source, os.W_OK):
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)
    shutil.copymode(source, target)


def _mlflow_folder(model: Path | None) -> Path:
    if model is None:
        raise Invalid(
            "The deployment has neither a model nor a scoring script.", fix="Add 'model', or 'code_configuration'."
        )
    folder = mlflow_folder(model)
    if folder is not None:
        return folder
    raise Invalid(
        "The model is not an MLflow model (it has no MLmodel file), so it requires a scoring script.",
        fix="Add code_configuration with code and scoring_script. Custom containers are not supported.",
    )


def _environ(python: Path, cwd: Path, models: Path, script: Path | None, extra: Mapping[str, Any]) -> Mapping[str, str]:
    environ = programs_first(python, child_environment())
    environ |= {
        "AZUREML_MODEL_DIR": str(models),
        "AZUREML_APP_ROOT": str(cwd),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_PYTHON_REFRESH": "quiet",
        "PYTHONUNBUFFERED": "1",
    }
    if script is not None:
        environ["AZUREML_ENTRY_SCRIPT"] = script.name
    return environ | {str(name): str(value) for name, value in extra.items()}
