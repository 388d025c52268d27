"""Rules that several kinds follow: how their things are called, and what tells the shapes of a body apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from orchestrator.core.conda_file import conda_problems
from orchestrator.core.kind import BodyProblem, NameRule
from orchestrator.core.tree import Path


def asset_name(collection: str) -> NameRule:
    """How assets may be called.

    Args:
        collection: in the REST specification, such as ``data``.
    """
    return NameRule(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}",
        "1 to 255 letters, digits, '-', '_' and '.'; starts with a letter or digit",
        f"Azure REST specification, workspaces/{collection}",
    )


def variant_by_type(default: str = "", *, any_case: bool = False) -> Callable[[Mapping[str, Any]], str]:
    """The shape of a body from its field ``type``.

    Args:
        default: of a body without a type.
        any_case: upper and lower case mean the same.
    """

    def variant(body: Mapping[str, Any]) -> str:
        text = str(body.get("type") or default)
        return text.lower() if any_case else text

    return variant


def environment_problems(body: Mapping[str, Any], path: Path) -> Iterator[BodyProblem]:
    """What does not go together in the content of an environment, on its own or inside a job or deployment.

    Args:
        path: of the environment inside the body that is checked.
    """
    if body.get("conda_file") and not body.get("image") and not body.get("build"):
        yield BodyProblem(
            path,
            "missing-field",
            "An environment with 'conda_file' requires 'image', the base image for its packages.",
            "Add 'image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04' or another base image.",
        )
    elif not any(body.get(key) for key in ("image", "build")):
        yield BodyProblem(
            path,
            "missing-field",
            "An environment requires 'image' (with or without 'conda_file') or 'build'.",
            "Set 'image' to a container image, or add a folder with a Dockerfile as 'build: {path: …}'.",
        )
    conda = body.get("conda_file")
    for wrong in conda_problems(conda) if isinstance(conda, Mapping) else ():
        yield BodyProblem(
            (*path, "conda_file", *wrong.path), "wrong-type", f"The conda file {wrong.detail}.", wrong.fix
        )
    for other in ("image", "conda_file"):
        if body.get("build") and body.get(other):
            yield BodyProblem(
                (*path, other),
                "invalid-value",
                f"'build' and '{other}' are mutually exclusive.",
                f"Remove '{other}' or 'build'.",
            )


def inline_environment_problems(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """The same of a body that may have an environment written inside."""
    inner = body.get("environment")
    if isinstance(inner, Mapping):
        yield from environment_problems(inner, ("environment",))
