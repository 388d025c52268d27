"""Words of a field with few words are taken in the spellings that azure-ai-ml's reader takes, and in no other."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from orchestrator.kinds import discover
from tests.contract.azure.test_loader_agrees import (
    DEEP,
    Path_,
    _options,
    fields_of,
    put,
    reader_refuses,
    variants,
    we_refuse,
)
from tests.unit.kinds.cases import Case

SPECIMENS = 8
DECIDING = ("type", "task", "model_provider")
"""Fields that choose the reader: ``tests/unit/spec/test_open_bodies.py`` has those of types and tasks. Of a provider, the reader takes
``azureOpenAi`` too, which no document writes."""

CONSTANTS = {("outbound_rules", "type"), ("offline_store", "type"), ("online_store", "type")}
"""Fields of which the reader takes any text and ignores it, or its operations refuse it later."""


def spellings(word: str) -> list[str]:
    camel = "".join(part[:1].upper() + part[1:] for part in word.split("_"))
    made = {
        word.upper(),
        word.title(),
        camel,
        camel[:1].lower() + camel[1:],
        word.replace("_", ""),
        word.replace("_", "-"),
    }
    return sorted(made - {word})


def words(model: Any) -> Iterator[tuple[Path_, str, str]]:
    """Path, a word that fits there, and another spelling of it."""
    for path, annotation in fields_of(model):
        if path[0] in DECIDING or path[0] in ("$schema", "tests"):
            continue
        if tuple(part for part in path if isinstance(part, str))[-2:] in CONSTANTS:
            continue
        for option in _options(annotation):
            for word in get_args(option)[:2] if get_origin(option) is Literal else ():
                if isinstance(word, str):
                    yield from ((path, word, other) for other in spellings(word))


@pytest.mark.parametrize(("case", "variant"), list(variants()), ids=lambda value: str(value))
def test_both_take_the_same_spellings(case: Case, variant: str, tmp_path: Path) -> None:
    case.write(tmp_path)
    model = discover()[case.kind].variants[variant]
    minimal = json.loads(json.dumps(case.minimal))
    if variant in DEEP:
        minimal = {**minimal, "task": variant.removeprefix("automl.")}
    made = list(words(model))
    differ = []
    for path, word, other in random.Random(variant).sample(made, min(SPECIMENS, len(made))):
        right, body = json.loads(json.dumps(minimal)), json.loads(json.dumps(minimal))
        put(right, path, word, model)
        put(body, path, other, model)
        if reader_refuses(case, variant, right, tmp_path) or we_refuse(case, right):
            continue  # the word needs more beside it
        if bool(reader_refuses(case, variant, body, tmp_path)) is not bool(we_refuse(case, body)):
            differ.append(f"{path} = {other!r}: {we_refuse(case, body) or 'taken here'}")
    assert differ == []
