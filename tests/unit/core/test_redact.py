from __future__ import annotations

from orchestrator.core.redact import Redactor
from orchestrator.core.value import Secret, Template

ONE, TWO = Secret("one", "hunter2"), Secret("two", "hunter2-and-more")


def test_secrets_at_any_depth_are_named_instead_of_shown() -> None:
    redact = Redactor([{"a": [ONE], "b": {"c": Template(("k=", TWO))}, "d": "plain"}, {"e": Secret("empty", "")}])
    assert redact("hunter2, then hunter2-and-more") == "(secret one), then (secret two)"


def test_texts_without_secrets_stay_as_they_are() -> None:
    assert Redactor([{"a": 1}])("nothing here") == "nothing here"
