"""A spec after text, overlays and variables, before kinds and references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.names import AS_WRITTEN, FollowingNames
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, Mark
from orchestrator.spec.only_in_target import Added
from orchestrator.spec.taking import PLAIN, Taking


@dataclass(frozen=True, slots=True)
class Composition:
    """One target of a spec with everything filled in that needs no workspace and no knowledge of kinds.

    Attributes:
        project: its name.
        target: the chosen target's name, empty if the spec has none.
        workspace: where it goes.
        sections: section to a mapping from resource name to body, for every section that is present, known or not. Bodies are
            located trees in which ``${var…}``, ``${env…}``, ``${target}``, ``${project}`` and ``${git…}`` are replaced, ``${secret…}`` is a
            `Secret`, a mention of another resource is a `Reference` (attribute as written, target not yet checked) and a
            longer string with such values inside is a `Template`. `lifecycle` is still inside the bodies; ``{file: …}`` bodies are
            loaded and merged.
        tags: for every resource that takes tags.
        sources: file name as it appears in spans to the absolute path; relative paths in a value are relative to the folder of
            the file its span names.
        root: folder of the main spec.
        files: every file read.
        warnings: non-fatal findings.
        project_mark: where the project is named; None if the name is the folder's.
        disabled: text of the address of each resource that this target leaves out, to the place that says so.
        added: what only the target has.
        taking: how its local files are taken.
        names: of resources that stand under another key.
        plain: names of the files that are plain CLI v2 documents, each complete without the others.
    """

    project: str
    target: str
    workspace: WorkspaceChoice
    sections: Mapping[str, LocatedDict]
    tags: LocatedDict
    sources: Mapping[str, Path]
    root: Path
    files: tuple[Path, ...]
    warnings: tuple[Diagnostic, ...] = ()
    description: str = ""
    project_mark: Mark | None = None
    disabled: Mapping[str, Span] = field(default_factory=dict)
    added: Added = field(default_factory=dict)
    taking: Taking = PLAIN
    names: FollowingNames = AS_WRITTEN
    plain: frozenset[str] = frozenset()
