"""Why one machine cannot do what a resource asks: real or refused, and refused before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from orchestrator.backends.local.buildable import Buildable
from orchestrator.backends.local.hosted_steps import unusable_steps
from orchestrator.backends.local.mentioned import Mentioned, Mentions
from orchestrator.backends.local.raw_http import lacking
from orchestrator.backends.local.registered import taken
from orchestrator.backends.local.reuse import reuse_notes
from orchestrator.backends.local.servable import has_script, model_place, unservable
from orchestrator.backends.scoring_script import unusable
from orchestrator.core.kind import Kind
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired
from orchestrator.core.tree import Path, value_at
from orchestrator.core.value import Reference, opened, plain
from orchestrator.workspace.service import (
    LOCAL_EXTRA,
    Workspace,
    job_foreseen,
    mapped_below,
    missing_packages,
    mlflow_folder,
    record_kinds,
    remote,
    stand_in_for,
)

ATTACHED: Final[Mapping[str, str]] = {
    "databricks": "an Azure Databricks workspace",
    "datafactory": "an Azure Data Factory",
    "datalakeanalytics": "an account of Data Lake Analytics",
    "hdinsight": "an HDInsight cluster",
    "kubernetes": "a Kubernetes cluster",
    "synapsespark": "a Synapse Spark pool",
    "virtualmachine": "an attached virtual machine",
}
"""Computes that are a certain machine or cluster, with what is installed there. The others are sizes: this machine stands in for them."""

_NOT_READ = frozenset({"environment_variables", "outputs", "tags", "properties", "description"})
"""Fields that may name remote storage without anything being read from there on their account."""

_READ_FROM: Final = frozenset({record_kinds.DATA, record_kinds.MODELS})
_NO_EFFECT: Final = "Remove it, or set it only in a target that supports it."
_DEPTH: Final = 8
_STORE: Final = re.compile(r"azureml://datastores/(?P<name>[^/]+)")
_MAP: Final = "Map it to a local path with workspace.local.stand_ins."


NODES: Final = ("resources", "instance_count")
"""Where a job says how many nodes it needs."""


class Refusals:
    """Decides for one backend; looks only once at what is installed and at each environment.

    Args:
        settings: of the embedded workspace: ``stand_ins`` (reference or URL to local path), ``python_downloads`` and
            ``nodes_as_processes``.
        workspace: for what is mentioned and not in the spec.
    """

    def __init__(self, settings: Mapping[str, Any], workspace: Workspace) -> None:
        self._stand_ins: Mapping[str, str] = settings.get("stand_ins") or {}
        self._nodes = bool(settings.get("nodes_as_processes"))
        self._workspace = workspace
        self._buildable = Buildable(workspace.artifacts, downloads=bool(settings.get("python_downloads")))

    def reasons(self, desired: Desired, kind: Kind, resources: Mapping[Any, Desired]) -> Iterator[Refusal]:
        """Tell why the embedded workspace cannot bring a resource into being.

        What is only recorded is never refused; what has to run is refused if its kind says so, if it names a compute or an
        environment that cannot be had here, if it reads storage that this machine cannot reach, or if the packages that run
        things are not installed.
        """
        if not kind.local.runs:
            yield from kind.local_refusals(desired.variant, desired.properties)
            return
        mentions = Mentions(resources, self._workspace)
        host, place = _host(desired, mentions)
        mapped = host is not None and self._is_mapped(host)
        if host is not None and not mapped:
            yield from _attached(host, mentions, place)
        if not (mapped and desired.variant in ATTACHED):
            yield from self._of_kind(desired, kind)
        if kind.local.registers:
            yield from _foreseen(desired)
            yield from reuse_notes(desired, resources, self._workspace)
            yield from taken(desired, resources, self._workspace)
            yield from unusable_steps(desired.properties, self._stand_ins)
        if kind.local.serves:
            environment = mentions.body(desired.properties.get("environment"))
            yield from unusable(desired.properties, environment)
            yield from lacking(desired.properties, environment, self._workspace.artifacts)
            yield from unservable(desired, mentions, self._workspace.artifacts)
            yield from self._declared(desired.properties, mentions)
        for place in kind.environments(desired.variant, desired.properties):
            yield from self._environment(value_at(desired.properties, place), place, mentions)
        for path, value in _read(opened(desired.properties), ()):
            yield from self._out_of_reach(value, path, mentions)
        if self._missing:
            yield Refusal(
                f"running workloads here requires {', '.join(self._missing)}, which is not installed. {LOCAL_EXTRA}"
            )

    def _of_kind(self, desired: Desired, kind: Kind) -> Iterator[Refusal]:
        for refusal in kind.local_refusals(desired.variant, desired.properties):
            if not (self._nodes and refusal.path[-2:] == NODES):
                yield refusal

    def _is_mapped(self, compute: Reference) -> bool:
        """Whether settings say that something local does the work of a compute."""
        return any(text in self._stand_ins for text in (str(compute), f"azureml:{compute.target.name}"))

    def _environment(self, value: Any, place: Path, mentions: Mentions) -> Iterator[Refusal]:
        if isinstance(value, Mapping):
            for problem in self._buildable.problems(value):
                yield problem._replace(path=(*place, *problem.path))
        elif isinstance(value, Reference):
            for problem in self._mentioned_environment(value, mentions):
                yield problem._replace(path=place)

    def _mentioned_environment(self, value: Reference, mentions: Mentions) -> Iterator[Refusal]:
        found = mentions.find(value)
        text = value.text if value.external or found is None else found.pinned
        instead = stand_in_for(self._stand_ins, text) if text else None
        if instead is not None:
            yield from self._buildable.stand_in(text, instead.path)
        elif found is None:
            yield from self._buildable.hosted(text)
        else:
            for problem in self._buildable.problems(found.body):
                yield problem._replace(reason=f"{found.address}: {problem.reason}")

    def _declared(self, body: Mapping[str, Any], mentions: Mentions) -> Iterator[Refusal]:
        """What is otherwise in the environment that a model declares, where the deployment names none."""
        if body.get("environment") is not None or has_script(body) or body.get("model") is None:
            return
        place = model_place(body["model"], mentions, self._workspace.artifacts)
        folder = mlflow_folder(place) if place is not None else None
        if folder is not None:
            for problem in self._buildable.model(folder):
                yield problem._replace(path=("model",))

    def _out_of_reach(self, value: str | Reference, path: Path, mentions: Mentions) -> Iterator[Refusal]:
        what, url = "", value
        for _ in range(_DEPTH):
            if isinstance(url, str) or (url.external and self._stands_in(url.text)):
                break
            found = mentions.find(url) if url.target.section in _READ_FROM else None
            if found is None or self._stands_in(found.pinned):
                return
            if found.variant == "triton_model" and path == ("model",):
                yield Refusal(
                    f"{found.address} requires NVIDIA Triton Inference Server, which is not available there", path
                )
                return
            what, url = f"{found.address}, which is at ", _source(found)
        text = url.text if isinstance(url, Reference) else url
        if (remote(text) or self._elsewhere(text, mentions)) and not self._stands_in(text):
            yield Refusal(
                f"it reads {what}{text.split('?', 1)[0]}, which is not reachable from this machine",
                path,
                _MAP,
            )

    def _elsewhere(self, text: str, mentions: Mentions) -> bool:
        """Whether a text is a path in a datastore that is only here because settings map something in it."""
        found = _STORE.match(text)
        return (
            found is not None and mapped_below(self._stand_ins, found[0]) and not mentions.has_datastore(found["name"])
        )

    def _stands_in(self, text: str) -> bool:
        return bool(text) and stand_in_for(self._stand_ins, text) is not None

    @cached_property
    def _missing(self) -> tuple[str, ...]:
        return missing_packages()


def _host(desired: Desired, mentions: Mentions) -> tuple[Reference | None, Path]:
    """The compute that shall do the work, and the field of the resource that says so."""
    compute = desired.properties.get("compute")
    if isinstance(compute, Reference):
        return compute, ("compute",)
    endpoint = mentions.parent(desired)
    compute = endpoint.properties.get("compute") if endpoint is not None else None
    return (compute, ()) if isinstance(compute, Reference) else (None, ())


def _attached(compute: Reference, mentions: Mentions, place: Path) -> Iterator[Refusal]:
    found = mentions.find(compute)
    if found is not None and found.variant in ATTACHED:
        yield Refusal(
            f"it is to run on {found.address}, {ATTACHED[found.variant]}, which is only recorded there",
            place,
            f"Let this machine do its work with workspace.local.stand_ins: {{'azureml:{found.address.name}': .}}, name a "
            "compute of type amlcompute, or choose another target.",
        )


def _foreseen(desired: Desired) -> Iterator[Refusal]:
    """What the one who runs such a job says of its body."""
    for path, reason, stops in job_foreseen(desired.variant, plain(desired.properties)):
        yield Refusal(reason, path, "Correct it, or choose another target." if stops else _NO_EFFECT, stops=stops)


def _source(found: Mentioned) -> str | Reference:
    path = opened(found.body.get("path"))
    return path if isinstance(path, str | Reference) else ""


def _read(value: Any, path: Path) -> Iterator[tuple[Path, str | Reference]]:
    """Texts and references from which something may be read, each with its place."""
    if isinstance(value, str | Reference):
        yield path, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name not in _NOT_READ:
                yield from _read(item, (*path, name))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _read(item, (*path, number))
