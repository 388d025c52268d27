"""Passwords in what a client sends: set aside as other secrets are, and handed back to those who read the resource again.

A service keeps such texts and returns them to whoever may read the resource. So records hold digests, and the secrets' files the texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.core.concealed import concealed
from orchestrator.core.url_secrets import without_passwords
from orchestrator.core.value import Secret, Template, plain
from orchestrator.core.wire import CONNECTION_PROPERTY
from orchestrator.workspace.records.secrets import BODY, Kept, Path_

_WHOLE: Final = frozenset({CONNECTION_PROPERTY})
"""Names of texts that hold a secret in a form of their own."""


@dataclass(slots=True)
class Sealed:
    """A body as a record keeps it.

    Attributes:
        body: plain data with digests in the secrets' places.
        values: paths inside the body, and the texts that belong there.
        named: name to value of each password by itself.
    """

    body: dict[str, Any] = field(default_factory=dict)
    values: list[tuple[Path_, str]] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)


def sealed(body: Mapping[str, Any], identity: str) -> Sealed:
    """Set aside the texts of a body that hold passwords.

    Args:
        identity: of the workspace; for the digests.
    """
    found = Sealed()
    found.body = _sealed(body, (), identity, found)
    return found


def blanked(tree: Any, name: str = "") -> Any:
    """A copy of a tree without the passwords in its texts."""
    if isinstance(tree, Mapping):
        return {key: blanked(item, str(key)) for key, item in tree.items()}
    if isinstance(tree, list):
        return [blanked(item) for item in tree]
    if not isinstance(tree, str):
        return tree
    return "" if name in _WHOLE else without_passwords(tree)


def differing(tree: Any, other: Any, path: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    """The texts of a tree that are not the same in its copy, each with its path."""
    if isinstance(tree, Mapping):
        for name, item in tree.items():
            yield from differing(item, other[name], (*path, name))
    elif isinstance(tree, list):
        for number, item in enumerate(tree):
            yield from differing(item, other[number], (*path, number))
    elif tree != other:
        yield path, tree


def still_kept(found: Sealed, before: Kept, body: Any) -> Kept:
    """The secrets of a body that was sealed: its own, and those kept before whose places it left as they were.

    Args:
        before: what was kept.
        body: what that belonged to.
    """
    own = {path for path, _ in found.values}
    rest = [
        (tuple(path), value)
        for path, value in before.values
        if path not in own and (there := _at(body, path)) is not None and there == _at(found.body, path)
    ]
    reported = [((BODY, *path), value) for path, value in found.values]
    return Kept([*rest, *found.values], {**before.named, **found.named}, reported)


def _sealed(value: Any, path: Path_, identity: str, found: Sealed) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _sealed(item, (*path, str(name)), identity, found) for name, item in value.items()}
    if isinstance(value, list):
        return [_sealed(item, (*path, number), identity, found) for number, item in enumerate(value)]
    if not isinstance(value, str) or not value:
        return value
    hidden = Secret(str(path[-1]), value) if path and path[-1] in _WHOLE else concealed(value)
    if hidden is value:
        return value
    found.values.append((path, value))
    for secret in hidden.parts if isinstance(hidden, Template) else (hidden,):
        if isinstance(secret, Secret):
            found.named[_free(secret, found.named)] = secret.reveal()
    return plain(hidden, identity)


def _free(secret: Secret, named: Mapping[str, str]) -> str:
    """A name for a secret that no other one has."""
    name, number = secret.name, 2
    while name in named and named[name] != secret.reveal():
        name, number = f"{secret.name} {number}", number + 1
    return name


def _at(tree: Any, path: Path_) -> Any:
    try:
        for part in path:
            tree = tree[part]
    except (LookupError, TypeError):
        return None
    return tree
