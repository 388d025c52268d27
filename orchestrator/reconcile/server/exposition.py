"""Prometheus' text format. Pure.

Source: the text-based exposition format, version 0.0.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Labels: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One line.

    Attributes:
        suffix: after the family's name: ``_bucket``, ``_sum``, ``_count``; usually empty.
    """

    labels: Labels
    value: float
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with all its samples.

    Attributes:
        type: ``counter``, ``gauge`` or ``histogram``.
    """

    name: str
    type: str
    help: str
    samples: tuple[Sample, ...]


def exposition(families: Iterable[Family]) -> str:
    """Families as text. Families without samples are named all the same, so that a query for them is no typing error."""
    return "".join(_family(family) for family in families)


def histogram(labels: Labels, counts: Mapping[float, int], total: float) -> tuple[Sample, ...]:
    """Samples of a histogram.

    Args:
        counts: upper bound of each bucket to the number of values in it; the last bound is infinity.
        total: the sum of all values.
    """
    samples: list[Sample] = []
    running = 0
    for bound, count in counts.items():
        running += count
        samples.append(Sample((*labels, ("le", _number(bound))), running, "_bucket"))
    return (*samples, Sample(labels, total, "_sum"), Sample(labels, running, "_count"))


def _family(family: Family) -> str:
    lines = [f"# HELP {family.name} {_escaped(family.help)}", f"# TYPE {family.name} {family.type}"]
    for sample in family.samples:
        pairs = ",".join(f'{name}="{_quoted(value)}"' for name, value in sample.labels)
        lines.append(f"{family.name}{sample.suffix}{{{pairs}}} {_number(sample.value)}")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', r"\"")
