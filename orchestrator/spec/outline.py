"""What a spec has by name, read without checking it: for completion, which must answer while the spec is being written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.core.kind import Kinds
from orchestrator.core.project import LoadOptions
from orchestrator.spec.files import SpecFiles
from orchestrator.spec.gather import Gathering
from orchestrator.spec.head import join
from orchestrator.spec.problems import Problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The names in a spec, as they are written.

    Attributes:
        targets: of all targets.
        variables: declared ones.
        addresses: of resources and their parts; names with expressions and what only a target adds are left out.
    """

    targets: tuple[str, ...]
    variables: tuple[str, ...]
    addresses: tuple[str, ...]


def outline(paths: Sequence[Path], kinds: Kinds) -> Outline:
    """Read the names. Problems of the spec are passed over: what is sound is returned."""
    problems = Problems()
    gathering = Gathering(SpecFiles(problems, LoadOptions().boundary), kinds, problems)
    gathering.gather(paths)
    if not gathering.fragments:
        return Outline(targets=(), variables=(), addresses=())
    head = join(gathering.fragments, kinds, problems)
    return Outline(
        targets=tuple(head.named["targets"]),
        variables=tuple(head.named["variables"]),
        addresses=tuple(_addresses(head.sections, kinds)),
    )


def _addresses(sections: Mapping[str, Any], kinds: Kinds) -> Iterator[str]:
    for section, bodies in sections.items():
        for name, body in bodies.items() if section in kinds and isinstance(bodies, Mapping) else ():
            if "${" in name:
                continue
            yield f"{section}.{name}"
            for child in kinds[section].children:
                for field in child.fields:
                    parts = body.get(field) if isinstance(body, Mapping) else None
                    if child.keyed and isinstance(parts, Mapping):
                        yield from (f"{section}.{name}.{field}.{part}" for part in parts)
                    elif parts:
                        yield f"{section}.{name}.{field}"
