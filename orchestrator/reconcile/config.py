"""The loop's configuration as settings. Imports nothing that a loop over one folder does not need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.reconcile.policy import Policy

if TYPE_CHECKING:
    from orchestrator.reconcile.notify.channel import Channel
    from orchestrator.reconcile.server.listen import Listen
    from orchestrator.reconcile.source.secret import SecretReference
    from orchestrator.reconcile.source.settings import GitSettings


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    """One project of the configuration.

    Attributes:
        source: a folder's path, or a repository.
        workspace: where the embedded workspace shall be; None leaves it to the spec.
        environment: names or patterns of the environment variables that the spec may read.
        allowed_folders: what the spec may read besides its source.
        allowed_hosts: where tokens may go besides the chosen cloud.
        trusted: who runs this chose the spec itself, as for `apply`: the spec may read everything that he may.
    """

    name: str
    source: Path | GitSettings
    policy: Policy
    target: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    variable_files: tuple[Path, ...] = ()
    workspace: Path | None = None
    parallelism: int = 10
    hook: SecretReference | None = None
    environment: tuple[str, ...] = ()
    allowed_folders: tuple[Path, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration.

    Attributes:
        folder: where checkouts and embedded workspaces are kept.
        listen: None means no server.
        token: lets its holder trigger, suspend and resume over HTTP.
    """

    folder: Path
    projects: tuple[ProjectConfig, ...]
    parallel: int = 4
    listen: Listen | None = None
    token: SecretReference | None = None
    channels: tuple[Channel, ...] = ()
