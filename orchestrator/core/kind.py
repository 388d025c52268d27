"""How a kind of resource describes itself: pure data and pure functions, no effects.

One file in ``kinds/`` makes one `Kind`; every stage reads it, none knows kinds by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from orchestrator.core.address import Address
from orchestrator.core.behaviour import Behaviour, LocalBehaviour
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired, Removal
from orchestrator.core.tree import Path
from orchestrator.core.wire import AssetWire, FieldWire, GroupWire, RecordWire


class Spec(BaseModel):
    """Base of every body model: unknown fields are errors, nothing is coerced silently."""

    model_config = ConfigDict(extra="forbid", strict=False, defer_build=True, populate_by_name=True)


class Identity(StrEnum):
    """How a changed resource is published."""

    NAMED = "named"
    VERSIONED = "versioned"
    RUN = "run"


Translation = Callable[[dict[str, Any]], dict[str, Any]]


def _as_is(body: dict[str, Any]) -> dict[str, Any]:
    return body


@dataclass(frozen=True, slots=True)
class AzureBinding:
    """How the Azure backend drives the kind; names of `azure-ai-ml`, or of the REST interface where the client has nothing.

    Attributes:
        collection: attribute of ``MLClient``: ``compute``, ``online_deployments``.
        loader: ``load_compute``, …
        create: method that creates and updates: ``create_or_update`` or ``begin_create_or_update``.
        remove: ``begin_delete``, ``archive`` or ``delete``.
        typed: the class of the client's entity depends on ``type``.
        listing: named arguments of the collection's ``list``.
        opening: named arguments of the collection's ``get`` that give the credentials too, of kinds that lose them by an update without.
        readers: the client's own schema of each variant, as ``module:class`` below ``azure.ai.ml._schema``; tests compare it
            with the model.
        rest: variants that the client has no reader for, with their types in the REST interface.
        loaders: of variants that have a loader of their own, which need not be public.
        driver: name of the module of `backends.azure.drivers` that makes these calls: ``named`` fits one object of a name, ``asset``
            versions under a name.
        for_loader: a body of a spec in the words of the loader, where they differ. It may change what it is given.
        returned: the way back. It may change what it is given.
        versions: of versioned kinds, the attribute of the collection that lists archived ones too, and the class of its entities.
        anonymous: regular expression of the references that come back for what was written inside another body without a name.
        inline: what a body without a name, inside another, may say.
        tracked: it is a tracked resource of Azure Resource Manager, whose tags are the resource's own and have its limits.
        forgives: places in a body (empty: the body itself) whose unknown fields the client's loader drops without a word; we drop
            them with a warning.
    """

    collection: str
    _: KW_ONLY
    loader: str
    create: str
    remove: str
    driver: str
    for_loader: Translation = _as_is
    returned: Translation = _as_is
    versions: tuple[str, str] = ("", "")
    anonymous: str = ""
    inline: tuple[str, ...] = ()
    tracked: bool = False
    forgives: tuple[str, ...] = ()
    typed: bool = False
    listing: Mapping[str, Any] = field(default_factory=dict)
    opening: Mapping[str, Any] = field(default_factory=dict)
    readers: Mapping[str, str] = field(default_factory=dict)
    loaders: Mapping[str, str] = field(default_factory=dict)
    rest: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NameRule:
    """What the service accepts as a name.

    Attributes:
        pattern: full-match regular expression.
        text: the rule in words.
        source: where it is documented.
    """

    pattern: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Child:
    """Fields of a body that are separate resources.

    Attributes:
        kind: key of the child's kind: ``online_endpoints.deployments``.
        fields: the body's fields that move into the child.
        keyed: the field is a mapping from name to body, one child each; otherwise all fields make one child.
    """

    kind: str
    fields: tuple[str, ...]
    keyed: bool


class Variants(Mapping[str, type[Spec]]):
    """Body models by variant, each imported when it is first asked for: most specs use few of a kind's many shapes.

    Args:
        places: variant to ``module:class``.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __getitem__(self, variant: str) -> type[Spec]:
        module, _, name = self._places[variant].partition(":")
        model: type[Spec] = getattr(import_module(module), name)
        return model

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, variant: object) -> bool:
        return variant in self._places


class BodyProblem(NamedTuple):
    """An error that a kind finds in a body of the right shape.

    Attributes:
        path: where, inside the body.
        code: of the diagnostic.
        detail: what is wrong and why, in full sentences.
        fix: what to do.
    """

    path: tuple[str | int, ...]
    code: str
    detail: str
    fix: str = ""


