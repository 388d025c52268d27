"""The problems that text can have, collected while it is read so that all of them are told at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, Severity, SpecError
from orchestrator.core.span import Span
from orchestrator.core.tree import Mark

SUMMARIES: Final[dict[str, str]] = {
    "alias-expansion": "Too many aliases",
    "ambiguous-document": "Ambiguous document",
    "conflicting-workspace": "More than one workspace",
    "contradictory-name": "Name differs from the key",
    "duplicate-key": "Duplicate key",
    "duplicate-resource": "Duplicate resource",
    "duplicate-setting": "Duplicate setting",
    "empty-document": "Empty file",
    "file-not-found": "File not found",
    "git-unavailable": "Git information not available",
    "hole-open": "Placeholder without a value",
    "ignored-file": "File ignored",
    "implied-endpoint": "Endpoint added",
    "include-cycle": "Include cycle",
    "include-no-match": "No file to include",
    "invalid-encoding": "Invalid encoding",
    "invalid-expression": "Invalid expression",
    "invalid-key": "Invalid key",
    "invalid-lifecycle": "Invalid lifecycle",
    "invalid-number": "Not a number",
    "invalid-project-name": "Invalid project name",
    "invalid-resource": "Resource without a body",
    "invalid-secret": "Invalid secret source",
    "invalid-section": "Invalid section",
    "invalid-setting": "Invalid setting",
    "invalid-tag": "Unknown YAML tag",
    "invalid-target": "Invalid target",
    "invalid-variable": "Invalid variable",
    "invalid-variable-value": "Invalid variable value",
    "invalid-yaml": "Invalid YAML",
    "missing-project": "Missing project name",
    "missing-setting": "Missing setting",
    "setting-without-effect": "Setting without effect",
    "missing-variable": "Variable without a value",
    "misplaced-expression": "Expression not allowed here",
    "no-default-target": "No target specified",
    "no-spec": "No spec found",
    "outside-boundary": "Outside the allowed folders",
    "secret-expected": "Secret in plain text",
    "secret-unavailable": "Secret not available",
    "too-deep": "Nested too deeply",
    "too-large": "File too large",
    "undefined-alias": "Undefined alias",
    "undefined-environment": "Environment variable not set",
    "undefined-secret": "Undefined secret",
    "undefined-variable": "Undefined variable",
    "unknown-document": "Unknown document",
    "unknown-expression": "Unknown expression",
    "unknown-key": "Unknown key",
    "unknown-section": "Unknown section",
    "unknown-target": "Unknown target",
    "unknown-variable": "Unknown variable",
    "unreadable-file": "File cannot be read",
    "unsupported-document": "Unsupported document",
    "unsupported-section": "Unsupported section",
    "unsupported-setting": "Unsupported setting",
    "variable-cycle": "Variable cycle",
    "wrong-document": "Wrong kind of document",
}
"""Diagnostic code to its summary, for every problem that text can have."""


OUTSIDE: Final = "is outside the folders that this spec can read"
OUTSIDE_FIX: Final = (
    "Move it into the project folder, or add its folder to `allowed_folders` in the loop's configuration."
)


class Problems:
    """Collects diagnostics; a stage goes on after a problem to find the next one."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._seen: set[tuple[str, str, Span | None]] = set()

    def error(
        self,
        code: str,
        detail: str,
        fix: str,
        at: Mark | None,
        *,
        related: Iterable[tuple[str, Mark]] = (),
        address: Address | None = None,
        conceal: bool = False,
    ) -> None:
        """Record what must be mended before anything can be done. See `Diagnostic` for the arguments."""
        subject = Span(*at) if at else None
        places = tuple((note, Span(*mark)) for note, mark in related)
        self._keep(
            Diagnostic(
                Severity.ERROR,
                code,
                summary=SUMMARIES[code],
                detail=detail,
                fix=fix,
                subject=subject,
                related=places,
                address=address,
                conceal=conceal,
            )
        )

    def warning(self, code: str, detail: str, fix: str, at: Mark | None) -> None:
        """Record what is worth knowing but stops nothing."""
        subject = Span(*at) if at else None
        self._keep(Diagnostic(Severity.WARNING, code, summary=SUMMARIES[code], detail=detail, fix=fix, subject=subject))

    def extend(self, others: Problems) -> None:
        """Add what was collected aside."""
        for diagnostic in others.diagnostics:
            self._keep(diagnostic)

    def _keep(self, diagnostic: Diagnostic) -> None:
        key = (diagnostic.code, diagnostic.detail, diagnostic.subject)
        if key not in self._seen:
            self._seen.add(key)
            self.diagnostics.append(diagnostic)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What must be mended."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What is worth knowing."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.WARNING)

    def raise_if_any(self) -> None:
        """Stop if there is an error.

        Raises:
            SpecError: with every error found so far.
        """
        if self.errors:
            raise SpecError(self.errors)
