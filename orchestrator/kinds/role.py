"""Role assignments: who may do what in the workspace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_PROCESSED, Behaviour
from orchestrator.core.bodies import ANY_CASE, CAMEL
from orchestrator.core.field_mark import Computed, Immutable
from orchestrator.core.field_mark import Metadata as Label
from orchestrator.core.kind import AzureBinding, BodyProblem, Identity, Kind, NameRule, Spec
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Removal

LONGEST_DESCRIPTION: Final = 500
"""Characters of a description. The service takes 1,024 (assumed); ours stands behind it: who owns the assignment."""

_FIXED: Final = "the principal and role of an assignment cannot be changed in place"
_OBJECT_ID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class RoleAssignment(Spec):
    """Assigns a built-in role for the workspace to a principal."""

    principal_id: Annotated[str, Immutable(_FIXED), ANY_CASE] = Field(
        description="Object ID of a user, group, service principal or managed identity."
    )
    role: Annotated[
        Literal["Owner", "Contributor", "Reader", "AzureML Data Scientist", "AzureML Compute Operator"],
        Immutable(_FIXED),
    ] = Field(description="Built-in role.")
    principal_type: Annotated[
        Literal["user", "group", "service_principal", "foreign_group", "device"] | None,
        CAMEL,
        Computed("affects only how the service finds a new principal"),
    ] = Field(None, description="Read-only: type of the principal.")
    description: Annotated[str | None, Label("a description is a label only")] = Field(
        None, max_length=LONGEST_DESCRIPTION, description="Reason for the assignment."
    )
    id: Annotated[str | None, Computed("set by the service")] = Field(None, description="Read-only: Azure resource ID.")


def _problems(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    principal = body.get("principal_id")
    if isinstance(principal, str) and not _OBJECT_ID.fullmatch(principal):
        yield BodyProblem(
            ("principal_id",),
            "invalid-value",
            f"'{principal}' is not the object ID of a principal; names and addresses are not supported.",
            "Use the object ID (a GUID), which `az ad user show`, `az ad group show` or `az ad sp show` prints as `id`.",
        )


def _refusals(variant: str, properties: Mapping[str, Any]) -> Iterable[Refusal]:
    yield Refusal(
        "it has no access control: anyone who can read the folder has full access",
        (),
        "Exclude it from this target with `lifecycle: {targets: […]}`, or declare it in the target for Azure.",
    )


KIND: Final = Kind(
    key="roles",
    order=130,
    title="role assignment",
    identity=Identity.NAMED,
    variants={"": RoleAssignment},
    name=NameRule(
        r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}",
        "1 to 64 letters, digits, '-' and '_'; starts with a letter or digit",
        "amlctl: the service's own name is a GUID made from workspace, principal and role",
    ),
    azure=AzureBinding("roleAssignments", loader="", create="PUT", remove="DELETE", driver="roles"),
    behaviour=Behaviour(timeout_s=1_800.0, rank=0, instant=True, tested_alone=False, sole=True),
    local=LOCAL_PROCESSED,
    source="Azure REST specification, Microsoft.Authorization/roleAssignments 2022-04-01",
    removal=Removal.DELETE,
    taggable=False,
    problems=_problems,
    local_refusals=_refusals,
    attributes=("id", "name"),
)
