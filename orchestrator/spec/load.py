"""A spec from text to project: the stages of loading in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from orchestrator.core import graph
from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, Severity, SpecError
from orchestrator.core.fingerprint import digest_text
from orchestrator.core.kind import Kinds, asset_kinds
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.resource import Check, Desired
from orchestrator.core.written import Written
from orchestrator.spec.body_names import other_endpoints
from orchestrator.spec.body_problems import of_kind
from orchestrator.spec.catalogue import Catalogue
from orchestrator.spec.checks import read_checks
from orchestrator.spec.collector import collector_paused
from orchestrator.spec.columns import TableColumns, unknown_columns
from orchestrator.spec.compose import compose
from orchestrator.spec.composition import Composition
from orchestrator.spec.cycles import cycle_problem
from orchestrator.spec.draft import Draft, drafts
from orchestrator.spec.file_hashes import PlainHasher, RememberingHasher
from orchestrator.spec.local_files import LocalFileReader
from orchestrator.spec.only_in_target import explained
from orchestrator.spec.resolve import Resolver, externals
from orchestrator.spec.same_names import same_names
from orchestrator.spec.validate import validate, validate_tags


def _nothing(path: Path) -> None:
    return None


def load(
    paths: Sequence[Path | Written], options: LoadOptions, kinds: Kinds, columns_at: TableColumns = _nothing
) -> Project:
    """Read a spec for one target.

    Args:
        paths: the spec's file or folder, or several plain documents, or what a program wrote.
        options: target, variables and whether to look at local files.
        kinds: see `kinds.discover`.
        columns_at: see `TableColumns`.

    Raises:
        SpecError: with every problem found.
    """
    with collector_paused():
        composed = compose(paths, options, kinds)
        if composed.composition is None:
            raise SpecError(composed.problems)
        return project_of(composed.composition, options, kinds, composed.problems, columns_at)


def project_of(
    composition: Composition,
    options: LoadOptions,
    kinds: Kinds,
    earlier: Sequence[Diagnostic] = (),
    columns_at: TableColumns = _nothing,
) -> Project:
    """Validate and resolve a composition.

    Args:
        composition: where `earlier` is not empty, values may be missing or unknown.
        earlier: what is wrong with the text. A place that was complained of once is not complained of again.

    Raises:
        SpecError: with every problem of the text and of both stages.
    """
    all_drafts = list(drafts(composition, kinds))
    problems, warnings = _parted(_alone(all_drafts, composition))
    hasher = _hasher(composition)
    files = LocalFileReader(
        composition.sources, composition.root, hasher if options.files else None, composition.taking, options.boundary
    )
    catalogue = Catalogue(all_drafts, composition.disabled, composition.names, asset_kinds(kinds), composition.plain)
    resolver = Resolver(catalogue, files, composition.tags, composition.target)
    resources = _resolve(all_drafts, resolver, files, problems, look=options.files)
    problems.extend(_together(all_drafts, resources, columns_at))
    if isinstance(hasher, RememberingHasher):
        hasher.save()
    resources = _ordered(_founded(resources, all_drafts), all_drafts, problems)
    if problems or earlier:
        texts = [explained(problem, composition.added, composition.target) for problem in _new(problems, earlier)]
        raise SpecError([*earlier, *texts])
    return Project(
        name=composition.project,
        target=composition.target,
        workspace=composition.workspace,
        resources=resources,
        externals=externals(resources.values()),
        spec_digest=_spec_digest(composition, resources),
        root=composition.root,
        files=composition.files,
        warnings=(*composition.warnings, *warnings),
        description=composition.description,
    )


def _alone(all_drafts: list[Draft], composition: Composition) -> list[Diagnostic]:
    """What is wrong with bodies by themselves. Values in them get their proper form."""
    named = [*same_names(all_drafts), *other_endpoints(all_drafts, composition.names)]
    return [*validate_tags(composition), *named, *validate(all_drafts)]


def _parted(found: list[Diagnostic]) -> tuple[list[Diagnostic], tuple[Diagnostic, ...]]:
    """Errors, and what is worth knowing but stops nothing."""
    errors = [problem for problem in found if problem.severity is Severity.ERROR]
    return errors, tuple(problem for problem in found if problem.severity is Severity.WARNING)


def _together(
    all_drafts: list[Draft], resources: Mapping[Address, Desired], columns_at: TableColumns
) -> Iterator[Diagnostic]:
    """What is wrong with bodies beside what they mention."""
    for draft in all_drafts:
        for problem in draft.kind.unfit(resources[draft.address], resources):
            yield of_kind(draft.address, draft.body, problem)
        yield from unknown_columns(draft, resources, columns_at)


def _new(problems: Sequence[Diagnostic], earlier: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The problems without those whose place the text's own problems name already; each once."""
    named = {diagnostic.subject for diagnostic in earlier}
    return [diagnostic for diagnostic in dict.fromkeys(problems) if diagnostic.subject not in named]


def _hasher(composition: Composition) -> PlainHasher | RememberingHasher:
    """Digests are remembered inside the embedded workspace once there is one; loading a spec creates no folder."""
    workspace = Path(str(composition.workspace.settings.get("path", "")))
    if composition.workspace.kind == "local" and workspace.is_absolute() and workspace.is_dir():
        return RememberingHasher(workspace / "cache" / "digests")
    return PlainHasher()


def _resolve(
    all_drafts: list[Draft],
    resolver: Resolver,
    files: LocalFileReader,
    problems: list[Diagnostic],
    *,
    look: bool,
) -> dict[Address, Desired]:
    resources: dict[Address, Desired] = {}
    checks: dict[Address, tuple[Check, ...]] = {}
    for draft in all_drafts:
        if draft.kind.checks_field:
            checks[draft.address], wrong = read_checks(draft, files, look=look)
            problems.extend(wrong)
        own = checks.get(draft.parent.address, ()) if draft.parent is not None else ()
        desired, wrong = resolver.resolve(draft, own)
        problems.extend(wrong)
        resources[draft.address] = desired
    return resources


def _founded(resources: Mapping[Address, Desired], all_drafts: list[Draft]) -> Mapping[Address, Desired]:
    """Let everything else depend on the workspace, where it is made too."""
    below = frozenset(draft.address for draft in all_drafts if draft.kind.is_workspace)
    if not below:
        return resources
    return {
        address: desired if address in below else replace(desired, depends_on=desired.depends_on | below)
        for address, desired in resources.items()
    }


def _ordered(
    resources: Mapping[Address, Desired], all_drafts: list[Draft], problems: list[Diagnostic]
) -> dict[Address, Desired]:
    try:
        order = graph.order({address: desired.depends_on for address, desired in resources.items()})
    except graph.Cycle as cycle:
        problems.append(cycle_problem(cycle, resources, all_drafts))
        return dict(resources)
    return {address: resources[address] for address in order}


def _spec_digest(composition: Composition, resources: Mapping[Address, Desired]) -> str:
    lines = [f"{composition.project}\0{composition.target}"]
    lines.extend(
        f"{address}\0{desired.content}\0{desired.metadata}\0{desired.run_settings}\0{desired.version}\0{desired.lifecycle}"
        for address, desired in sorted(resources.items())
    )
    return digest_text("\n".join(lines))
