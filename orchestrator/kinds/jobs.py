"""Jobs: work that runs once for each content. What differs from type to type stands in ``job_types/``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator import job_types
from orchestrator.core.behaviour import Behaviour, LocalBehaviour
from orchestrator.core.folds import bare_literal, scalar_text
from orchestrator.core.job_rules import job_problems, job_refusals
from orchestrator.core.kind import (
    AzureBinding,
    BodyProblem,
    Identity,
    Kind,
    NameRule,
    Variants,
)
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Removal
from orchestrator.core.tree import Path

_TYPES: Final = job_types.discover()


def _unnamed_outputs(variant: str) -> tuple[str, ...]:
    kind = job_types.type_of(variant)
    return kind.unnamed_outputs if kind is not None else ()


def _problems(variant: str, body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    kind = job_types.type_of(variant)
    return job_problems(kind, variant, body) if kind is not None else iter(())


def _refusals(variant: str, properties: Mapping[str, Any]) -> Iterator[Refusal]:
    kind = job_types.type_of(variant)
    return job_refusals(kind, variant, properties) if kind is not None else iter(())


def _environments(variant: str, body: Mapping[str, Any]) -> Iterator[Path]:
    kind = job_types.type_of(variant)
    yield from ((*place, "environment") for place in (kind.programs(body) if kind is not None else ()))


def _for_loader(body: dict[str, Any]) -> dict[str, Any]:
    """Inputs that are values stand bare, and the values of variables are texts; the rest is a matter of the type.

    Source: azure-ai-ml, schemas of job inputs; of commands in 1.27, where later versions take numbers too.
    """
    inputs = body.get("inputs")
    if isinstance(inputs, Mapping):
        body["inputs"] = {name: bare_literal(value) for name, value in inputs.items()}
    kind = job_types.type_of(job_types.variant_of(body))
    if kind is None:
        return body
    for place in dict.fromkeys(((), *kind.programs(body))):
        _variables_as_text(body, place)
    return kind.for_loader(body)


def _variables_as_text(body: dict[str, Any], place: Path) -> None:
    holder: Any = body
    for part in place:
        holder = holder.get(part) if isinstance(holder, dict) else None
    variables = holder.get("environment_variables") if isinstance(holder, dict) else None
    if isinstance(variables, Mapping):
        holder["environment_variables"] = {name: scalar_text(value) for name, value in variables.items()}


KIND: Final = Kind(
    key="jobs",
    order=70,
    title="job",
    identity=Identity.RUN,
    variants=Variants(job_types.variants()),
    variant=job_types.variant_of,
    variant_field=".".join(["type", *(kind.variant_field for kind in _TYPES.values() if kind.variant_field)]),
    unsupported=job_types.UNSUPPORTED,
    name=NameRule(
        r"[A-Za-z0-9][A-Za-z0-9_-]{0,229}",
        "1 to 230 letters, digits, '-' and '_'; starts with a letter or digit",
        "Azure REST specification, workspaces/jobs (255 characters, of which a run's digest and attempt take 25)",
    ),
    azure=AzureBinding(
        "jobs",
        loader="load_job",
        create="create_or_update",
        remove="archive",
        driver="jobs",
        for_loader=_for_loader,
        readers={variant: place for kind in _TYPES.values() for variant, place in kind.readers.items()},
    ),
    behaviour=Behaviour(timeout_s=None, rank=0, instant=False, tested_alone=False),
    local=LocalBehaviour(
        processes=True,
        served=False,
        runs=True,
        registers=True,
        serves=False,
        archivable=True,
        labels_only=True,
        reveals=True,
        log=("jobs", "{revision}", "user_logs", "std_log.txt"),
        log_is_news=True,
        shares=False,
        replaceable=False,
        ready_made=False,
        unknown_is="",
        inborn_is="",
        reference="azureml:{name}",
    ),
    source="Azure ML CLI v2 YAML reference: command job, sweep job, automated ML jobs",
    schemas=tuple(dict.fromkeys(name for kind in _TYPES.values() for name in kind.schemas)),
    shape=job_types.telling(),
    exact_variants=True,
    removal=Removal.ARCHIVE,
    nests={"environment": "environments"},
    environments=_environments,
    attributes=("id", "name", "outputs.*"),
    unnamed_outputs=_unnamed_outputs,
    problems=_problems,
    local_refusals=_refusals,
)
