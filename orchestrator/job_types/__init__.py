"""Types of jobs, one module (or package) each: the models of their bodies, and what can be wrong with them.

Adding a file here adds a type; no list is kept. The jobs kind is made of them, and other kinds nest them: a schedule's job, a
pipeline's step. Each type has a second file of the same name in ``workspace/job_types/``, which says how the embedded workspace runs it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from orchestrator.core.job_type import JobType
from orchestrator.core.kind import Spec, Variants

UNSUPPORTED: Final = ("parallel", "base")
"""Types that Azure ML names and no client loads as a job of its own: a parallel job is a step of a pipeline.
Source: azure-ai-ml, ``Job._resolve_cls_and_type``."""

_FIRST: Final = ("jobs", "task", "trial", "entry")
"""The order in which fields tell: a sweep's trial has a command too, and so may a step of a pipeline."""


@cache
def discover() -> Mapping[str, JobType]:
    """All types, by key, sorted."""
    found: dict[str, JobType] = {}
    for module in pkgutil.iter_modules(__path__):
        kind: JobType = importlib.import_module(f"{__name__}.{module.name}").TYPE
        found[kind.key] = kind
    return dict(sorted(found.items()))


def type_of(variant: str) -> JobType | None:
    """The type that a variant of a job belongs to; None if this version does not have it."""
    return discover().get(variant.partition(".")[0])


def variant_of(body: Mapping[str, Any]) -> str:
    """The variant of a raw body, whether or not this version has it. Never raises."""
    key = body.get("type")
    if key is None:
        key = next((name for field, name in _telling().items() if field in body), "")
    kind = discover().get(key) if isinstance(key, str) else None
    if kind is None or not kind.variant_field:
        return str(key)
    return f"{key}.{body.get(kind.variant_field, '')}"


def variants() -> dict[str, str]:
    """All variants: name to body model as ``module:class``, for `core.kind.Variants`."""
    return {variant: place for kind in discover().values() for variant, place in kind.variants.items()}


def models(key: str) -> dict[str, type[Spec]]:
    """The body models of a type, by variant."""
    bodies = Variants(discover()[key].variants)
    return {variant: bodies[variant] for variant in bodies}


@cache
def _telling() -> Mapping[str, str]:
    """Field to the type that it tells of a job which does not say it, in the order in which they are looked for."""
    fields = {field: kind.key for kind in discover().values() for field in kind.tells}
    return {field: fields[field] for field in (*(field for field in _FIRST if field in fields), *fields)}


def telling() -> tuple[str, ...]:
    """The fields by which a plain document is told to be a job."""
    return tuple(_telling())
