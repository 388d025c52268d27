"""What a schedule runs: a job that is there, a job that stands in a file, or one written in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias, Union

from pydantic import ConfigDict, Discriminator, Field, Tag

from orchestrator import job_types
from orchestrator.core.bodies import Environ, Inputs, Job
from orchestrator.core.environment_bodies import EnvironmentRef
from orchestrator.core.field_mark import BodyFile, Ref, WriteOnly
from orchestrator.core.job_rules import job_problems, job_refusals
from orchestrator.core.kind import BodyProblem, Spec, Variants
from orchestrator.core.programs import Distribution
from orchestrator.core.refusal import Refusal
from orchestrator.core.tree import Path
from orchestrator.core.value import special

FIELD: Final = "create_job"
_NAMED: Final = "a name"
_CHANGED: Final = "a job with changes"
_OTHER: Final = "another type"


class ChangedJob(Job):
    """A job that is there, with what is otherwise when the schedule runs it.

    Source: azure-ai-ml, ``PipelineCreateJobSchema``, ``CommandCreateJobSchema``, ``SparkCreateJobSchema``.
    """

    type: str = Field(description="The type of the job.")
    job: Annotated[str, Ref("what runs", kind="jobs")] = Field(description="The job: azureml:NAME, or a file with it.")
    inputs: Inputs | None = Field(None, description="Inputs that differ from the job's.")
    settings: dict[str, Any] | None = Field(
        None, description="Settings of a pipeline that differ, such as default_compute."
    )
    environment: EnvironmentRef | None = Field(None, description="Environment in place of the job's.")
    environment_variables: Environ | None = Field(None, description="Environment variables: name to value.")
    distribution: Distribution | None = Field(None, description="Distribution in place of the job's.")
    limits: dict[str, Any] | None = Field(None, description="Limits in place of the job's.")
    conf: dict[str, Any] | None = Field(None, description="Spark configuration: name to value.")
    parameters: dict[str, Any] | None = Field(None, description="A copy of the inputs.")


class OtherJob(Spec):
    """A job of a type that this version has not; see `job_mistakes`."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"not": {}})  # no editor suggests it, and one form fits


def _tag(value: Any) -> str:
    """Which of the forms a value has."""
    if not isinstance(value, Mapping):
        return _NAMED
    if "job" in value:
        return _CHANGED
    variant = job_types.variant_of(value)
    return _tag_of(variant) if variant in job_types.variants() else _OTHER


def _tag_of(variant: str) -> str:
    """With a space, so that it is the name of no field."""
    return f"a {variant} job"


def _forms() -> Any:
    models = Variants(job_types.variants())
    options = [
        Annotated[Annotated[str, Ref("what runs", kind="jobs")], Tag(_NAMED)],
        Annotated[ChangedJob, Tag(_CHANGED)],
        Annotated[OtherJob, Tag(_OTHER)],
        *(Annotated[models[variant], Tag(_tag_of(variant))] for variant in models),
    ]
    return Annotated[Union[tuple(options)], Discriminator(_tag)]  # noqa: UP007 - the options are only known now


if TYPE_CHECKING:
    _Form: TypeAlias = Any
else:
    _Form = _forms()

ScheduledJob = Annotated[
    _Form,
    BodyFile("a job may stand in a file", beside="job"),
    WriteOnly("the service keeps the job that was made of it"),
]


def variant_inside(body: Mapping[str, Any]) -> str:
    """The variant of the job that is written inside a schedule; empty if it only names one."""
    job = body.get(FIELD)
    return job_types.variant_of(job) if isinstance(job, Mapping) and "job" not in job else ""


def job_mistakes(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """What is wrong with a job that is written inside."""
    job = body.get(FIELD)
    if not isinstance(job, Mapping):
        return
    if "job" in job:
        if isinstance(job.get("type"), str) and job["type"] not in job_types.discover():
            yield _unknown(job["type"], job)
        return
    variant = job_types.variant_of(job)
    kind = job_types.type_of(variant)
    if kind is None or variant not in job_types.variants():
        yield _unknown(variant, job)
        return
    for problem in job_problems(kind, variant, job):
        yield problem._replace(path=(FIELD, *problem.path))


def _unknown(variant: str, job: Mapping[str, Any]) -> BodyProblem:
    known = ", ".join(job_types.variants())
    if special(job.get("type")) or not variant:
        fix = "Add the job with its 'type', or 'job: azureml:NAME' with a job that is there."
        return BodyProblem((FIELD,), "missing-field", f"'{FIELD}' does not say which type of job it is.", fix)
    code = "unsupported-type" if variant.partition(".")[0] in job_types.UNSUPPORTED else "unknown-type"
    detail = f"Jobs of type '{variant}' are not supported by this version."
    return BodyProblem((FIELD, "type"), code, detail, f"Supported: {known}.")


def job_place_refusals(properties: Mapping[str, Any]) -> Iterator[Refusal]:
    """Why one machine cannot run the job that is written inside."""
    job = properties.get(FIELD)
    variant = variant_inside(properties)
    kind = job_types.type_of(variant) if variant else None
    if kind is None or not isinstance(job, Mapping):
        return
    for refusal in job_refusals(kind, variant, job):
        yield refusal._replace(path=(FIELD, *refusal.path))


def job_environments(body: Mapping[str, Any]) -> Iterator[Path]:
    """The places of environments of the job that is written inside."""
    kind = job_types.type_of(variant_inside(body))
    job = body.get(FIELD)
    if kind is None or not isinstance(job, Mapping):
        return
    yield from ((FIELD, *place, "environment") for place in kind.programs(job))
