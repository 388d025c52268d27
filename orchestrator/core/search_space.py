"""What a search may try for one parameter: one value, a choice, or a distribution.

Source: Azure ML CLI v2 YAML reference, sweep jobs, and automated ML jobs on images and text: search space.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue

from orchestrator.core.bodies import Flag, Number, Scalar, Whole
from orchestrator.core.kind import Spec


class Choice(Spec):
    """A choice from a list of values. Each type of value has its own model below."""

    type: Literal["choice"] = Field(description="choice: one of a list of values.")


class FlagChoice(Choice):
    """A choice of boolean values."""

    values: list[Flag] | None = Field(None, description="Values to choose from: true, false or both.")


class TextChoice(Choice):
    """A choice of strings."""

    values: list[str] | None = Field(None, description="Strings to choose from.")


class WholeChoice(Choice):
    """A choice of integers."""

    values: list[Whole] | None = Field(None, description="Integers to choose from.")


class NumberChoice(Choice):
    """A choice of numbers."""

    values: list[Number] | None = Field(None, description="Numbers to choose from.")


class AnyChoice(Choice):
    """A choice of values of any type. A mapping is a group of parameters."""

    values: list[Scalar | dict[str, Any]] | None = Field(
        None, description="Values to choose from. A mapping is a group of parameters."
    )


class Randint(Spec):
    """An integer from 0 to `upper` - 1."""

    type: Literal["randint"] = Field(description="randint: an integer from 0 to upper - 1.")
    upper: Whole = Field(description="Upper bound, exclusive.")


class Uniform(Spec):
    """A uniformly distributed number."""

    type: Literal["uniform", "loguniform"] = Field(
        description="uniform: all numbers between the bounds are equally likely; loguniform: their logarithms are."
    )
    min_value: Number = Field(description="Lower bound. For loguniform, the lower bound of the logarithm.")
    max_value: Number = Field(description="Upper bound. For loguniform, the upper bound of the logarithm.")


class QUniform(Spec):
    """A uniformly distributed number, rounded to a multiple of `q`."""

    type: Literal["quniform", "qloguniform"] = Field(
        description="quniform or qloguniform: like uniform or loguniform, rounded to a multiple of q."
    )
    min_value: Number = Field(description="Lower bound. For qloguniform, the lower bound of the logarithm.")
    max_value: Number = Field(description="Upper bound. For qloguniform, the upper bound of the logarithm.")
    q: Number = Field(description="Step: values are rounded to a multiple of it.")


class Normal(Spec):
    """A normally distributed number."""

    type: Literal["normal", "lognormal"] = Field(
        description="normal: normally distributed numbers; lognormal: numbers whose logarithms are."
    )
    mu: Number = Field(description="Mean. For lognormal, the mean of the logarithm.")
    sigma: Number = Field(description="Standard deviation. For lognormal, that of the logarithm.")


class QNormal(Spec):
    """A normally distributed number, rounded to a multiple of `q`."""

    type: Literal["qnormal", "qlognormal"] = Field(
        description="qnormal or qlognormal: like normal or lognormal, rounded to a multiple of q."
    )
    mu: Number = Field(description="Mean. For qlognormal, the mean of the logarithm.")
    sigma: Number = Field(description="Standard deviation. For qlognormal, that of the logarithm.")
    q: Number = Field(description="Step: values are rounded to a multiple of it.")


class WholeQUniform(Spec):
    """A uniformly distributed integer, rounded to a multiple of `q`."""

    type: Literal["quniform", "qloguniform"] = Field(
        description="quniform or qloguniform: uniformly distributed integers, rounded to a multiple of q."
    )
    min_value: Whole = Field(description="Lower bound. For qloguniform, the lower bound of the logarithm.")
    max_value: Whole = Field(description="Upper bound. For qloguniform, the upper bound of the logarithm.")
    q: Whole = Field(description="Step: values are rounded to a multiple of it.")


class WholeQNormal(Spec):
    """A normally distributed integer, rounded to a multiple of `q`."""

    type: Literal["qnormal", "qlognormal"] = Field(
        description="qnormal or qlognormal: normally distributed integers, rounded to a multiple of q."
    )
    mu: Whole = Field(description="Mean. For qlognormal, the mean of the logarithm.")
    sigma: Whole = Field(description="Standard deviation. For qlognormal, that of the logarithm.")
    q: Whole = Field(description="Step: values are rounded to a multiple of it.")


FlagSpace: TypeAlias = Flag | FlagChoice
TextSpace: TypeAlias = str | TextChoice
WholeSpace: TypeAlias = Whole | WholeChoice | Randint
StepSpace: TypeAlias = Whole | WholeChoice | Randint | WholeQUniform | WholeQNormal
NumberSpace: TypeAlias = Number | NumberChoice | Uniform | QUniform | Normal | QNormal | Randint
Space: TypeAlias = AnyChoice | Uniform | QUniform | Normal | QNormal | Randint
"""What a sweep may try for one parameter."""


class ParameterSpace(Spec):
    """What a search may try for the parameters of a training. The fields are those of `parameters`, and so are their sentences."""

    parameters: ClassVar[type[Spec]]

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core_schema))
        for name, value in schema.get("properties", {}).items():
            value["description"] = cls.parameters.model_fields[name].description
        return schema
