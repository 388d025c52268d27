"""Rules of Spark jobs across their fields, which azure-ai-ml checks before it sends one.

Source: azure-ai-ml, ``entities/_job/spark_helpers.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.kind import BodyProblem
from orchestrator.core.placeholders import unfilled

_SIZES: Final = ("spark.driver.cores", "spark.driver.memory", "spark.executor.cores", "spark.executor.memory")
_COUNT: Final = "spark.executor.instances"
_DYNAMIC: Final = "spark.dynamicAllocation.enabled"
_LEAST: Final = "spark.dynamicAllocation.minExecutors"
_MOST: Final = "spark.dynamicAllocation.maxExecutors"


def spark_job_problems(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """What is wrong with a Spark job: where it runs, how large its machines are, how it gets its data. Never raises."""
    yield from _place(body)
    yield from _modes(body)
    conf = body.get("conf")
    if conf is None or isinstance(conf, Mapping):
        yield from _machines(conf or {}, ("conf",) if conf else ())
    sides = {name: body.get(name) for name in ("inputs", "outputs")}
    yield from unfilled(body.get("args"), ("args",), sides, "The arguments of a Spark job")


def _place(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    if body.get("compute") is None and body.get("resources") is None:
        yield BodyProblem(
            (),
            "missing-field",
            "A Spark job requires 'resources' (serverless machines) or 'compute' (an attached Spark pool).",
            "Add 'resources: {instance_type: standard_e4s_v3, runtime_version: \"3.4\"}'.",
        )
    if body.get("compute") is not None and body.get("resources") is not None:
        yield BodyProblem(
            ("resources",),
            "invalid-value",
            "A Spark job takes 'compute' or 'resources', not both.",
            "Remove one of the two.",
        )


def _modes(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    for side in ("inputs", "outputs"):
        ports = body.get(side)
        for name, port in (ports if isinstance(ports, Mapping) else {}).items():
            if not isinstance(port, Mapping) or not ({"path", "mode"} & port.keys()) or "value" in port:
                continue
            if port.get("mode") not in (None, "direct"):
                yield BodyProblem(
                    (side, name, "mode"),
                    "invalid-value",
                    f"'{name}' has mode {port.get('mode')}; data of a Spark job have mode direct.",
                    "Write 'mode: direct'.",
                )
            elif port.get("mode") is None:
                yield BodyProblem(
                    (side, name),
                    "missing-field",
                    f"'{name}' has no mode; data of a Spark job have mode direct.",
                    "Add 'mode: direct'.",
                )


def _machines(conf: Mapping[str, Any], place: tuple[str, ...]) -> Iterator[BodyProblem]:
    dynamic = conf.get(_DYNAMIC) in (True, "true", "True")
    needed = (*_SIZES, *((_LEAST, _MOST) if dynamic else (_COUNT,)))
    missing = [name for name in needed if conf.get(name) is None or (name == _COUNT and _number(conf[name]) == 0)]
    if missing:
        yield BodyProblem(
            place,
            "missing-field",
            f"The Spark configuration requires {', '.join(missing)}.",
            f"Add for example '{missing[0]}: …' to 'conf'.",
        )
    least, most, count = (_number(conf.get(name)) for name in (_LEAST, _MOST, _COUNT))
    if not dynamic:
        for name in (_LEAST, _MOST):
            if conf.get(name) is not None:
                yield BodyProblem(
                    (*place, name),
                    "invalid-value",
                    f"{name} is set, but dynamic allocation is not enabled.",
                    f"Remove it, or write '{_DYNAMIC}: true'.",
                )
        return
    if least is not None and most is not None and not 0 < least <= most:
        yield BodyProblem(
            (*place, _LEAST),
            "invalid-value",
            f"{_LEAST} ({conf[_LEAST]}) must be from 1 to {_MOST} ({conf[_MOST]}).",
            "Change one of the two.",
        )
    elif count and least is not None and most is not None and not least <= count <= most:
        yield BodyProblem(
            (*place, _COUNT),
            "invalid-value",
            f"{_COUNT} ({conf[_COUNT]}) must be from {_LEAST} ({conf[_LEAST]}) to {_MOST} ({conf[_MOST]}).",
            "Change one of the three.",
        )


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(str(value))
    except ValueError:
        return None
