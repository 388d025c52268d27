"""Where secrets come from: an environment variable, a file or Azure Key Vault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.core.boundary import UNBOUNDED, Boundary
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.plain_files import read_plain_text
from orchestrator.core.project import LoadOptions
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, Mark
from orchestrator.core.value import Secret
from orchestrator.spec.evaluate import FAILED, UnresolvedError
from orchestrator.spec.expressions import Expression
from orchestrator.spec.problems import OUTSIDE, OUTSIDE_FIX, Problems

SOURCES: Final = ("env", "file", "key_vault")
_VAULT_FIELDS: Final = ("vault", "name", "version")

_LONGEST: Final = 1024 * 1024
"""Bytes of the longest file that is one secret."""


@dataclass(frozen=True, slots=True)
class SecretSource:
    """One declared source.

    Attributes:
        kind: one of `SOURCES`.
        where: the variable's name or the file's path; the fields of a key vault.
        folder: what a relative path starts from.
    """

    kind: str
    where: Any
    folder: Path


@dataclass(frozen=True, slots=True)
class Fetching:
    """How secrets are fetched.

    Attributes:
        environ: environment variables.
        fetch: read the values; without it a secret has an empty value, which is enough to check a spec.
        boundary: where files of secrets must be.
    """

    environ: Mapping[str, str]
    fetch: bool
    boundary: Boundary = UNBOUNDED


class Secrets:
    """Gives ``${secret.NAME}``. A secret is fetched when it is first used; unused ones never are."""

    def __init__(self, sources: Mapping[str, SecretSource | None], fetching: Fetching) -> None:
        self._sources = sources
        self._fetching = fetching
        self._fetched: dict[str, Secret] = {}

    def __call__(self, expression: Expression, span: Span) -> Any:
        """Return the `Secret` that the expression names.

        Raises:
            UnresolvedError: it is not declared, or its source has no value.
        """
        name = expression.path
        if name not in self._sources:
            fix = did_you_mean(name, self._sources, f"Declare it: `secrets: {{{name or 'NAME'}: {{env: NAME}}}}`.")
            raise UnresolvedError("undefined-secret", f"The spec declares no secret '{name}'.", fix)
        source = self._sources[name]
        if source is None:
            return FAILED
        if name not in self._fetched:
            value = self._fetch(name, source) if self._fetching.fetch else ""
            self._fetched[name] = Secret(name, value, _origin(source))
        return self._fetched[name]

    def _fetch(self, name: str, source: SecretSource) -> str:
        if source.kind == "env":
            if source.where not in self._fetching.environ:
                reason, fix = f"the environment variable {source.where} is not set", f"Set {source.where}."
                if self._fetching.boundary is not UNBOUNDED:
                    reason += ", or the loop's configuration does not allow it"
                    fix = (
                        f"Set {source.where}, and add it to `environment` of this project in the loop's configuration."
                    )
                raise _unavailable(name, reason, fix)
            return self._fetching.environ[source.where]
        if source.kind == "file":
            return _from_file(name, source.folder / source.where, source.where, self._fetching.boundary)
        raise _unavailable(
            name,
            "it is in Azure Key Vault, which this version does not support",
            f"Use an environment variable instead: `{name}: {{env: NAME}}`, and set it with `az keyvault "
            f"secret show --vault-name {source.where['vault']} --name {source.where['name']} --query value -o tsv`.",
        )


def _origin(source: SecretSource) -> tuple[str, ...]:
    if source.kind == "env":
        return ("env", source.where)
    return ("file", str(source.folder.absolute() / source.where)) if source.kind == "file" else ()


def read_again(name: str, origin: tuple[str, ...], options: LoadOptions) -> Secret | None:
    """A secret of which only the place is remembered (`Secret.origin`); None if it has no value there now."""
    kind, where = origin if len(origin) == 2 else ("", "")
    try:
        if kind == "file":
            return Secret(name, _from_file(name, Path(where), where, options.boundary), origin)
    except UnresolvedError:
        return None
    value = options.environ.get(where) if kind == "env" else None
    return None if value is None else Secret(name, value, origin)


def _from_file(name: str, path: Path, written: str, boundary: Boundary) -> str:
    if not boundary.admits(path):
        raise _unavailable(name, f"{written} {OUTSIDE}", OUTSIDE_FIX)
    try:
        return read_plain_text(path, _LONGEST).rstrip("\r\n")
    except FileNotFoundError:
        raise _unavailable(name, f"there is no file {written}", "Create the file, or correct its path.") from None
    except UnicodeDecodeError:
        raise _unavailable(name, f"{written} is not UTF-8 text", "Save it as UTF-8 text.") from None
    except OSError as error:
        raise _unavailable(name, f"{written} cannot be read ({error.strerror})", "Name a readable file.") from None


def _unavailable(name: str, reason: str, fix: str) -> UnresolvedError:
    return UnresolvedError("secret-unavailable", f"The secret '{name}' has no value: {reason}.", fix)


def declare_secrets(tree: LocatedDict, folder_of: Any, problems: Problems) -> dict[str, SecretSource | None]:
    """Check ``secrets:``.

    Args:
        tree: name to source.
        folder_of: gives the folder of the file that a mark names.
        problems: receives what is malformed.

    Returns:
        The sources by name; None for a malformed one.
    """
    return {
        name: _source(name, body, tree.value_marks.get(name, tree.mark), folder_of, problems)
        for name, body in tree.items()
    }


def _source(name: str, body: Any, mark: Mark, folder_of: Any, problems: Problems) -> SecretSource | None:
    shape = (
        f"`{name}: {{env: NAME}}`, `{name}: {{file: PATH}}` or `{name}: {{key_vault: {{vault: VAULT, name: NAME}}}}`"
    )
    if not isinstance(body, LocatedDict) or len(body) != 1:
        shown = "" if isinstance(body, dict) else " Do not write secret values in a spec."
        problems.error(
            "invalid-secret",
            f"The secret '{name}' requires exactly one source.{shown}",
            f"Write {shape}.",
            mark,
            conceal=True,
        )
        return None
    kind, where = next(iter(body.items()))
    place = body.value_marks.get(kind, mark)
    if kind not in SOURCES:
        problems.error(
            "invalid-secret",
            f"'{kind}' is not a secret source.",
            did_you_mean(kind, SOURCES, f"Write {shape}."),
            (*body.key_marks.get(kind, mark)[:3], *place[3:]),
            conceal=True,  # what stands there may be the secret itself
        )
        return None
    if kind == "key_vault":
        good = isinstance(where, LocatedDict) and _is_vault(where, name, problems)
    else:
        good = isinstance(where, str) and bool(where)
        if not good:
            problems.error("invalid-secret", f"'{kind}' of the secret '{name}' must be text.", f"Write {shape}.", place)
    if kind == "key_vault" and not isinstance(where, LocatedDict):
        problems.error(
            "invalid-secret", f"'key_vault' of the secret '{name}' must be a mapping.", f"Write {shape}.", place
        )
    return SecretSource(kind, where, folder_of(place)) if good else None


def _is_vault(where: LocatedDict, name: str, problems: Problems) -> bool:
    good = True
    for key, value in where.items():
        if key not in _VAULT_FIELDS:
            fix = did_you_mean(key, _VAULT_FIELDS, f"Use {', '.join(_VAULT_FIELDS)}.")
            problems.error("invalid-secret", f"'{key}' is not a field of key_vault.", fix, where.key_marks.get(key))
            good = False
        elif not isinstance(value, str):
            detail = f"'{key}' of the secret '{name}' must be text."
            problems.error("invalid-secret", detail, "Write it as text.", where.value_marks.get(key))
            good = False
    for key in ("vault", "name"):
        if key not in where:
            detail = f"The secret '{name}' requires '{key}' in key_vault."
            problems.error("invalid-secret", detail, f"Add `{key}:`.", where.mark)
            good = False
    return good
