"""A wire that tells names and identifiers in another case than they were given in, as Azure Resource Manager may."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Final

from orchestrator.workspace.arm.messages import Answer, WireRequest

_ID: Final = re.compile(r"(?:azureml:)?/subscriptions/.*", re.IGNORECASE)
_NAMED: Final = (
    "computes",
    "datastores",
    "onlineEndpoints",
    "deployments",
    "data",
    "models",
    "environments",
    "userAssignedIdentities",
)
"""Parts of addresses after which a name comes."""


@dataclass
class Shouting:
    """Turns names into capitals on the way out.

    Attributes:
        on: whether it does.
    """

    on: bool = False

    def said(self, request: WireRequest, answer: Answer) -> Answer:
        """An answer with its names in capitals."""
        json_there = "json" in answer.headers.get("Content-Type", "") and answer.body
        if not self.on or not json_there or not request.path.lower().startswith("/subscriptions"):
            return answer
        return replace(answer, body=json.dumps(self._shouted(json.loads(answer.body))).encode())

    def _shouted(self, tree: Any) -> Any:
        if isinstance(tree, list):
            return [self._shouted(item) for item in tree]
        if isinstance(tree, dict):
            found = {self._text(name): self._shouted(item) for name, item in tree.items()}
            identifier, name = tree.get("id"), tree.get("name")
            if isinstance(identifier, str) and isinstance(name, str) and identifier.endswith(f"/{name}"):
                found["name"] = found["id"].rsplit("/", 1)[-1]
            return found
        return self._text(tree) if isinstance(tree, str) else tree

    def _text(self, text: str) -> str:
        if not _ID.fullmatch(text):
            return text
        parts = text.split("/")
        for number in range(1, len(parts)):
            if parts[number - 1] in _NAMED:
                parts[number] = parts[number].upper()
        return "/".join(parts)
