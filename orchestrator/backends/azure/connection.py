"""Where an Azure workspace is and how it is reached: the validated settings of a target. Imports nothing of azure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.core.errors import Invalid
from orchestrator.core.value import Secret, Template, revealed

CLOUDS: Final = {"public": "AzureCloud", "usgov": "AzureUSGovernment", "china": "AzureChinaCloud"}
"""Our names of the clouds to those of azure-ai-ml. Source: azure-ai-ml, ``AzureEnvironments``."""

AUTHORITIES: Final = {
    "public": "https://login.microsoftonline.com",
    "usgov": "https://login.microsoftonline.us",
    "china": "https://login.chinacloudapi.cn",
}
"""Where tokens come from. Source: azure-identity, ``AzureAuthorityHosts``."""


@dataclass(frozen=True, slots=True)
class CredentialChoice:
    """Who we are to the service.

    Attributes:
        kind: ``default``, ``environment``, ``workload_identity``, ``github``, ``azure_pipelines``, ``managed_identity``, ``cli`` or
            ``client_secret``.
        settings: of that kind: ``tenant_id``, ``client_id``, ``client_secret`` (a `core.value.Secret`), …
    """

    kind: str = "default"
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of a cloud that azure-ai-ml does not know: a private one, or a server on loopback.

    Attributes:
        resource_manager: base address of Azure Resource Manager.
        storage_suffix: blob accounts are at ``https://ACCOUNT.blob.SUFFIX``.
        audience: for whom tokens of jobs are made out.
    """

    resource_manager: str
    storage_suffix: str = "core.windows.net"
    audience: str = "https://ml.azure.com/"


@dataclass(frozen=True, slots=True)
class Connection:
    """How one workspace is reached.

    Attributes:
        cloud: ``public``, ``usgov`` or ``china``; empty means the one that the environment names (``AZUREML_CURRENT_CLOUD``,
            ``ARM_CLOUD_METADATA_URL``), otherwise the public one. Unused with `endpoints`.
        authority: where tokens come from; empty means the cloud's own.
        instance_discovery: ask the public login host whether the authority is a known one. Set to false for private authorities.
        ca_file: certificates to trust instead of the usual ones; empty means the usual ones.
        polling_s: how often a long-running operation is looked at unless the service says otherwise, seconds.
        retries: repetitions of one HTTP request inside the client; the execution repeats whole calls on top of that.
        container_url: the blob container that keeps the state; empty means that of the default datastore.
        create: the workspace is made as well; until then nothing is in it.
        allowed_hosts: where tokens may go besides the cloud, by the configuration of whoever runs this; never from a spec.
    """

    subscription_id: str
    resource_group: str
    workspace_name: str
    credential: CredentialChoice = CredentialChoice()
    cloud: str = ""
    endpoints: Endpoints | None = None
    authority: str = ""
    instance_discovery: bool = True
    ca_file: str = ""
    polling_s: int = 5
    retries: int = 3
    container_url: str | Secret | Template = field(default="", repr=False)
    create: bool = False
    allowed_hosts: tuple[str, ...] = ()

    @property
    def resource_id(self) -> str:
        """The workspace's identifier, in the case that the client's parsers require."""
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.workspace_name}"
        )

    @property
    def arm_id(self) -> str:
        """The same in lower case: the service changes the case at will."""
        return self.resource_id.lower()

    @property
    def state_url(self) -> str:
        """The blob container's address, its signature included: for the client that opens it."""
        return revealed(self.container_url)

    @property
    def token_authority(self) -> str:
        """Where tokens come from; empty leaves it to azure-identity (``AZURE_AUTHORITY_HOST``, otherwise the public cloud)."""
        return self.authority or AUTHORITIES.get(self.cloud, "")


def connection_of(settings: Mapping[str, Any], allowed_hosts: tuple[str, ...] = ()) -> Connection:
    """Read the settings of ``workspace: {azure: …}``.

    Args:
        allowed_hosts: see `Connection`.

    Raises:
        Invalid: a setting is missing or has no meaning.
    """
    missing = [name for name in ("subscription_id", "resource_group", "workspace_name") if not settings.get(name)]
    if missing:
        raise Invalid(f"The target requires {' and '.join(missing)}.", fix="Set it under `workspace: {azure: …}`.")
    cloud = str(settings.get("cloud") or "")
    if cloud and cloud not in CLOUDS:
        raise Invalid(f"'{cloud}' is not a known cloud.", fix=f"Use one of {', '.join(CLOUDS)}.")
    special = settings.get("connection") or {}
    manager = str(special.get("resource_manager") or "")
    return Connection(
        str(settings["subscription_id"]),
        str(settings["resource_group"]),
        str(settings["workspace_name"]),
        credential=_credential(settings.get("credential")),
        cloud=cloud,
        endpoints=_endpoints(manager, special) if manager else None,
        authority=str(special.get("authority") or ""),
        instance_discovery=bool(special.get("instance_discovery", True)),
        ca_file=str(special.get("ca_file") or ""),
        polling_s=int(settings.get("polling_s") or 5),
        retries=int(settings.get("retries", 3)),
        container_url=(settings.get("state") or {}).get("container_url") or "",
        create=bool(settings.get("create")),
        allowed_hosts=allowed_hosts,
    )


def _endpoints(manager: str, special: Mapping[str, Any]) -> Endpoints:
    usual = Endpoints(manager)
    return Endpoints(
        manager,
        str(special.get("storage_suffix") or usual.storage_suffix),
        str(special.get("audience") or usual.audience),
    )


def _credential(choice: Any) -> CredentialChoice:
    if choice is None:
        return CredentialChoice()
    if isinstance(choice, str):
        return CredentialChoice(choice)
    if isinstance(choice, Mapping) and len(choice) == 1:
        ((kind, settings),) = choice.items()
        return CredentialChoice(str(kind), settings if isinstance(settings, Mapping) else {})
    raise Invalid("A credential must be a name, or a name with its settings.", fix="Write `credential: default`.")
