"""Plain CLI v2 documents: telling them from specs, and telling their kind and name."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from orchestrator.core.fields import root_node
from orchestrator.core.kind import Identity, Kind, Kinds
from orchestrator.core.tree import LocatedDict
from orchestrator.core.value import Unknown
from orchestrator.spec.language import EXTENSIONS, SETTINGS, sections_of

_SPEC_ONLY: Final = frozenset({"project", "variables", "targets", "include", "secrets", "workspace", "state"})
_OWN_SCHEMA: Final = "spec.schema"
_NOT_YET: Final = (
    ("batchdeployment", "batch deployment"),
    ("batchendpoint", "batch endpoint"),
    ("component", "component"),
    ("schedule", "schedule"),
    ("monitor", "monitor"),
    ("registry", "registry"),
    ("connection", "connection"),
    ("featurestoreentity", "feature store entity"),
    ("featurestore", "feature store"),
    ("featureset", "feature set"),
    ("azureblob", "datastore"),
    ("azurefile", "datastore"),
    ("azuredatalake", "datastore"),
    ("onelake", "datastore"),
    ("datastore", "datastore"),
    ("dataimport", "data import"),
    ("workspace", "workspace"),
    ("serverlessendpoint", "serverless endpoint"),
    ("modelpackage", "model package"),
    ("package", "model package"),
)
"""Parts of ``$schema`` addresses to what they describe, for kinds that may be missing from this version.

Source: ``$schema`` values of public CLI v2 documents.
"""

_OF_WORKFLOWS: Final = frozenset({"runs-on", "steps", "uses"})
"""Fields of a job in a GitHub workflow; no step of a pipeline has them."""


class Recognised(NamedTuple):
    """What a plain document is.

    Attributes:
        kind: key of its kind; empty if that is not known.
        certain: ``$schema`` says so; otherwise it was told by the document's shape.
        candidates: keys of the kinds it may be, if it is not clear.
        foreign: what it is, if it is something that this version does not know.
    """

    kind: str = ""
    certain: bool = False
    candidates: tuple[str, ...] = ()
    foreign: str = ""


def is_spec(tree: LocatedDict, kinds: Kinds) -> bool:
    """Whether a mapping is (a part of) a spec, not a plain CLI v2 document.

    ``compute``, ``jobs``, ``data`` and ``tags`` are words of both, so those alone decide nothing when ``$schema``, ``type`` or ``name``
    are there.
    """
    schema = tree.get("$schema")
    if isinstance(schema, str):
        return _OWN_SCHEMA in schema
    if not _SPEC_ONLY.isdisjoint(tree):
        return True
    if "type" in tree or "name" in tree:
        return False
    keys = [key for key in tree if not key.startswith(EXTENSIONS)]
    known = sections_of(kinds)
    if keys and all(key in known or key in SETTINGS for key in keys):
        return any(isinstance(tree[key], dict) or tree[key] is None for key in keys if key in known) or "tags" in tree
    mappings = [key for key in tree if key in known and _maps_names_to_bodies(tree[key])]
    return bool(mappings) and len(mappings) * 2 >= len(keys)


def _maps_names_to_bodies(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(body, dict) for body in value.values())


def recognise(tree: LocatedDict, kinds: Kinds) -> Recognised:
    """Tell the kind of a plain document: by ``$schema`` first, then by ``type`` and the fields it has."""
    schema = tree.get("$schema")
    if isinstance(schema, str) and schema.strip():
        found = _by_schema(schema.strip(), kinds)
        if found is not None:
            return found
    return _by_shape(tree, kinds)


def _by_schema(schema: str, kinds: Kinds) -> Recognised | None:
    folded = schema.casefold()
    last = folded.rstrip("/").rsplit("/", 1)[-1]
    best = max(
        ((len(part), key) for key, kind in kinds.items() for part in kind.schemas if part.casefold() in folded),
        default=None,
    )
    squeezed = re.sub(r"[^a-z]", "", last)
    foreign = next(((part, title) for part, title in _NOT_YET if part in squeezed), None)
    if best is not None and (foreign is None or best[0] >= len(foreign[0])):
        return Recognised(best[1], certain=True)
    return Recognised(foreign=foreign[1]) if foreign else None


def _is_workflow(tree: LocatedDict) -> bool:
    """Whether it is a workflow of GitHub, which has ``jobs`` as a pipeline has. Source: GitHub Actions, workflow syntax."""
    jobs = tree.get("jobs")
    bodies = list(jobs.values()) if isinstance(jobs, dict) else []
    return any(isinstance(body, dict) and not _OF_WORKFLOWS.isdisjoint(body) for body in bodies)


def _by_shape(tree: LocatedDict, kinds: Kinds) -> Recognised:
    if _is_workflow(tree):
        return Recognised()
    scores = {key: _score(tree, kind) for key, kind in kinds.items()}
    scores = {key: score for key, score in scores.items() if score}
    rivals = [key for key in scores if _type_fits(tree, kinds[key])]
    if len(rivals) > 1:
        scores = {key: scores[key] for key in _least_strange(tree, {key: kinds[key] for key in rivals})}
    best = max(scores.values(), default=0)
    leaders = tuple(key for key, score in scores.items() if score == best)
    if any(kinds[key].identity is Identity.RUN for key in leaders):
        # A deployment that names no endpoint is less likely than a job.
        leaders = tuple(key for key in leaders if not kinds[key].part)
    if not leaders:
        return Recognised()
    if len(leaders) > 1:
        leaders = tuple(_least_strange(tree, {key: kinds[key] for key in leaders}))
    return Recognised(leaders[0]) if len(leaders) == 1 else Recognised(candidates=leaders)


def _least_strange(tree: LocatedDict, rivals: Kinds) -> list[str]:
    """Of kinds with the document's ``type``, those that know most of its fields: ``inputs`` are no deployment's, a version is no job's."""
    strange = {key: len(tree.keys() - _fields(kind, kind.variant(tree))) for key, kind in rivals.items()}
    return [key for key, count in strange.items() if count == min(strange.values())]


def _fields(kind: Kind, variant: str) -> frozenset[str]:
    if variant not in kind.variants:
        return frozenset()
    own = {"endpoint_name"} if kind.part else set()
    return frozenset({*(root_node(kind, variant).fields or ()), *own})


def _score(tree: LocatedDict, kind: Kind) -> int:
    """How much a document looks like a kind: a matching ``type`` outweighs any one field."""
    matches = _type_fits(tree, kind)
    score = 2 * matches + sum(1 for field in kind.shape if field in tree)
    if not kind.recognized_by:
        return score
    return score + 1 if matches and any(field in tree for field in kind.recognized_by) else 0


def _type_fits(tree: LocatedDict, kind: Kind) -> bool:
    types = {variant.split(".", 1)[0].casefold() for variant in (*kind.variants, *kind.unsupported)} - {""}
    written = tree.get("type")
    return isinstance(written, str) and written.casefold() in types


def name_of(tree: LocatedDict, file: str) -> Any:
    """A plain document's name: its ``name``, else the file's stem with what names cannot hold replaced by ``-``."""
    name = tree.get("name")
    if isinstance(name, Unknown):
        return name
    if isinstance(name, str) and name:
        return name
    return sanitised(PurePath(file).stem) or "document"


def sanitised(text: str) -> str:
    """Text as a resource name: letters, digits, ``-`` and ``_``."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")


def project_name_from(folder: str) -> str:
    """A folder's name as a project name."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.casefold()).strip("-")[:36].rstrip("-")
    return name if len(name) >= 3 else f"project-{name}".rstrip("-")
