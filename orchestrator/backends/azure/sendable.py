"""Texts that the client does not take where a spec may have them: told when planning, or said in the words that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.field_mark import Files, Ref
from orchestrator.core.fields import FieldNode, root_node
from orchestrator.core.kind import Kind
from orchestrator.core.refusal import Refusal
from orchestrator.core.tree import Path

_GIT: Final = re.compile(r"git\+\w+://.*|git@.*|git://.*|(https?|ssh)://\S+?\.git([/#@:].*)?", re.IGNORECASE)
_CODE: Final = re.compile(r"azureml:(?P<name>[^:@/]+):(?P<version>[^:@/]+)")
_OF_MLFLOW: Final = re.compile(r"(?P<scheme>runs|models):/")


def unsendable(kind: Kind, body: Mapping[str, Any]) -> Iterator[Refusal]:
    """Reasons in a body: source code in Git, and inputs by an address of MLflow.

    Source: azure-ai-ml 1.35, ``JobOperations._validate``: "Git paths are not supported"; ``_resolve_job_input``: what is neither a
    URL nor a path must be a resource ID.
    """
    for path, text, node in _texts(body, _root(kind, body), ()):
        if _of_code(node) and _GIT.fullmatch(text):
            yield Refusal(
                "azure-ai-ml does not support Git paths as source code",
                path,
                "Clone the repository, and name its folder.",
            )
        elif _of_input(node) and (found := _OF_MLFLOW.match(text)):
            yield Refusal(
                f"azure-ai-ml does not support '{found['scheme']}:/' addresses as inputs",
                path,
                "Use azureml://jobs/RUN/outputs/artifacts/paths/PATH, or register a model and use azureml:NAME:VERSION.",
            )


def with_code_ids(kind: Kind, body: dict[str, Any], workspace_id: str) -> dict[str, Any]:
    """A body in which registered code is named by its whole ID: the client takes a short name of code for a path.

    Source: azure-ai-ml 1.35, ``JobOperations._resolve_arm_id_for_command_job``.

    Args:
        workspace_id: ``/subscriptions/…/workspaces/NAME``.
    """
    found: dict[str, Any] = _named(body, _root(kind, body), workspace_id)
    return found


def _named(value: Any, node: FieldNode, workspace_id: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _named(item, node.child(name), workspace_id) for name, item in value.items()}
    if isinstance(value, list):
        return [_named(item, node.child(number), workspace_id) for number, item in enumerate(value)]
    if isinstance(value, str) and _of_code(node) and (found := _CODE.fullmatch(value)):
        return f"azureml:{workspace_id}/codes/{found['name']}/versions/{found['version']}"
    return value


def _texts(value: Any, node: FieldNode, path: Path) -> Iterator[tuple[Path, str, FieldNode]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, node.child(name), (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, node.child(number), (*path, number))
    elif isinstance(value, str):
        yield path, value, node


def _root(kind: Kind, body: Mapping[str, Any]) -> FieldNode:
    return root_node(kind, kind.variant(body))


def _of_code(node: FieldNode) -> bool:
    files = node.mark(Files)
    return files is not None and files.gitignore


def _of_input(node: FieldNode) -> bool:
    """Whether it names data or a model, as the type beside it says."""
    ref = node.mark(Ref)
    return ref is not None and not ref.kind and node.mark(Files) is not None
