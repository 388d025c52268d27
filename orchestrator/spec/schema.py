"""JSON Schemas of specs and of bodies, made from the models of the kinds.

``python -m orchestrator.spec.schema --write`` writes them to ``schemas/``; ``--check`` fails if they are not current.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from orchestrator.core.kind import Child, Kind, Kinds, Spec
from orchestrator.spec.lifecycle import LifecycleBody
from orchestrator.spec.schema_language import DIALECT, EXPRESSION, SECRET, TAGS, VARIABLE, WORKSPACE, target, top

FOLDER: Final = Path(__file__).resolve().parents[2] / "schemas"

FILE_BODY: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"file": {"type": "string", "description": "A CLI v2 document; further fields override it."}},
    "required": ["file"],
}


def kind_schema(kind: Kind) -> dict[str, Any]:
    """The schema of one kind's body."""
    body, definitions = _bodies([kind])
    return {
        "$schema": DIALECT,
        "title": kind.title,
        "description": f"A body of the kind {kind.key}. Source: {kind.source}.",
        **body[kind.key],
        "$defs": _sorted({"expression": EXPRESSION, **definitions}),
    }


def spec_schema(kinds: Kinds) -> dict[str, Any]:
    """The schema of a whole spec."""
    bodies, definitions = _bodies(list(kinds.values()))
    sections = [kind for kind in kinds.values() if kind.section == kind.key and not kind.is_workspace]
    for kind in sections:
        for child in kind.children:
            _put_child(definitions, kind, child, kinds)
    resources = {
        kind.key: {
            "type": "object",
            "description": f"{kind.title[0].upper()}{kind.title[1:]}s by name.",
            "propertyNames": {"pattern": _anchored(kind.name.pattern)},
            "additionalProperties": {"anyOf": [*bodies[kind.key]["anyOf"], {"$ref": "#/$defs/file_body"}]},
        }
        for kind in sections
    }
    language = {
        "expression": EXPRESSION,
        "file_body": FILE_BODY,
        "secret": SECRET,
        "tags": TAGS,
        "target": target(list(resources)),
        "variable": VARIABLE,
        "workspace": WORKSPACE,
    }
    return {
        "$schema": DIALECT,
        "title": "amlctl spec",
        "description": "The desired contents of an Azure Machine Learning workspace.",
        "type": "object",
        "properties": top(resources),
        "patternProperties": {r"^(x-|\.)": {"description": "For anchors; ignored."}},
        "additionalProperties": False,
        "$defs": _sorted({**_or_expression_all(language), **definitions}),
    }


def _bodies(kinds: Iterable[Kind]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """For each kind, its variants as references; and what they refer to."""
    models = {model: None for kind in kinds for model in kind.variants.values()}
    included: list[type[Spec]] = [*models, LifecycleBody]
    places, whole = models_json_schema([(model, "validation") for model in included], ref_template="#/$defs/{model}")
    definitions = {name: _tidy(schema) for name, schema in whole["$defs"].items()}
    references = {model: places[(model, "validation")]["$ref"] for model in models}
    bodies: dict[str, dict[str, Any]] = {}
    for kind in kinds:
        own = list(dict.fromkeys(references[model] for model in kind.variants.values()))
        for reference in own:
            properties = definitions[reference.rpartition("/")[2]]["properties"]
            properties["lifecycle"] = {
                "$ref": "#/$defs/LifecycleBody",
                "description": "How amlctl treats the resource: its dependencies, targets, protection and time-out.",
            }
        bodies[kind.key] = {"anyOf": [{"$ref": reference} for reference in own]}
    return bodies, definitions


def _put_child(definitions: dict[str, Any], parent: Kind, child: Child, kinds: Kinds) -> None:
    kind = kinds[child.kind]
    shapes = [{"$ref": f"#/$defs/{model.__name__}"} for model in dict.fromkeys(kind.variants.values())]
    for model in parent.variants.values():
        properties = definitions[model.__name__]["properties"]
        for name in child.fields:
            if child.keyed:
                properties[name] = {
                    "type": "object",
                    "description": f"{kind.title[0].upper()}{kind.title[1:]}s by name.",
                    "propertyNames": {"pattern": _anchored(kind.name.pattern)},
                    "additionalProperties": {"anyOf": [*shapes, {"$ref": "#/$defs/file_body"}]},
                }
            else:
                own = definitions[next(iter(kind.variants.values())).__name__]["properties"][name]
                properties[name] = own


def _anchored(pattern: str) -> str:
    return f"^(?:{pattern})$"


_NOISE: Final = frozenset({"title", "discriminator"})


def _tidy(schema: Any) -> Any:
    """Without titles that repeat the field's name and defaults of null; an expression wherever a scalar may stand."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tidy: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            tidy[key] = {name: _tidy(item) for name, item in value.items()}
        elif key == "enum" or (key == "const" and value is not None):
            tidy[key] = value
        elif key not in _NOISE and not (key == "default" and value is None):
            tidy[key] = _tidy(value)
    return _or_expression(tidy)


def _or_expression(schema: dict[str, Any]) -> dict[str, Any]:
    restricted = schema.get("type") in ("integer", "number", "boolean") or "enum" in schema or "const" in schema
    if not restricted:
        return schema
    described = {"description": schema.pop("description")} if "description" in schema else {}
    return {"anyOf": [schema, {"$ref": "#/$defs/expression"}], **described}


def _or_expression_all(language: Mapping[str, Any]) -> dict[str, Any]:
    """The language's own parts take expressions as well, except where a declaration must stand as it is."""
    plain = ("expression", "variable", "secret")
    return {name: schema if name in plain else _tidy(schema) for name, schema in language.items()}


def _sorted(definitions: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(definitions.items()))


def documents(kinds: Kinds) -> dict[str, str]:
    """File name inside ``schemas/`` to text, for every schema made here."""
    schemas = {"spec.schema.json": spec_schema(kinds)}
    for key, kind in kinds.items():
        schemas[f"kinds/{key}.schema.json"] = kind_schema(kind)
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}


def stale(kinds: Kinds, folder: Path) -> list[str]:
    """Names of schemas that differ from what the models say."""
    return [
        name
        for name, text in documents(kinds).items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str], kinds: Kinds) -> int:
    """Write or check the schemas; 1 if a check finds a stale one."""
    parser = argparse.ArgumentParser(prog="python -m orchestrator.spec.schema", description=main.__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write schemas/")
    what.add_argument("--check", action="store_true", help="fail if schemas/ is not current")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    if options.check:
        names = stale(kinds, options.folder)
        for name in names:
            sys.stderr.write(f"{name} is not current; run: python -m orchestrator.spec.schema --write\n")
        return 1 if names else 0
    for name, text in documents(kinds).items():
        path = options.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    import importlib

    # by name, because spec knows no kinds: this is the one place where it is a program of its own
    sys.exit(main(sys.argv[1:], importlib.import_module("orchestrator.kinds").discover()))