def _no_problems(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    return ()


def _no_unfit(desired: Desired, resources: Mapping[Address, Desired]) -> Iterable[BodyProblem]:
    return ()


def _no_outputs(variant: str) -> tuple[str, ...]:
    return ()


def _usual_environment(variant: str, body: Mapping[str, Any]) -> Iterable[Path]:
    return (("environment",),)


def _no_variant(body: Mapping[str, Any]) -> str:
    return ""


def _no_refusals(variant: str, properties: Mapping[str, Any]) -> Iterable[Refusal]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of resource.

    Attributes:
        key: ``data``, ``online_endpoints``, ``online_endpoints.deployments``.
        title: for people: ``data asset``.
        identity: see `Identity`.
        variants: variant name to body model. One entry ``""`` if all bodies have one shape.
        variant: tells the variant of a raw body; returns a name that may be missing from `variants`, which is then an error that lists the
            known ones. Must not raise.
        variant_field: the field that decides, for messages. ``type.task``: the variant ``automl.classification`` comes from
            these two fields.
        exact_variants: the service's own loader knows them in this spelling only, not in any case.
        unsupported: variants that Azure ML has and this version has not.
        unsupported_fields: fields of the spec language that this version has not.
        renamed_fields: mappings that the service's own loader still takes under a former name, to the present one.
        name: see `NameRule`.
        variant_names: stricter rules for some variants.
        wire: how the embedded workspace's server shows it to clients of Azure, where a record is all there is of it; None if it does not,
            or if more is to be done there than keeping a record.
        numbered: versions are whole numbers; otherwise they are named after the content.
        nests: fields that name a resource of another kind, or hold its body, by that kind's key.
        azure: see the binding.
        behaviour, local: see `core.behaviour`.
        schemas: what ``$schema`` addresses of CLI v2 documents of this kind contain (``compute``, ``commandJob``), for plain documents.
        shape: fields that only this kind has, for plain documents without a schema.
        recognized_by: of which fields a plain document without a schema has one beside its type, where another kind has the same types.
        children: see `Child`.
        removal: the default of ``lifecycle.on_removal``.
        environments: the places inside a body where it may name or hold an environment that something of it runs in.
        checks_field: the field whose requests must be answered after each create and update; empty if the kind has none.
        attributes: values of a live resource that others may mention as ``${section.name.attribute}``; ``outputs.*`` stands for any output.
        unnamed_outputs: outputs that a run of the variant has without naming them.
        problems: checks across fields. The body may hold special values (`core.value`) anywhere; must not raise on them.
        unfit: what is wrong with a body beside what it mentions, once all mentions are resolved. Must not raise.
        local_refusals: why the embedded workspace cannot run such a body, whatever it mentions. Must not raise.
        source: where the body is documented.
        inborn: names of objects that every workspace has from birth. They can be taken over; they are never deleted.
        order: the place of its section among the sections of a spec, as people write and read them. Parts have none.
        fires: its resources start runs, which can be asked of them at any time.
        batches: data are sent to its resources, each time for a job.
        is_workspace: everything else is made inside it. It is written among the settings of the workspace, not in a section.
    """

    key: str
    title: str
    identity: Identity
    variants: Mapping[str, type[Spec]]
    name: NameRule
    azure: AzureBinding
    behaviour: Behaviour
    local: LocalBehaviour
    source: str
    variant: Callable[[Mapping[str, Any]], str] = _no_variant
    variant_field: str = "type"
    schemas: tuple[str, ...] = ()
    shape: tuple[str, ...] = ()
    recognized_by: tuple[str, ...] = ()
    children: tuple[Child, ...] = ()
    removal: Removal = Removal.DELETE
    local_refusals: Callable[[str, Mapping[str, Any]], Iterable[Refusal]] = _no_refusals
    taggable: bool = True
    inborn: tuple[str, ...] = ()
    is_workspace: bool = False
    fires: bool = False
    batches: bool = False
    order: int = 1_000
    defaults: Mapping[str, Any] = field(default_factory=dict)
    exact_variants: bool = False
    unsupported: tuple[str, ...] = ()
    unsupported_fields: tuple[str, ...] = ()
    renamed_fields: Mapping[str, str] = field(default_factory=dict)
    variant_names: Mapping[str, NameRule] = field(default_factory=dict)
    wire: RecordWire | AssetWire | FieldWire | GroupWire | None = None
    numbered: bool = False
    nests: Mapping[str, str] = field(default_factory=dict)
    environments: Callable[[str, Mapping[str, Any]], Iterable[Path]] = _usual_environment
    checks_field: str = ""
    attributes: tuple[str, ...] = ("id", "name")
    unnamed_outputs: Callable[[str], tuple[str, ...]] = _no_outputs
    problems: Callable[[str, Mapping[str, Any]], Iterable[BodyProblem]] = _no_problems
    unfit: Callable[[Desired, Mapping[Address, Desired]], Iterable[BodyProblem]] = _no_unfit

    @property
    def section(self) -> str:
        """The section of the spec it stands in."""
        return self.key.split(".", 1)[0]

    @property
    def answers(self) -> bool:
        """Whether requests can be sent to it."""
        return self.behaviour.tested_alone or "scoring_uri" in self.attributes

    @property
    def part(self) -> str:
        """What it is called inside the resource that contains it; empty if none does."""
        return self.key.partition(".")[2]


Kinds = Mapping[str, Kind]
"""Kinds by key; what `kinds.discover` returns."""


def asset_kinds(kinds: Kinds) -> dict[str, str]:
    """The key of the kind of assets that a type of files belongs to: ``mlflow_model`` to ``models``."""
    versioned = [kind for kind in kinds.values() if kind.identity is Identity.VERSIONED]
    return {variant: kind.key for kind in versioned for variant in kind.variants if variant}
