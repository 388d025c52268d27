"""Values inside a resource's properties that are not plain data.

They are types of their own, never strings in disguise, so that no stage can print, compare or send one by mistake.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from weakref import WeakSet

from orchestrator.core.address import Address
from orchestrator.core.span import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Reference:
    """A mention of another resource.

    Attributes:
        target: what is mentioned. `external` says whether it is part of this spec.
        attribute: which value of it is meant: ``id`` (the whole asset, as Azure ML writes it), ``name``,
            ``version``, ``outputs.<name>[/path]`` of a job, ``scoring_uri`` of an endpoint, …
        version: the version or ``@label`` that was written, if one was.
        text: what was written, for messages and for fingerprints of externals.
        span: where it was written.
        external: not in this spec; looked up in the workspace at plan time.
        cascades: whether a change of the target's content is a change of what depends on it. The compute of a
            job does not cascade: the same training on another machine is the same training.
    """

    target: Address
    attribute: str = "id"
    _: KW_ONLY
    version: str | None = None
    text: str = ""
    span: Span = NOWHERE
    external: bool = False
    cascades: bool = True

    def __str__(self) -> str:
        return self.text or f"${{{self.target}.{self.attribute}}}"


@dataclass(frozen=True, slots=True)
class Template:
    """A string with references inside, such as ``--url ${online_endpoints.hf.scoring_uri}``.

    Attributes:
        parts: literal text, references and secrets in order.
    """

    parts: tuple[str | Reference | Secret, ...]

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)


class Secret:
    """A value that must never be shown. Its text form is ``(secret NAME)``.

    No dataclass on purpose: ``dataclasses.asdict`` would take it apart. It copies as itself, and neither pickles nor turns into JSON.

    Attributes:
        name: how the spec calls it.
        origin: where the value can be read again, such as ``("env", "TOKEN")`` or ``("file", "/run/token")``; empty if nowhere.
            Not the value, so that it may be written down. Never compared.
    """

    __slots__ = ("__weakref__", "_tell", "name", "origin")
    name: str
    origin: tuple[str, ...]

    def __init__(self, name: str, value: str, origin: tuple[str, ...] = ()) -> None:
        # In a closure, so that no walk over attributes comes upon the text.
        for attribute, known in (("name", name), ("origin", origin), ("_tell", lambda: value)):
            object.__setattr__(self, attribute, known)
        _KNOWN.add(self)

    def reveal(self) -> str:
        """The value itself. Ask at the last moment, in the code that needs it."""
        revealed: str = object.__getattribute__(self, "_tell")()
        return revealed

    def digest(self, key: str) -> str:
        """A digest for comparison that is too slow to guess a password by, even for whoever has the key.

        Args:
            key: keeps equal secrets of two projects apart; the state's lineage, which lies beside the digest.
        """
        return _slow_digest(self.reveal(), key)

    def __repr__(self) -> str:
        return f"(secret {self.name})"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self.name == other.name and hmac.compare_digest(self.reveal().encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash((Secret, self.name))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a secret never changes")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a secret never changes")

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a secret is never pickled")

    def __getstate__(self) -> Any:
        raise TypeError("a secret is never pickled")


_KNOWN: Final[WeakSet[Secret]] = WeakSet()


def known_secrets() -> tuple[Secret, ...]:
    """Every secret that this process holds at the moment."""
    return tuple(_KNOWN)


GUESS_COST: Final = 1 << 15
"""Of each guess at a secret by its digest: 32 MB. Source: RFC 7914, section 2; twice that of interactive logins there."""


@lru_cache(maxsize=1024)
def _slow_digest(value: str, key: str) -> str:
    """scrypt at `GUESS_COST`."""
    salt = f"amlctl secret {key}".encode()
    text = value.encode(errors="surrogateescape")
    return hashlib.scrypt(text, salt=salt, n=GUESS_COST, r=8, p=1, maxmem=1 << 26, dklen=16).hex()


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only the apply can know, such as the address of an endpoint that does not exist yet."""

    reference: Reference

    def __str__(self) -> str:
        return "(known after apply)"


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """A file or folder of this machine whose bytes belong to the resource.

    Attributes:
        path: absolute.
        digest: over the relative paths and bytes of all files that ignore rules leave in.
        text: the path as written in the spec; labels, never content.
        manifest: relative path (POSIX) to digest of each file; of a single file, its name.
    """

    path: Path
    digest: str
    text: str
    manifest: Mapping[str, str] = field(default_factory=dict, compare=False, hash=False)

    def __str__(self) -> str:
        return self.text


def revealed(value: str | Secret | Template) -> str:
    """A text with the secrets in it. Ask at the last moment, in the code that needs it."""
    if isinstance(value, Template):
        return "".join(part.reveal() if isinstance(part, Secret) else str(part) for part in value.parts)
    return value.reveal() if isinstance(value, Secret) else value


def opened(value: Any) -> Any:
    """A copy of a tree with its secrets, and texts with secrets in them, as plain text. For the one who needs them: never keep it.

    References, also those inside texts, stay what they are.
    """
    return mapped(value, _opened)


def _opened(value: Any) -> Any:
    closed = isinstance(value, Template) and any(isinstance(part, Reference) for part in value.parts)
    return revealed(value) if isinstance(value, Secret | Template) and not closed else value


def mapped(value: Any, replace: Callable[[Any], Any]) -> Any:
    """A copy of a tree of mappings and lists in which what is neither these nor plain data is what `replace` makes of it."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or kind is float or value is None:
        return value
    if isinstance(value, Mapping):
        return {name: mapped(item, replace) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [mapped(item, replace) for item in value]
    return replace(value)


def leaves(value: Any) -> Iterator[Any]:
    """Everything in a tree that is neither a mapping nor a list, in the tree's order."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def special(value: Any) -> bool:
    """Whether a value is none of plain data: a reference, a secret, … whose text nobody knows yet."""
    return not isinstance(value, str | int | float | bool | Mapping | list | type(None))


def plain(value: Any, secret_key: str = "") -> Any:
    """Turn properties into JSON-able data for state, plan and fingerprint: one text form for each special value.

    Secrets become ``{"$secret": name, "digest": …}``, files ``{"$files": digest}``, unknowns ``{"$unknown": text}``, unresolved
    references their text.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool or kind is float or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item, secret_key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, secret_key) for item in value]
    if isinstance(value, Secret):
        return {"$secret": value.name, "digest": value.digest(secret_key)}
    if isinstance(value, LocalFiles):
        return {"$files": value.digest}
    if isinstance(value, Unknown):
        return {"$unknown": str(value.reference)}
    if isinstance(value, Reference):
        return str(value)
    if isinstance(value, Template):
        if any(isinstance(part, Secret) for part in value.parts):
            return {"$template": [plain(part, secret_key) for part in value.parts]}
        return "".join(str(part) for part in value.parts)
    return value
