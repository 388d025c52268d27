"""Problems, told so that their reader can mend them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum

from orchestrator.core.address import Address
from orchestrator.core.span import Span


class Severity(StrEnum):
    """How bad a problem is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem.

    Attributes:
        severity: an ERROR stops the stage that found it once it has found all others.
        code: stable, kebab-case; has a heading in ``docs/errors.md``.
        summary: fixed text for the code, without names from the user's spec.
        detail: what is wrong and why that matters, in full sentences.
        fix: what to do, as an imperative; may offer the nearest name. Empty only where nothing can be said.
        subject: the place to underline.
        context: the lines to show around it.
        related: further places with a note each ("first defined here").
        address: the resource concerned.
        conceal: the text at `subject` is a secret that somebody wrote down: no excerpt of any problem may show it.
    """

    severity: Severity
    code: str
    _: KW_ONLY
    summary: str
    detail: str
    fix: str = ""
    subject: Span | None = None
    context: Span | None = None
    related: tuple[tuple[str, Span], ...] = ()
    address: Address | None = None
    conceal: bool = False


class SpecError(Exception):
    """The spec cannot be used as it is. Carries every problem of the stage that raised it."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(sorted(diagnostics, key=diagnostic_order))
        super().__init__("; ".join(f"{d.code}: {d.detail}" for d in self.diagnostics))


def diagnostic_order(diagnostic: Diagnostic) -> tuple[str, int, int, str]:
    """Sort key: by place, then by code."""
    span = diagnostic.subject
    return (span.file, span.line, span.column, diagnostic.code) if span else ("", 0, 0, diagnostic.code)


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The one known name that is most likely meant, or None if none is near."""
    import difflib  # lazily: only wrong input needs it

    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A fix that offers the nearest name, or the given text where no name is near."""
    match = nearest(name, known)
    return f"Did you mean '{match}'?" if match else otherwise
