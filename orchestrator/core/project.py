"""A whole spec, loaded: what the stages behind `spec` know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.boundary import UNBOUNDED, Boundary
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.resource import Desired
from orchestrator.core.span import NOWHERE, Span
from orchestrator.core.value import Reference


@dataclass(frozen=True, slots=True)
class WorkspaceChoice:
    """Which workspace a target goes to.

    Attributes:
        kind: ``local`` (embedded) or ``azure``.
        settings: the validated body below it, plain data. For ``local``: ``path`` (absolute text), ``stand_ins``
            (reference or URL to absolute local path), and further settings of the embedded workspace.
        span: where it is chosen.
        allowed_hosts: see `LoadOptions`; not part of what the spec says.
    """

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    span: Span = NOWHERE
    allowed_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project in one target.

    Attributes:
        name: the owner mark of all its resources.
        target: name of the chosen target; empty if the spec has none.
        workspace: see `WorkspaceChoice`.
        resources: in dependency order (what is needed comes first).
        externals: references to what is not in the spec, each mention once.
        spec_digest: of the resolved spec, bytes of local files included (unless loaded without files).
        root: the folder of the main spec; labels and relative paths start here.
        files: every spec file that was read.
        warnings: non-fatal findings.
    """

    name: str
    target: str
    workspace: WorkspaceChoice
    resources: Mapping[Address, Desired]
    externals: tuple[Reference, ...]
    spec_digest: str
    root: Path
    files: tuple[Path, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How to read a spec.

    Attributes:
        target: name of the target; None means the default one.
        variables: from ``--var K=V``, as text; they win over files, targets and defaults.
        variable_files: from ``--var-file``, read in order.
        environ: for ``${env.X}`` and environment secrets.
        files: look at local files: existence and bytes. Without it digests of files are empty.
        boundary: where files must be that the spec names: bodies' files, includes, secrets' files, certificates, stand-ins.
        allowed_hosts: hosts outside the chosen cloud to which tokens may go, see `backends.azure.hosts`.
    """

    target: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    variable_files: tuple[Path, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    files: bool = True
    boundary: Boundary = UNBOUNDED
    allowed_hosts: tuple[str, ...] = ()

    @property
    def bounded(self) -> bool:
        """Whether whoever runs this did not choose the spec."""
        return self.boundary is not UNBOUNDED
