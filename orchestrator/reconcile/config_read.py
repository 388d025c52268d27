"""The loop's configuration file: text to settings, with every problem at its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from orchestrator.core import graph
from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, SpecError, did_you_mean
from orchestrator.core.fields import node_of
from orchestrator.core.plain_files import read_plain_text
from orchestrator.core.tree import LocatedDict
from orchestrator.core.tree import Path as TreePath
from orchestrator.reconcile.config import Config, ProjectConfig
from orchestrator.reconcile.config_model import ConfigBody, ProjectBody, SecretBody
from orchestrator.reconcile.config_values import Values
from orchestrator.reconcile.notify.channel import Channel, Shape
from orchestrator.reconcile.policy import Backoff, Override, Policy
from orchestrator.reconcile.ports import Trigger
from orchestrator.reconcile.server.listen import Listen
from orchestrator.reconcile.source.secret import SecretReference
from orchestrator.reconcile.source.settings import GitRef, GitSettings, RefKind
from orchestrator.reconcile.windows import DAYS, Freeze
from orchestrator.spec.body_problems import of_finding
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents
from orchestrator.spec.wording import findings

_FOLDER_POLL_S = 5.0
_WHOLE = Address("reconcile", "config")
"""Stands for the file where problems are told as those of a resource are."""


def read_config(path: Path) -> Config:
    """Read the file.

    Raises:
        SpecError: with every problem.
    """
    try:
        return parse_config(read_plain_text(path), path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        problems = Problems()
        fix = "Pass the loop's configuration file."
        problems.error("unreadable-file", f"{path}: {reason}.", fix, None)
        raise SpecError(problems.errors) from error


def parse_config(text: str, path: Path) -> Config:
    """Read the text of a file; relative paths start at the file's folder.

    Raises:
        SpecError: with every problem.
    """
    problems = Problems()
    documents = read_documents(text, str(path), problems)
    problems.raise_if_any()
    tree = documents[0] if documents else None
    if not isinstance(tree, LocatedDict):
        problems.error("empty-document", "The file is not a mapping.", "Write `projects:`.", (str(path), 1, 1, 1, 1))
        problems.raise_if_any()
    assert isinstance(tree, LocatedDict)  # noqa: S101  # told above
    try:
        body = ConfigBody.model_validate(tree)
    except ValidationError as error:
        node = node_of(ConfigBody)
        diagnostics = [of_finding(_WHOLE, tree, node, one) for one in findings(tree, error.errors(include_url=False))]
        raise SpecError([_about_the_file(diagnostic) for diagnostic in diagnostics]) from None
    return _Reading(tree, path).config(body)


def _about_the_file(diagnostic: Diagnostic) -> Diagnostic:
    detail = diagnostic.detail.replace(str(_WHOLE), "the configuration")
    return replace(diagnostic, detail=detail[:1].upper() + detail[1:], address=None)


class _Reading:
    """Turns a body whose types are right into settings; collects what is wrong with the values."""

    def __init__(self, tree: LocatedDict, path: Path) -> None:
        self._tree = tree
        self._values = Values(tree, path.absolute().parent)

    def config(self, body: ConfigBody) -> Config:
        values = self._values
        config = Config(
            values.path(body.folder),
            tuple(self._project(name, project) for name, project in body.projects.items()),
            body.parallel_passes,
            Listen(body.server.host, body.server.port) if body.server else None,
            self._secret(body.server.token, "server", "token") if body.server else None,
            tuple(self._channels(body)),
        )
        self._check_dependencies(config)
        values.raise_if_any()
        return config

    def _project(self, name: str, body: ProjectBody) -> ProjectConfig:
        values, at = self._values, _at("projects", name)
        if not values.is_name(name):
            values.wrong(
                "invalid-name",
                at,
                f"'{name}' is not a valid project name.",
                "Use letters, digits, - and _.",
                key=True,
            )
        source = self._source(body, at)
        return ProjectConfig(
            name,
            source,
            self._policy(body, at, folder=isinstance(source, Path)),
            body.target,
            {
                key: str(value).lower() if isinstance(value, bool) else str(value)
                for key, value in body.variables.items()
            },
            tuple(values.path(file) for file in body.variable_files),
            values.path(body.workspace) if body.workspace else None,
            body.parallelism,
            self._secret(body.hook, *at, "hook"),
            tuple(body.environment),
            tuple(values.path(folder) for folder in body.allowed_folders),
            tuple(body.allowed_hosts),
        )

    def _policy(self, body: ProjectBody, at: TreePath, *, folder: bool) -> Policy:
        seconds = self._values.seconds
        poll = seconds(body.poll, *at, "poll") if body.poll is not None else _FOLDER_POLL_S if folder else None
        return Policy(
            interval_s=seconds(body.interval, *at, "interval", least=1.0),
            jitter_s=seconds(body.jitter, *at, "jitter"),
            poll_s=poll,
            auto_apply=body.auto_apply,
            self_heal=body.self_heal.enabled,
            debounce_s=seconds(body.self_heal.debounce, *at, "self_heal", "debounce"),
            prune=body.prune.enabled,
            max_deletions=body.prune.max_deletions,
            allow_empty=body.prune.allow_empty,
            suspended=body.suspend,
            freezes=tuple(self._freezes(body, at)),
            depends_on=tuple(body.depends_on),
            overrides=tuple(
                Override(pattern, one.auto_apply, one.self_heal, one.prune) for pattern, one in body.resources.items()
            ),
            backoff=Backoff(
                seconds(body.backoff.initial, *at, "backoff", "initial"),
                seconds(body.backoff.cap, *at, "backoff", "cap"),
            ),
        )

    def _freezes(self, body: ProjectBody, at: TreePath) -> Iterator[Freeze]:
        values = self._values
        for number, one in enumerate(body.freeze):
            here = _at(*at, "freeze", number)
            yield Freeze(
                frozenset(DAYS.index(day) for day in one.days) if one.days else frozenset(range(7)),
                values.time(one.start, *here, "start"),
                values.time(one.end, *here, "end"),
                values.zone(one.time_zone, *here, "time_zone"),
                values.date(one.first, *here, "first"),
                values.date(one.last, *here, "last"),
                one.running == "abort",
                one.reason,
            )

    def _source(self, body: ProjectBody, at: TreePath) -> Path | GitSettings:
        source, values, here = body.source, self._values, _at(*at, "source")
        if (source.folder is None) == (source.git is None):
            values.wrong(
                "invalid-value",
                here,
                "A source requires either a folder or a git repository.",
                "Write `folder:` or `git:`.",
            )
            return Path()
        if source.folder is not None:
            return values.path(source.folder)
        git = source.git
        assert git is not None  # noqa: S101  # the other one of the two
        here = _at(*here, "git")
        refs = {kind: getattr(git, kind.value) for kind in RefKind if getattr(git, kind.value) is not None}
        if len(refs) != 1:
            values.wrong(
                "invalid-value",
                here,
                "Exactly one of branch, tag, commit and semver is required.",
                "Write `branch: main`.",
            )
            return Path()
        ((kind, name),) = refs.items()
        settings = GitSettings(
            values.address(git.url),
            GitRef(kind, name),
            git.path,
            self._secret(git.token, *here, "token"),
            git.username,
            self._secret(git.ssh_key, *here, "ssh_key"),
            values.path(git.known_hosts) if git.known_hosts else None,
            values.path(git.allowed_signers) if git.allowed_signers else None,
            values.path(git.ca_file) if git.ca_file else None,
            values.seconds(git.timeout, *here, "timeout", least=1.0),
            git.allow_rollback,
        )
        for where, detail, fix in settings.problems():
            values.wrong("invalid-value", (*here, where), detail, fix)
        return settings

    def _secret(self, body: SecretBody | None, *at: str | int) -> SecretReference | None:
        if body is None:
            return None
        if (body.env is None) == (body.file is None):
            fix = "Write `{env: NAME}` or `{file: PATH}`."
            self._values.wrong("invalid-value", at, "A secret comes either from the environment or from a file.", fix)
            return None
        if body.env is not None:
            return SecretReference("env", body.env)
        return SecretReference("file", str(self._values.path(body.file or "")))

    def _channels(self, body: ConfigBody) -> Iterator[Channel]:
        for name, one in body.notifications.items():
            url = self._secret(one.url, "notifications", name, "url")
            if url is not None:
                triggers = frozenset(map(Trigger, one.triggers)) if one.triggers is not None else frozenset(Trigger)
                secret = self._secret(one.signing_secret, "notifications", name, "signing_secret")
                yield Channel(name, url, Shape(one.shape), triggers, tuple(one.projects), secret)

    def _check_dependencies(self, config: Config) -> None:
        names = {project.name: project.policy.depends_on for project in config.projects}
        for name, needed in names.items():
            for number, other in enumerate(needed):
                if other not in names:
                    fix = did_you_mean(other, names, f"Use one of: {', '.join(names)}.")
                    at = _at("projects", name, "depends_on", number)
                    self._values.wrong("invalid-value", at, f"There is no project '{other}'.", fix)
        try:
            graph.order(names)
        except graph.Cycle as cycle:
            at = _at("projects", str(cycle.nodes[0]), "depends_on")
            self._values.wrong(
                "invalid-value", at, f"The projects wait for each other: {cycle}.", "Remove one of them."
            )


def _at(*parts: str | int) -> TreePath:
    return parts
