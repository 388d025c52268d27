"""What azure-ai-ml's own reader refuses of a body, validation refuses too, and what it takes, validation takes.

Every field of every model is filled with a value that fits, then with values that do not, and gets an unknown neighbour; both readers
judge each body. The bodies are made from our models, so a field that we have and the reader has not is found as well.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import types
import typing
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from orchestrator.backends.azure.loader_body import for_loader
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.field_mark import Computed, Files, Sensitive
from orchestrator.core.fields import node_of
from orchestrator.core.kind import Identity
from orchestrator.core.tree import dotted
from orchestrator.kinds import discover
from tests.unit.kinds.cases import Case, all_cases
from tests.unit.spec.building import project

pytest.importorskip("azure.ai.ml")
KINDS = discover()
DEEP = [name for name in discover()["jobs"].variants if name.startswith(("automl.image_", "automl.text_"))]

_SCHEMAS = {f"{key}.{variant}": place for key, kind in KINDS.items() for variant, place in kind.azure.readers.items()}

CASES = [case for case in all_cases() if f"{case.kind}.{case.variant}" in _SCHEMAS]
"""Of kinds that the client reads itself; others are left out by their name."""


@cache
def loader_schema(name: str, folder: str) -> Any:
    module, _, attribute = _SCHEMAS[name].partition(":")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = getattr(importlib.import_module(f"azure.ai.ml._schema.{module}"), attribute)
        return made(context={"base_path": folder, "params_override": []})


def reader_refuses(case: Case, variant: str, body: Mapping[str, Any], folder: Path) -> str:
    """What azure-ai-ml's reader says of a body; empty if it takes it."""
    version = {"version": "1"} if KINDS[case.kind].identity is Identity.VERSIONED else {}
    document = json.loads(json.dumps({"name": "thing", **version, **body}))
    if case.kind.endswith(".deployments"):
        document["endpoint_name"] = "whole"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loader_schema(f"{case.kind}.{variant}", str(folder)).load(for_loader(KINDS[case.kind], document))
    except Exception as failure:  # its reader raises many things
        return f"{type(failure).__name__}: {failure}"[:300]
    return ""


def we_refuse(case: Case, body: Mapping[str, Any]) -> str:
    try:
        project(case.text(body))
    except SpecError as failure:
        return "; ".join(f"{found.code}: {found.detail}" for found in failure.diagnostics)
    return ""


Path_ = tuple[str | int, ...]


def fields_of(model: type[BaseModel], path: Path_ = (), depth: int = 0) -> Iterator[tuple[Path_, Any]]:
    """Every field of a model with its annotation: of unions the first model, of lists and mappings one member."""
    hints = typing.get_type_hints(model, include_extras=True)
    node = node_of(model)
    for name, info in model.model_fields.items():
        written = info.alias or name
        mark = node.child(name)
        if mark.mark(Computed) or mark.mark(Sensitive) or mark.mark(Files) or written in ("name", "id", "version"):
            continue
        yield (*path, written), hints[name]
        inner, further = _model_inside(hints[name])
        if inner is not None and depth < 4:
            yield from fields_of(inner, (*path, written, *further), depth + 1)


def _model_inside(annotation: Any) -> tuple[type[BaseModel] | None, Path_]:
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option, ()
        if get_origin(option) is list:
            inner, further = _model_inside(get_args(option)[0])
            if inner is not None:
                return inner, (0, *further)
        if get_origin(option) is dict:
            inner, further = _model_inside(get_args(option)[1])
            if inner is not None:
                return inner, ("one", *further)
    return None, ()


def _options(annotation: Any) -> list[Any]:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (typing.Union, types.UnionType):
        return [inner for option in get_args(annotation) for inner in _options(option)]
    return [annotation]


def sample(annotation: Any) -> Any:
    """A value that fits."""
    option = next(option for option in _options(annotation) if option is not type(None))
    if get_origin(option) is Literal:
        return get_args(option)[0]
    if get_origin(option) is list:
        return [sample(get_args(option)[0])]
    if get_origin(option) is dict:
        return {"one": sample(get_args(option)[1])}
    if isinstance(option, type) and issubclass(option, BaseModel):
        hints = typing.get_type_hints(option, include_extras=True)
        required = {n: i for n, i in option.model_fields.items() if i.is_required()}
        return {info.alias or name: sample(hints[name]) for name, info in required.items()}
    return {str: "text", int: 1500, float: 0.5, bool: True}.get(option, "text")


