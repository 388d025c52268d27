"""The generated reference: a page for each kind with every field that a person may write, and a picture that follows the code."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from orchestrator.core.field_mark import Computed
from orchestrator.core.fields import node_of
from orchestrator.kinds import discover
from tests.docs.pages import ROOT


@pytest.fixture
def docs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    yield
    for name in ("code_picture", "fields_page"):
        sys.modules.pop(name, None)


def module(name: str) -> ModuleType:
    return importlib.import_module(name)


def test_each_field_of_each_kind_is_on_its_page() -> None:
    lost = []
    for key, kind in discover().items():
        page = (ROOT / "docs" / "reference" / "kinds" / f"{key}.md").read_text()
        for variant, model in kind.variants.items():
            for name, field in model.model_fields.items():
                written = field.alias or name
                left_out = written in ("name", "$schema") or node_of(model).child(name).mark(Computed) is not None
                if (f"| `{written}` |" not in page) and not left_out:
                    lost.append(f"{key} {variant}: {written}")
    assert lost == []


def test_each_property_of_each_kind_has_a_sentence() -> None:
    """Write it in the model: ``Field(description="Maximum number of trials. Default: 1000.")``."""
    silent, unfinished = set(), set()
    for path in (ROOT / "schemas" / "kinds").glob("*.json"):
        for model, shape in json.loads(path.read_text())["$defs"].items():
            for name, value in shape.get("properties", {}).items():
                sentence = value.get("description", "")
                silent |= set() if sentence else {f"{model}.{name}"}
                unfinished |= {f"{model}.{name}"} if sentence and not sentence.endswith((".", ":", "`")) else set()
    assert (sorted(silent), sorted(unfinished)) == ([], [])


@pytest.mark.usefixtures("docs")
def test_the_picture_is_drawn_again_when_a_share_has_moved() -> None:
    picture = module("code_picture")
    lines = {"core": 500, "spec": 300, "workspace/jobs": 150, "workspace/serving": 50}
    drawn = picture.draw(lines)
    assert "the embedded workspace has 20 % of them" in drawn
    assert picture.fits(drawn, lines)
    assert picture.fits(drawn, {**lines, "core": 505})
    assert not picture.fits(drawn, {**lines, "workspace/serving": 120})
    assert not picture.fits(drawn, {**lines, "cli": 40})
    assert not picture.fits("", lines)


@pytest.mark.usefixtures("docs")
def test_a_type_is_told_in_short() -> None:
    told = module("fields_page")._type
    assert told({"anyOf": [{"enum": ["a", "b"]}, {"$ref": "#/$defs/expression"}]}) == "`a` · `b`"
    assert told({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]}) == "integer (≥ 0)"
    assert told({"type": "array", "items": {"$ref": "#/$defs/Route"}}) == "list of [Route](#route)"
    assert told({"type": "object", "additionalProperties": {"type": "string"}}) == "mapping to string"
