"""What expressions can start with, besides variables and secrets."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.core.address import Address, has_parts
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.span import Span
from orchestrator.core.value import Reference
from orchestrator.spec.evaluate import Root, UnresolvedError
from orchestrator.spec.expressions import Expression
from orchestrator.spec.git import Git


def environment(environ: Mapping[str, str], *, bounded: bool = False) -> Root:
    """Give ``${env.NAME}``.

    Args:
        bounded: `environ` is what the configuration of a loop lets its specs see.
    """

    def value(expression: Expression, span: Span) -> str:
        name = expression.path
        if not name:
            raise UnresolvedError(
                "invalid-expression", f"{expression.text} requires the name of a variable.", "Write ${env.NAME}."
            )
        if name not in environ:
            fix = f"Set {name}, or use a variable with a default."
            detail = f"The environment variable {name} is not set."
            if bounded:
                detail = f"The environment variable {name} is not set, or the loop's configuration does not allow it."
                fix = f"Set {name}, and add it to `environment` of this project in the loop's configuration."
            raise UnresolvedError("undefined-environment", detail, fix)
        return environ[name]

    return value


def target(name: str) -> Root:
    """Give ``${target}``."""

    def value(expression: Expression, span: Span) -> str:
        _no_path(expression)
        if not name:
            raise UnresolvedError(
                "unknown-expression", "The spec has no targets, so ${target} has no value.", "Add `targets:`."
            )
        return name

    return value


@dataclass
class ProjectName:
    """Gives ``${project}``, once the name is known.

    Attributes:
        name: None as long as it is being worked out.
    """

    name: Any = None

    def __call__(self, expression: Expression, span: Span) -> Any:
        """Return the project's name.

        Raises:
            UnresolvedError: the name itself depends on this expression.
        """
        _no_path(expression)
        if self.name is None:
            raise UnresolvedError(
                "misplaced-expression", "The project name cannot refer to itself.", "Write a literal name."
            )
        return self.name


def git(folder: Path) -> Root:
    """Give ``${git.commit}`` and ``${git.branch}``."""
    repository = Git(folder)

    def value(expression: Expression, span: Span) -> str:
        if expression.path == "commit":
            return repository.commit
        if expression.path == "branch":
            return repository.branch
        fix = did_you_mean(expression.path, ("commit", "branch"), "Use ${git.commit} or ${git.branch}.")
        raise UnresolvedError("unknown-expression", f"{expression.text} is not a git expression.", fix)

    return value


def references(sections: Iterable[str], names: Mapping[str, Container[str]]) -> dict[str, Root]:
    """Give ``${section.name.attribute}`` for every section.

    Args:
        sections: all there can be.
        names: section to the names in it, which tell where a name with dots ends.
    """

    def value(expression: Expression, span: Span) -> Reference:
        section = expression.root
        name, rest = _name_in(expression.path, names.get(section, ()))
        if not name:
            raise UnresolvedError(
                "invalid-expression",
                f"{expression.text} requires the name of a resource.",
                f"Write ${{{section}.NAME.ATTRIBUTE}}.",
            )
        part, attribute = _part_in(rest) if has_parts(section) else ("", rest)
        return Reference(Address(section, name, part), attribute or "id", text=expression.text, span=span)

    return dict.fromkeys(sections, value)


def refused_references(sections: Iterable[str], where: str) -> dict[str, Root]:
    """Refuse ``${section.name.attribute}`` where only what is known before the workspace is read can stand."""

    def value(expression: Expression, span: Span) -> Any:
        raise UnresolvedError(
            "misplaced-expression",
            f"{expression.text} refers to a resource, whose values are not known {where}.",
            "Refer to resources in resource bodies only.",
        )

    return dict.fromkeys(sections, value)


def _no_path(expression: Expression) -> None:
    if expression.path:
        raise UnresolvedError(
            "invalid-expression", f"{expression.text} has unexpected text at its end.", f"Write ${{{expression.root}}}."
        )


def _name_in(path: str, names: Container[str]) -> tuple[str, str]:
    """Split ``name.attribute``; of the known names the longest counts, since names may hold dots."""
    words = path.split(".")
    for count in range(len(words), 0, -1):
        name = ".".join(words[:count])
        if name in names:
            return name, ".".join(words[count:])
    return words[0], ".".join(words[1:])


def _part_in(rest: str) -> tuple[str, str]:
    words = rest.split(".")
    if words[0] == "deployments" and len(words) > 1:
        return ".".join(words[:2]), ".".join(words[2:])
    return ("traffic", ".".join(words[1:])) if words[0] == "traffic" else ("", rest)