def put(tree: Any, path: Path_, value: Any, model: type[BaseModel]) -> None:
    """Set a value, and make what has to be there on the way."""
    annotation: Any = model
    for number, part in enumerate(path):
        last = number == len(path) - 1
        annotation = _step(annotation, part)
        if isinstance(part, int):
            if not tree:
                tree.append(None)
            held = tree[part]
        else:
            held = tree.get(part)
        if last:
            tree[part] = value
            return
        if not isinstance(held, dict | list):
            inner, further = _model_inside(annotation)
            tree[part] = held = ([] if further[:1] == (0,) else sample(inner) if not further else {}) if inner else {}
        tree = held


def _step(annotation: Any, part: str | int) -> Any:
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            hints = typing.get_type_hints(option, include_extras=True)
            for name, info in option.model_fields.items():
                if part in (name, info.alias):
                    return hints[name]
        if get_origin(option) is list and isinstance(part, int):
            return get_args(option)[0]
        if get_origin(option) is dict and _model_inside(option)[0] is not None:
            return get_args(option)[1]
    return Any


WRONG: tuple[Any, ...] = ({"strange": {"deep": 1}}, [["strange"]], "strange text", -3.5, True)


def variants() -> Iterator[tuple[Case, str]]:
    for case in CASES:
        if not case.variant.startswith(("automl.image_", "automl.text_")):
            yield case, case.variant
    [images] = [case for case in CASES if case.variant == "automl.image_classification"]
    yield from ((images, variant) for variant in DEEP)


def bodies(case: Case, variant: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The case's smallest body with each field in turn: as it should be, wrong, and beside a stranger."""
    model = discover()[case.kind].variants[variant]
    minimal = json.loads(json.dumps(case.minimal))
    if variant in DEEP:
        minimal = {**minimal, "task": variant.removeprefix("automl.")}
    chance = random.Random(variant)
    seen_places: set[Path_] = set()
    for path, annotation in fields_of(model):
        if path == ("type",) or path[0] in ("task", "$schema", "tests"):
            continue
        values = [sample(annotation), *chance.sample(WRONG, 3)]
        for value in values:
            body = json.loads(json.dumps(minimal))
            put(body, path, value, model)
            yield f"{path} = {value!r}", body
        if path[:-1] not in seen_places and dotted(path[:-1]) not in discover()[case.kind].azure.forgives:
            seen_places.add(path[:-1])
            body = json.loads(json.dumps(minimal))
            put(body, path, sample(annotation), model)
            put(body, (*path[:-1], "no_such_field"), 1, model)
            yield f"{path[:-1]} + no_such_field", body


KNOWN = {
    ("datastores", "azure_data_lake_gen1", "tags"): "its schema asks for mappings there, which no tag is",
    ("jobs", "", "stack_meta_learner_kwargs"): "it fails on every mapping there, whatever is in it",
    ("online_endpoints", "kubernetes", "compute"): "a name alone is sent as the identifier it stands for",
    ("jobs", "", "positive_label"): "true is sent as text",
    ("", "", "description"): "a number or a boolean is the very text that stands in the file, and sent as text",
    ("", "", "display_name"): "the same",
    ("", "", "path_on_compute"): "the CLI's schemas have it, this version's reader has not",
}
"""What the reader refuses and we take: kind and variant (any if empty), field, and why."""
SPECIMENS = 60
"""Bodies of each variant that are judged in one run; `AMLCTL_ALL_BODIES` judges all of them, some 9,000."""


def known(case: Case, variant: str, what: str) -> bool:
    return any(kind in ("", case.kind) and of in ("", variant) and f"'{field}'" in what for kind, of, field in KNOWN)


@pytest.mark.parametrize(("case", "variant"), list(variants()), ids=lambda value: str(value))
def test_what_the_reader_refuses_is_refused(case: Case, variant: str, tmp_path: Path) -> None:
    case.write(tmp_path)
    (tmp_path / "text").write_text("a: file\n")
    made = list(bodies(case, variant))
    if "AMLCTL_ALL_BODIES" not in os.environ:
        made = random.Random(7).sample(made, min(SPECIMENS, len(made)))
    passed = [
        f"{what}: {refused}"
        for what, body in made
        if not known(case, variant, what)
        and (refused := reader_refuses(case, variant, body, tmp_path))
        and not we_refuse(case, body)
    ]
    assert passed == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_reader_takes_our_own_documents(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    for body in (case.minimal, case.full):
        document = {name: value for name, value in body.items() if name not in ("tests", "deployments", "traffic")}
        assert reader_refuses(case, case.variant, document, tmp_path) == ""
        assert we_refuse(case, body) == ""
