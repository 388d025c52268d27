"""Diagnostics as text with the source line, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from orchestrator.core.diagnostic import Diagnostic, Severity
from orchestrator.core.span import NOWHERE, Span
from orchestrator.core.url_secrets import starred, without_passwords
from orchestrator.report.style import PLAIN, Style, harmless, one_line, visible

SourceLine = Callable[[str, int], str | None]
"""Gives line N (1-based) of a file as it appears in spans, or None."""

_WIDEST = 200
"""How much of a line is shown: generated files have lines of thousands."""

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def diagnostics_text(diagnostics: Iterable[Diagnostic], source: SourceLine, style: Style = PLAIN) -> str:
    """Render problems for people, each with its line of source and what to do.

    Args:
        diagnostics: in the order to print.
        source: how to get at source lines; files that are gone are simply not shown.
        style: colours.
    """
    listed = list(diagnostics)
    concealed = [d.subject for d in listed if d.conceal and d.subject is not None]
    visible = _masked(source, concealed) if concealed else source
    return "\n\n".join(_one(diagnostic, visible, style) for diagnostic in listed)


def _masked(source: SourceLine, concealed: list[Span]) -> SourceLine:
    """Source lines in which stars stand for what must not be shown; a problem elsewhere on the line would show it too."""

    def line(file: str, number: int) -> str | None:
        text = source(file, number)
        for span in concealed:
            if text is not None and span.file == file and span.line <= number <= span.end_line:
                start = span.column - 1 if number == span.line else 0
                end = span.end_column - 1 if number == span.end_line else len(text)
                text = text[:start] + "*" * max(0, min(end, len(text)) - start) + text[end:]
        return text

    return line


def _one(diagnostic: Diagnostic, source: SourceLine, style: Style) -> str:
    colour = _COLOURS[diagnostic.severity]
    lines = [
        style(f"{diagnostic.severity}[{diagnostic.code}]", colour, "bold") + style(f": {diagnostic.summary}", "bold")
    ]
    margin = 2
    if diagnostic.subject is not None and diagnostic.subject != NOWHERE:
        excerpt = _excerpt(diagnostic.subject, source, style, colour)
        margin = max(margin, len(str(diagnostic.subject.line)) + 1)
        lines.append(f"{' ' * margin}{style('-->', 'blue')} {one_line(diagnostic.subject)}")
        lines.extend(excerpt)
    more = f"\n{' ' * margin}   "  # a line end inside of a name begins no problem of its own
    lines.append(f"{' ' * margin} = why: {visible(diagnostic.detail).replace(chr(10), more)}")
    if diagnostic.fix:
        lines.append(f"{' ' * margin} = fix: {visible(diagnostic.fix).replace(chr(10), more)}")
    for note, span in diagnostic.related:
        lines.append(f"{' ' * margin} = {one_line(note)}: {one_line(span)}")
    return "\n".join(lines)


def _excerpt(span: Span, source: SourceLine, style: Style, colour: str) -> list[str]:
    text = source(span.file, span.line)
    if text is None:
        return []
    number = str(span.line)
    end = span.end_column if span.end_line == span.line else len(text) + 1
    width = max(1, min(end, len(text) + 1) - span.column)
    text, before = _window(harmless(starred(text)).replace("\n", "\N{RETURN SYMBOL}"), span.column - 1)
    bar = style("|", "blue")
    # A tab before the caret must stay a tab, or the caret stands in the wrong column.
    indent = "".join("\t" if char == "\t" else " " for char in text[:before])
    carets = "^" * max(1, min(width, len(text) - before))
    return [
        f"{style(number, 'blue')} {bar} {text}",
        f"{' ' * len(number)} {bar} {indent}{style(carets, colour)}",
    ]


def _window(text: str, column: int) -> tuple[str, int]:
    """The part of a long line around a column, and where the column is in it."""
    if len(text) <= _WIDEST:
        return text, column
    start = max(0, column - _WIDEST // 2)
    part = text[start : start + _WIDEST]
    head = "…" if start else ""
    tail = "…" if start + _WIDEST < len(text) else ""
    return f"{head}{part}{tail}", column - start + len(head)


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """One problem as data."""
    span = diagnostic.subject
    return {
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "summary": diagnostic.summary,
        "detail": without_passwords(diagnostic.detail),
        "fix": without_passwords(diagnostic.fix),
        "file": span.file if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "address": str(diagnostic.address) if diagnostic.address else None,
    }


def diagnostics_json(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """All problems, as ``validate --format json`` prints them."""
    return {"diagnostics": [diagnostic_json(diagnostic) for diagnostic in diagnostics]}
