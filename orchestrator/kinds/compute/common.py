"""What several types of computes have."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, Resource, Whole
from orchestrator.core.field_mark import Computed, Files, Immutable, Sensitive, WriteOnly
from orchestrator.core.kind import Spec

FIXED: Final = "can only be set when the compute is created"


class Administrator(Spec):
    """Who may log in to a machine and change it."""

    admin_username: Annotated[str, WriteOnly("never returned")] = Field(description="User name of the administrator.")
    admin_password: Annotated[str | None, Sensitive("a password")] = Field(
        None, description="Password of the administrator, as ${secret.NAME}."
    )


class MachineSsh(Administrator):
    """SSH access to an attached machine."""

    ssh_port: Whole | None = Field(None, description="SSH port. Default: 22.")
    ssh_private_key_file: Annotated[str | None, WriteOnly("never returned"), Files("the key is sent")] = Field(
        None, description="Path of the SSH private key."
    )


class ComputeBody(Resource):
    """What all computes have."""

    location: Annotated[str | None, Immutable(FIXED), ANY_CASE] = Field(
        None, description="Azure region. Default: the workspace's region."
    )
    provisioning_state: Annotated[str | None, Computed("read-only status of the compute")] = Field(
        None, description="Read-only: provisioning state of the compute."
    )
