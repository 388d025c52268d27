"""A generated model as a table of members: name on the wire, type, required, when it may be set."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from azure.ai.ml._restclient.arm_ml_service import models
from azure.ai.ml._restclient.arm_ml_service._utils import model_base
from azure.ai.ml._restclient.arm_ml_service.models import _models

Model = type[Any]
"""A generated class. The client does not export its base."""

_SHAPES: Final[dict[Model, Shape]] = {}
"""Each model is read once: a body is checked with every request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of a JSON object.

    Attributes:
        name: on the wire.
        hint: its Python type.
        required: a request that creates has to have it.
        settable: a request may set it; otherwise only the service does, and what a request says is ignored.
        updatable: a request may change it afterwards.
    """

    name: str
    hint: Any
    required: bool
    settable: bool
    updatable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A model.

    Attributes:
        members: by name on the wire.
        discriminator: name of the member that chooses a more specific model; empty if none does.
        variants: value of the discriminator, in lower case, to its spelling and the model.
    """

    members: Mapping[str, Member]
    discriminator: str
    variants: Mapping[str, tuple[str, Model]]


def is_model(hint: Any) -> bool:
    """Whether a type is a generated model."""
    return isinstance(hint, type) and issubclass(hint, model_base.Model)


def alternatives(hint: Any) -> tuple[Any, ...]:
    """The types of a union but for None; the type itself if it is none."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(option for option in typing.get_args(hint) if option is not type(None))
    return (hint,)


def shape(model: Model) -> Shape:
    """The table of a model."""
    known = _SHAPES.get(model)
    if known is None:
        known = _SHAPES[model] = _read(model)
    return known


def _read(model: Model) -> Shape:
    hints = typing.get_type_hints(model, {**vars(_models), "_models": models})
    required = _required(model)
    members, discriminator = {}, ""
    for attribute, found in _fields(model).items():
        name = found._rest_name_input or attribute
        allowed = found._visibility or ["create", "update"]
        if found._is_discriminator:
            discriminator = name
        members[name] = Member(
            name=name,
            hint=hints[attribute],
            required=attribute in required,
            settable="create" in allowed or "update" in allowed,
            updatable="update" in allowed,
        )
    mapping = getattr(model, "__mapping__", {}) if discriminator else {}
    variants = {str(_plain(value)).lower(): (str(_plain(value)), found) for value, found in mapping.items()}
    return Shape(members=members, discriminator=discriminator, variants=variants)


def _fields(model: Model) -> dict[str, Any]:
    """Descriptors of a class and its bases, those of the class itself winning."""
    found: dict[str, Any] = {}
    for base in reversed(model.__mro__):
        found |= {name: value for name, value in vars(base).items() if isinstance(value, model_base._RestField)}
    return found


_LEFT_OUT: Final[Mapping[str, frozenset[str]]] = {"ServerlessEndpointProperties": frozenset({"auth_mode"})}
"""Members that the specification requires and the client never sends. Source: azure-ai-ml, ``ServerlessEndpoint._to_rest_object``."""


def _required(model: Model) -> set[str]:
    """Members without a default in the generated signature."""
    for overload in typing.get_overloads(model.__init__):
        parameters = inspect.signature(overload).parameters.values()
        named = [parameter for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
        if named:
            needed = {parameter.name for parameter in named if parameter.default is parameter.empty}
            return needed - _LEFT_OUT.get(model.__name__, frozenset())
    return set()


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)
