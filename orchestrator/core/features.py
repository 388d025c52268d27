"""What the parts of a feature store have in common."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from orchestrator.core.field_mark import Metadata, ServiceValue, Spelling

_EXACT = Spelling("the service knows no other spelling", exact=True)

Stage: TypeAlias = Annotated[
    Literal["Development", "Production", "Archived"] | None,
    _EXACT,
    Metadata("how far it is; nothing runs again for it"),
    ServiceValue("Development by default"),
]
"""How far an entity or a feature set is."""
