"""What a conda file must be to be followed at all; what its packages are is asked elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from orchestrator.core.tree import Path

_LIST: Final = "Write a list: `[python=3.11, pip, {pip: [numpy]}]`."


class CondaProblem(NamedTuple):
    """What is wrong with a conda file.

    Attributes:
        path: where, inside it.
        detail: the end of a sentence that begins with the file.
        fix: what to do.
    """

    path: Path
    detail: str
    fix: str


def conda_problems(body: Any) -> Iterator[CondaProblem]:
    """Everything that conda would stop at before it looks for a package.

    Source: conda documentation, environment.yml: `dependencies` is a list of strings, and of mappings whose only member is a list for pip.
    """
    if not isinstance(body, dict):
        yield CondaProblem((), "is not a mapping", "Write `dependencies: […]`.")
        return
    for field in ("channels", "dependencies"):
        value = body.get(field)
        if value is not None and not isinstance(value, list):
            fix = _LIST if field == "dependencies" else "Write a list: `[conda-forge]`."
            yield CondaProblem((field,), f"has '{field}' that is not a list", fix)
    dependencies = body.get("dependencies")
    for number, item in enumerate(dependencies if isinstance(dependencies, list) else ()):
        yield from _item(item, ("dependencies", number))


def _item(item: Any, path: Path) -> Iterator[CondaProblem]:
    if isinstance(item, dict):
        for name, packages in item.items():
            if name != "pip":
                yield CondaProblem(
                    (*path, name), f"gives packages to '{name}', and only pip takes some", "Write `pip: […]`."
                )
            elif not isinstance(packages, list):
                yield CondaProblem((*path, name), "has 'pip' that is not a list", "Write a list: `pip: [numpy]`.")
            else:
                for at, package in enumerate(packages):
                    if plain(package):
                        yield CondaProblem(
                            (*path, name, at), "has a package that is not text", "Write text, in quotes."
                        )
    elif plain(item):
        yield CondaProblem(path, "has a package that is not text", "Write text, in quotes.")


def plain(value: Any) -> bool:
    """Whether a value is certainly no text: values that are not known yet may become one."""
    return value is None or isinstance(value, bool | int | float | list | dict)
