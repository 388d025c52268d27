"""Text → Composition: one target of a spec in one piece, with everything filled in that needs no workspace and no kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from orchestrator.core.diagnostic import Diagnostic, did_you_mean
from orchestrator.core.kind import Kinds
from orchestrator.core.project import LoadOptions, WorkspaceChoice
from orchestrator.core.span import NOWHERE, Span
from orchestrator.core.tree import LocatedDict
from orchestrator.core.value import Unknown
from orchestrator.core.written import Written
from orchestrator.spec import roots
from orchestrator.spec.azure_workspace import founded
from orchestrator.spec.bodies import Bodies
from orchestrator.spec.choose_target import TargetChoice, choose_target
from orchestrator.spec.collector import collector_paused
from orchestrator.spec.composition import Composition
from orchestrator.spec.declarations import declare
from orchestrator.spec.documents import project_name_from
from orchestrator.spec.enablement import Enablement
from orchestrator.spec.evaluate import FAILED, Evaluator, Root
from orchestrator.spec.files import SpecFiles
from orchestrator.spec.gather import Gathering
from orchestrator.spec.head import Head, join
from orchestrator.spec.holes import Holes
from orchestrator.spec.keys import KeyNames
from orchestrator.spec.language import sections_of
from orchestrator.spec.only_in_target import added_by
from orchestrator.spec.overlay import overlay
from orchestrator.spec.places import Places
from orchestrator.spec.plain import PlainDocuments
from orchestrator.spec.problems import Problems
from orchestrator.spec.secrets import Fetching, Secrets, declare_secrets
from orchestrator.spec.taking import Taking, read_taking
from orchestrator.spec.variables import Assignment, Variables, spelled_alike
from orchestrator.spec.workspace import choose_workspace, laid_over, within

_PROJECT: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,34}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Composed:
    """What became of the text.

    Attributes:
        composition: complete, but where there are problems values may be `FAILED` or missing; None if nothing could be read.
        problems: errors, in the order in which they were found; warnings are in the composition.
    """

    composition: Composition | None
    problems: tuple[Diagnostic, ...]


def compose(paths: Sequence[Path | Written], options: LoadOptions, kinds: Kinds) -> Composed:
    """Read a spec and fill in its target, variables, files and expressions.

    Goes on after problems, so that the next stage can find its own in what is sound.

    Args:
        paths: spec files, plain CLI v2 documents and folders; together one project. Relative paths start at the current folder.
        options: the target, variables and environment to use.
        kinds: the kinds this version supports.
    """
    problems = Problems()
    return Composed(_compose(paths, options, kinds, problems), problems.errors)


def _compose(
    paths: Sequence[Path | Written], options: LoadOptions, kinds: Kinds, problems: Problems
) -> Composition | None:
    with collector_paused():
        files = SpecFiles(problems, options.boundary)
        gathering = Gathering(files, kinds, problems)
        gathering.gather(paths)
        if not gathering.fragments:
            return None
        return _Composer(gathering, files, options, kinds, problems).composition(paths[0])


@dataclass(frozen=True, slots=True)
class _Scope:
    """What expressions may say.

    Attributes:
        project: the project's name, or `FAILED`.
        variables: with their values.
        roots: of expressions everywhere.
        early: resolves what must be known before any resource: no references.
    """

    project: Any
    variables: Variables
    roots: Mapping[str, Root]
    early: Evaluator


class _Composer:
    """Joins what was gathered. Each method is one step; `composition` has their order."""

    def __init__(
        self, gathering: Gathering, files: SpecFiles, options: LoadOptions, kinds: Kinds, problems: Problems
    ) -> None:
        self._fragments = gathering.fragments
        self._files = files
        self._options = options
        self._kinds = kinds
        self._known = sections_of(kinds)
        self._problems = problems
        self._guests = {fragment.name for fragment in self._fragments if not fragment.spec}
        self._places = Places(files.reread)

    def composition(self, main: Path | Written) -> Composition:
        root = (main.folder if isinstance(main, Written) else main if main.is_dir() else main.parent).absolute()
        head = join(self._fragments, self._kinds, self._problems)
        target = choose_target(head.named["targets"], self._options.target, self._kinds, self._problems)
        scope = self._scope(head, target, root)
        keys = KeyNames(scope.early, self._kinds, self._problems)
        sections, disabled = self._sections(head, target, scope, keys, root)
        settings = self._workspace_settings(head, target, scope)
        tags = overlay(head.named["tags"], _mapping(target.body, "tags") or LocatedDict())
        description = scope.early.resolve(head.settings.get("description", ""), head.settings.value_span("description"))
        return Composition(
            project="" if scope.project is FAILED else scope.project,
            target=target.name,
            workspace=self._workspace(settings, root),
            sections=sections if (own := founded(settings)) is None else {"workspace": own, **sections},
            tags=scope.early.resolve(tags, tags.mark),
            sources=dict(self._files.sources),
            root=root,
            files=tuple(self._files.sources.values()),
            warnings=self._problems.warnings,
            description=str(description),
            project_mark=head.settings.value_marks.get("project"),
            disabled=disabled,
            added=added_by(target.body, head.sections),
            taking=self._taking(head, scope),
            names=keys.names,
            plain=frozenset(self._guests),
        )

    def _scope(self, head: Head, target: TargetChoice, root: Path) -> _Scope:
        """Work out variables and the project's name, and with them what expressions may say."""
        variables = Variables(
            declare(head.named["variables"], self._problems), self._assignments(target), self._problems
        )
        fetching = Fetching(self._options.environ, self._options.files, self._options.boundary)
        secrets = declare_secrets(head.named["secrets"], lambda mark: self._files.folder_of(mark, root), self._problems)
        project = roots.ProjectName()
        common: dict[str, Root] = {
            "var": variables,
            "env": roots.environment(self._options.environ, bounded=self._options.bounded),
            "target": roots.target(target.name),
            "project": project,
            "git": roots.git(root),
            "secret": Secrets(secrets, fetching),
        }
        early = self._evaluator({**common, **roots.refused_references(self._known, "outside of resources")})
        variables.evaluator = early
        project.name = self._project(head, root, early)
        variables.check_all()
        return _Scope(project.name, variables, common, early)

    def _sections(
        self, head: Head, target: TargetChoice, scope: _Scope, keys: KeyNames, root: Path
    ) -> tuple[dict[str, LocatedDict], dict[str, Span]]:
        """Bring in documents and files of bodies, lay the target over, leave out what it has not, resolve the rest.

        Returns:
            The sections, and what was left out with the place that says so.
        """
        holes = Holes(scope.variables.for_hole, self._places)
        known = (*scope.variables.declarations, *scope.variables.assignments)
        for section, tree in head.sections.items():  # so that a document and what the spec says beside it meet by name
            head.sections[section] = keys.named(section, tree)
        PlainDocuments(self._kinds, scope.early, holes, self._problems).add(self._fragments, head.sections, known)
        bodies = Bodies(self._files, scope.early, holes, self._kinds, self._problems)
        merged = self._merged(head, target, bodies, keys, root, known)
        self._guests |= bodies.guests
        merged = keys.bodies(merged, target.body, self._guests)
        names = {key: {*tree, *keys.keys_of(key)} for key, tree in merged.items()}
        late = self._evaluator({**scope.roots, **roots.references(self._known, names)})
        enablement = Enablement(target.name, tuple(head.named["targets"]), self._kinds, late, self._problems)
        sections = {key: late.resolve(enablement.keep(key, tree), tree.mark) for key, tree in merged.items()}
        holes.report(self._problems)
        self._report_unknown_variables(scope.variables, holes)
        return sections, _taken_away(head, target) | enablement.disabled

    def _taking(self, head: Head, scope: _Scope) -> Taking:
        body = head.settings.get("files")
        given = {path.absolute() for path in self._options.variable_files}
        own = [path for path in self._files.sources.values() if path.absolute() not in given]
        return read_taking(None if body is None else scope.early.resolve(body, body.mark), own, self._problems)

    def _workspace_settings(self, head: Head, target: TargetChoice, scope: _Scope) -> LocatedDict | None:
        body = laid_over(head.settings.get("workspace"), _mapping(target.body, "workspace"))
        return None if body is None else scope.early.resolve(body, body.mark)

    def _workspace(self, settings: LocatedDict | None, root: Path) -> WorkspaceChoice:
        chosen = choose_workspace(settings, root, lambda mark: self._files.folder_of(mark, root), self._problems)
        within(chosen, self._options.boundary, settings, self._problems)
        return replace(chosen, allowed_hosts=self._options.allowed_hosts)

    def _evaluator(self, known: Mapping[str, Root]) -> Evaluator:
        return Evaluator(known, self._problems, self._places, self._guests)

    def _project(self, head: Head, root: Path, evaluator: Evaluator) -> Any:
        if "project" not in head.settings:
            if any(fragment.spec and "project" in fragment.tree for fragment in self._fragments):
                return FAILED  # it is no text, which was told
            if any(fragment.spec for fragment in self._fragments):
                first = next(fragment for fragment in self._fragments if fragment.spec)
                detail = "The spec requires 'project', the owner of its resources."
                self._problems.error(
                    "missing-project", detail, "Add `project: NAME` at the top.", (first.name, 1, 1, 1, 1)
                )
                return FAILED
            return project_name_from(root.name)
        mark = head.settings.value_marks["project"]
        name = evaluator.resolve(head.settings["project"], mark)
        if isinstance(name, Unknown):
            return FAILED
        if isinstance(name, str) and _PROJECT.fullmatch(name):
            return name
        shown = f"'{name}' is not usable" if isinstance(name, str) else "The value is not usable"
        self._problems.error(
            "invalid-project-name",
            f"{shown} as a project name.",
            "Use 3 to 36 characters of a-z, 0-9 and '-', with a letter or digit at both ends.",
            mark,
        )
        return FAILED

    def _assignments(self, target: TargetChoice) -> dict[str, Assignment]:
        """The winning value of each variable: command line before files (the last one first) before the target."""
        given: dict[str, Assignment] = {}
        body = _mapping(target.body, "variables")
        if body is not None:
            given.update({name: Assignment(body[name], body.value_span(name)) for name in body})
        for path in self._options.variable_files:
            tree = self._files.mapping(path, "a file of variables", trusted=True)
            if tree is not None:
                given.update({name: Assignment(tree[name], tree.value_span(name), expressions=False) for name in tree})
        for name, text in self._options.variables.items():
            given[name] = Assignment(text, NOWHERE, literal_text=True)
        return given

    def _merged(
        self, head: Head, target: TargetChoice, bodies: Bodies, keys: KeyNames, root: Path, known: Sequence[str]
    ) -> dict[str, LocatedDict]:
        """The sections with files of bodies loaded and the target laid over."""
        merged: dict[str, LocatedDict] = {}
        for section in self._known:
            base = head.sections.get(section)
            over = _mapping(target.body, section)
            if over is not None and section not in self._kinds:
                detail = f"The section '{section}' is not supported by this version of amlctl."
                self._problems.error("unsupported-section", detail, "Remove it.", target.body.key_span(section))
                continue
            expanded = bodies.expand(section, keys.named(section, base), root, known) if base is not None else None
            if over is not None:
                above = bodies.expand(section, keys.named(section, over), root, known)
                expanded = above if expanded is None else overlay(expanded, above)
            if expanded is not None:
                merged[section] = expanded
        return merged

    def _report_unknown_variables(self, variables: Variables, holes: Holes) -> None:
        filled = {spelled_alike(hole) for hole in holes.names}
        for name, given in variables.assignments.items():
            if name not in variables.declarations and spelled_alike(name) not in filled:
                self._problems.error(
                    "unknown-variable",
                    f"The spec declares no variable '{name}', so its value has no effect.",
                    did_you_mean(
                        name, variables.declarations, f"Declare '{name}' under `variables:`, or remove the value."
                    ),
                    given.mark,
                )


def _mapping(tree: LocatedDict, key: str) -> LocatedDict | None:
    value = tree.get(key)
    return value if isinstance(value, LocatedDict) else None


def _taken_away(head: Head, target: TargetChoice) -> dict[str, Span]:
    """Resources that the target sets to null, with the place that does."""
    gone: dict[str, Span] = {}
    for section, base in head.sections.items():
        over = _mapping(target.body, section) or LocatedDict()
        gone.update(
            {f"{section}.{name}": over.value_span(name) for name in over if over[name] is None and name in base}
        )
    return gone
