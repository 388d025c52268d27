"""How a type of job describes itself: pure data and pure functions, no effects.

One file in ``job_types/`` makes one `JobType`: what documents of the type look like, and what is wrong with them. What the embedded
workspace does with such jobs stands in the file of the same name in ``workspace/job_types/``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.folds import scalar_text
from orchestrator.core.kind import BodyProblem
from orchestrator.core.refusal import Refusal
from orchestrator.core.tree import Path

Body = Mapping[str, Any]


def nothing(variant: str, body: Body) -> Iterable[Any]:
    """For types without problems or refusals of their own."""
    return ()


def as_it_is(body: dict[str, Any]) -> dict[str, Any]:
    """For types whose bodies azure-ai-ml's loader takes as the spec has them."""
    return body


@dataclass(frozen=True, slots=True, kw_only=True)
class JobType:
    """A type of job. Every attribute has to be given: a type that leaves one out does not import.

    Attributes:
        key: what ``type`` says: ``command``.
        variants: variant of the jobs kind to body model as ``module:class``. The variant is the key, or ``KEY.TASK`` where
            `variant_field` names the field with the task.
        variant_field: the field besides ``type`` that the model depends on; empty if it depends on none.
        tells: fields that only documents of this type have, the surest first; ``type`` may be left out then.
        schemas: what ``$schema`` addresses of CLI v2 documents of this type contain.
        readers: azure-ai-ml's own schema of each variant, as ``module:class`` below ``azure.ai.ml._schema``; tests compare it with the
            model. Empty where the client has none.
        programs: the places inside a body where a program stands: ``command``, ``code``, ``environment``, ``resources``, ``distribution``
            side by side. ``()`` is the body itself.
        sources: the places inside a body that say what data go into the job.
        unnamed_outputs: outputs that a run has without naming them. Source: Azure ML documentation, job outputs.
        problems: checks across fields, beyond those that `core.job_rules` makes of all jobs. Must not raise on special values.
        refusals: why the embedded workspace cannot run such a body, beyond the rules for all programs. Must not raise.
        for_loader: a body in the words of azure-ai-ml's loader, where they differ. It may change what it is given.
    """

    key: str
    variants: Mapping[str, str]
    variant_field: str
    tells: tuple[str, ...]
    schemas: tuple[str, ...]
    readers: Mapping[str, str]
    programs: Callable[[Body], Iterable[Path]]
    sources: Callable[[Body], Iterable[Path]]
    unnamed_outputs: tuple[str, ...]
    problems: Callable[[str, Body], Iterable[BodyProblem]]
    refusals: Callable[[str, Body], Iterable[Refusal]]
    for_loader: Callable[[dict[str, Any]], dict[str, Any]]


def named_inputs(body: Body) -> Iterable[Path]:
    """The places of inputs that have names."""
    inputs = body.get("inputs")
    return [("inputs", name) for name in (inputs if isinstance(inputs, Mapping) else {})]


def itself(body: Body) -> Iterable[Path]:
    """For types whose body is the program."""
    return ((),)


def no_place(body: Body) -> Iterable[Path]:
    """For types without a program of the user."""
    return ()


ON_AZURE: Final = "Run it in an Azure workspace: exclude it from this target with `lifecycle: {targets: […]}`."
"""What to do with a job that the embedded workspace cannot run."""


def on_azure_only(why: str) -> Callable[[str, Body], tuple[Refusal, ...]]:
    """For types that the embedded workspace cannot run at all."""
    return lambda variant, body: (Refusal(why, ("type",), ON_AZURE),)


def trained_on(body: Body) -> Iterable[Path]:
    """For types that train a model of the catalog: where the data stand that it is trained on."""
    return (("training_data",), ("validation_data",))


def with_texts(body: dict[str, Any]) -> dict[str, Any]:
    """The body with its hyperparameters as texts, which the service takes only."""
    parameters = body.get("hyperparameters")
    if isinstance(parameters, dict):
        body["hyperparameters"] = {name: scalar_text(value) for name, value in parameters.items()}
    return body
