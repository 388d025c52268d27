"""What a search may try for one parameter: one value, a choice, or a distribution.

Source: Azure ML CLI v2 YAML reference, sweep jobs, and automated ML jobs on images and text: search space.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from orchestrator.core.bodies import Flag, Number, Scalar, Whole
from orchestrator.core.kind import Spec


class Choice(Spec):
    """One of some values. Each kind of value has a model of its own below."""

    type: Literal["choice"]


class FlagChoice(Choice):
    """One of some switches."""

    values: list[Flag] | None = None


class TextChoice(Choice):
    """One of some texts."""

    values: list[str] | None = None


class WholeChoice(Choice):
    """One of some whole numbers."""

    values: list[Whole] | None = None


class NumberChoice(Choice):
    """One of some numbers."""

    values: list[Number] | None = None


class AnyChoice(Choice):
    """One of some values of any kind; a mapping stands for a group of parameters."""

    values: list[Scalar | dict[str, Any]] | None = None


class Randint(Spec):
    """A whole number from 0 to below `upper`."""

    type: Literal["randint"]
    upper: Whole


class Uniform(Spec):
    """A number between two others."""

    type: Literal["uniform", "loguniform"]
    min_value: Number
    max_value: Number


class QUniform(Spec):
    """A number between two others, in steps."""

    type: Literal["quniform", "qloguniform"]
    min_value: Number
    max_value: Number
    q: Number


class Normal(Spec):
    """A number around a mean."""

    type: Literal["normal", "lognormal"]
    mu: Number
    sigma: Number


class QNormal(Spec):
    """A number around a mean, in steps."""

    type: Literal["qnormal", "qlognormal"]
    mu: Number
    sigma: Number
    q: Number


class WholeQUniform(Spec):
    """A whole number between two others, in steps."""

    type: Literal["quniform", "qloguniform"]
    min_value: Whole
    max_value: Whole
    q: Whole


class WholeQNormal(Spec):
    """A whole number around a mean, in steps."""

    type: Literal["qnormal", "qlognormal"]
    mu: Whole
    sigma: Whole
    q: Whole


FlagSpace: TypeAlias = Flag | FlagChoice
TextSpace: TypeAlias = str | TextChoice
WholeSpace: TypeAlias = Whole | WholeChoice | Randint
StepSpace: TypeAlias = Whole | WholeChoice | Randint | WholeQUniform | WholeQNormal
NumberSpace: TypeAlias = Number | NumberChoice | Uniform | QUniform | Normal | QNormal | Randint
Space: TypeAlias = AnyChoice | Uniform | QUniform | Normal | QNormal | Randint
"""What a sweep may try for one parameter."""
