"""Characters that nobody sees, in errors: what is wrong with a name may be just those."""

from __future__ import annotations

import unicodedata

import pytest

from orchestrator.core.diagnostic import Diagnostic, Severity
from orchestrator.report.diagnostics import diagnostics_text
from orchestrator.report.style import visible

UNSEEN = "\u00a0\u00ad\u200b\u200c\u200d\u2009\u202f\u2060\u3000\u3164\ufe0f\ufeff"


@pytest.mark.parametrize("character", UNSEEN, ids=[unicodedata.name(each) for each in UNSEEN])
def test_they_are_shown_as_escapes(character: str) -> None:
    shown = f"cpu\\u{ord(character):04x}cluster"
    assert visible(f"cpu{character}cluster") == shown
    problem = Diagnostic(
        Severity.ERROR,
        "invalid-name",
        summary="Invalid name",
        detail=f"'cpu{character}cluster' is no name.",
        fix=f"Not cpu{character}cluster.",
    )
    text = diagnostics_text([problem], lambda file, number: None)
    assert text.count(shown) == 2
    assert character not in text


@pytest.mark.parametrize("text", ["cpu cluster", "Größe 5 µm", "日本語", "tab\tand\nline"])
def test_what_is_seen_stays(text: str) -> None:
    assert visible(text) == text
