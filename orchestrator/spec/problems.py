"""The problems that text can have, collected while it is read so that all of them are told at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, Severity, SpecError
from orchestrator.core.span import Span
from orchestrator.core.tree import Mark

SUMMARIES: Final[dict[str, str]] = {
    "alias-expansion": "Aliases multiply the document",
    "ambiguous-document": "The kind of the document is not clear",
    "conflicting-workspace": "More than one workspace is chosen",
    "contradictory-name": "A body says another name than its key",
    "duplicate-key": "Key given twice",
    "duplicate-resource": "Resource defined twice",
    "duplicate-setting": "Setting given twice",
    "empty-document": "Nothing in the file",
    "file-not-found": "File not found",
    "git-unavailable": "Git cannot answer",
    "hole-open": "Value of a hole is missing",
    "ignored-file": "File ignored",
    "implied-endpoint": "Endpoint added",
    "include-cycle": "Files include each other",
    "include-no-match": "Nothing to include",
    "invalid-encoding": "Not readable as text",
    "invalid-expression": "Malformed expression",
    "invalid-key": "Not usable as a key",
    "invalid-lifecycle": "Malformed lifecycle",
    "invalid-number": "Not a number",
    "invalid-project-name": "Not usable as a project name",
    "invalid-resource": "Resource without a body",
    "invalid-secret": "Malformed secret source",
    "invalid-section": "Malformed section",
    "invalid-setting": "Malformed setting",
    "invalid-tag": "Unknown YAML tag",
    "invalid-target": "Malformed target",
    "invalid-variable": "Malformed variable",
    "invalid-variable-value": "Variable has a value it must not have",
    "invalid-yaml": "Not valid YAML",
    "missing-project": "Project name missing",
    "missing-setting": "Setting missing",
    "setting-without-effect": "A setting has no effect",
    "missing-variable": "Variable without a value",
    "misplaced-expression": "Expression not allowed here",
    "no-default-target": "No target chosen",
    "no-spec": "Nothing to load",
    "outside-boundary": "Outside of the folders that may be read",
    "secret-expected": "Secret in plain text",
    "secret-unavailable": "Secret cannot be read",
    "too-deep": "Nested too deeply",
    "too-large": "File too large",
    "undefined-alias": "Undefined alias",
    "undefined-environment": "Environment variable not set",
    "undefined-secret": "Undefined secret",
    "undefined-variable": "Undefined variable",
    "unknown-document": "Not a document of Azure ML",
    "unknown-expression": "Unknown expression",
    "unknown-key": "Unknown key",
    "unknown-section": "Unknown section",
    "unknown-target": "Unknown target",
    "unknown-variable": "Unknown variable",
    "unreadable-file": "File cannot be read",
    "unsupported-document": "Kind of document not supported",
    "unsupported-section": "Section not supported",
    "unsupported-setting": "Setting not supported",
    "variable-cycle": "Variables define each other",
    "wrong-document": "Document of another kind",
}
"""Diagnostic code to its summary, for every problem that text can have."""


OUTSIDE: Final = "is outside of the folders that this spec may read"
OUTSIDE_FIX: Final = (
    "Put it into the project's folder, or let whoever runs the loop add its folder to `allowed_folders`."
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
                SUMMARIES[code],
                detail,
                fix,
                subject,
                related=places,
                address=address,
                conceal=conceal,
            )
        )

    def warning(self, code: str, detail: str, fix: str, at: Mark | None) -> None:
        """Record what is worth knowing but stops nothing."""
        subject = Span(*at) if at else None
        self._keep(Diagnostic(Severity.WARNING, code, SUMMARIES[code], detail, fix, subject))

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
