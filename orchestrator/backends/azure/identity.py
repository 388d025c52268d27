"""Credentials of azure-identity, chosen by name."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final

from azure import identity

from orchestrator.backends.azure.connection import Connection
from orchestrator.core.errors import Invalid, UnsupportedSetup
from orchestrator.core.value import Secret

_EXCHANGE_AUDIENCE: Final = "api://AzureADTokenExchange"
"""For whom a pipeline's token is made out. Source: Microsoft Entra documentation, workload identity federation."""

_TIMEOUT_S: Final = 30.0

_Options = Mapping[str, Any]


def make_credential(connection: Connection, transport: Any = None) -> Any:
    """Make the credential that the settings choose. Asks nobody for a token yet.

    Args:
        transport: of azure-core, to ask by; None means one of its own.

    Raises:
        Invalid: the choice is not known, or lacks a setting.
        UnsupportedSetup: the installed azure-identity is too old for it.
    """
    choice = connection.credential
    make = _CHOICES.get(choice.kind)
    if make is None:
        raise Invalid(
            f"'{choice.kind}' is not a known credential.",
            code="unknown-credential",
            fix=f"Use one of {', '.join(sorted(_CHOICES))}.",
        )
    options: dict[str, Any] = {"authority": connection.token_authority} if connection.token_authority else {}
    if not connection.instance_discovery:
        options["disable_instance_discovery"] = True
    if transport is not None:
        options["transport"] = transport
    elif connection.ca_file:
        options["connection_verify"] = connection.ca_file
    return make(choice.settings, options)


def _default(settings: _Options, options: _Options) -> Any:
    named = {"managed_identity_client_id": settings["client_id"]} if settings.get("client_id") else {}
    return identity.DefaultAzureCredential(**named, **options)


def _environment(settings: _Options, options: _Options) -> Any:
    return identity.EnvironmentCredential(**options)


def _workload_identity(settings: _Options, options: _Options) -> Any:
    names = {"tenant_id": "tenant_id", "client_id": "client_id", "token_file": "token_file_path"}
    given = {target: settings[name] for name, target in names.items() if settings.get(name)}
    try:
        return identity.WorkloadIdentityCredential(**given, **options)
    except ValueError as error:
        raise Invalid(
            f"Workload identity is not set up here: {error}",
            code="incomplete-credential",
            fix="Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE, or say them in the spec.",
        ) from error


def _managed_identity(settings: _Options, options: _Options) -> Any:
    # A managed identity's token comes from the machine it belongs to: an authority has no meaning.
    named = {"client_id": settings["client_id"]} if settings.get("client_id") else {}
    return identity.ManagedIdentityCredential(**named)


def _cli(settings: _Options, options: _Options) -> Any:
    named = {"tenant_id": settings["tenant_id"]} if settings.get("tenant_id") else {}
    return identity.AzureCliCredential(**named)


def _client_secret(settings: _Options, options: _Options) -> Any:
    tenant, client, secret = (_needed(settings, name) for name in ("tenant_id", "client_id", "client_secret"))
    value = secret.reveal() if isinstance(secret, Secret) else str(secret)
    return identity.ClientSecretCredential(str(tenant), str(client), value, **options)


def _github(settings: _Options, options: _Options) -> Any:
    tenant, client = _principal(settings)
    # It asks for tokens without any discovery, and azure-identity 1.16 takes no other option.
    authority = {"authority": options["authority"]} if "authority" in options else {}
    return identity.ClientAssertionCredential(tenant, client, _github_token, **authority)


def _azure_pipelines(settings: _Options, options: _Options) -> Any:
    tenant, client = _principal(settings)
    make = getattr(identity, "AzurePipelinesCredential", None)
    if make is None:
        raise UnsupportedSetup(
            "The installed azure-identity cannot use the tokens of Azure Pipelines.",
            fix="pip install 'azure-identity>=1.18'",
        )
    return make(
        tenant_id=tenant,
        client_id=client,
        service_connection_id=str(_needed(settings, "service_connection_id")),
        system_access_token=_variable("SYSTEM_ACCESSTOKEN", "the pipeline's token"),
        **options,
    )


def _principal(settings: _Options) -> tuple[str, str]:
    """The principal of a pipeline: from the settings, otherwise from the usual variables."""
    tenant = settings.get("tenant_id") or _variable("AZURE_TENANT_ID", "the tenant")
    client = settings.get("client_id") or _variable("AZURE_CLIENT_ID", "the application")
    return str(tenant), str(client)


def _github_token() -> str:
    """A token of the running GitHub job. Source: GitHub documentation, OpenID Connect, requesting the JWT with variables."""
    url = _variable("ACTIONS_ID_TOKEN_REQUEST_URL", "the address of GitHub's tokens")
    bearer = _variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "the right to ask for one")
    if not url.startswith(("https://", "http://127.0.0.1")):
        raise Invalid("ACTIONS_ID_TOKEN_REQUEST_URL must be an https address.", code="incomplete-credential")
    request = urllib.request.Request(  # noqa: S310  # the scheme was checked
        f"{url}&audience={_EXCHANGE_AUDIENCE}", headers={"Authorization": f"Bearer {bearer}"}
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
        return str(json.load(answer)["value"])


def _needed(settings: _Options, name: str) -> Any:
    value = settings.get(name)
    if not value:
        raise Invalid(
            f"The credential does not say its {name}.",
            code="incomplete-credential",
            fix=f"Add `{name}:` under `workspace.azure.credential`.",
        )
    return value


def _variable(name: str, what: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise Invalid(
            f"The environment variable {name}, {what}, is not set.",
            code="incomplete-credential",
            fix="Give the pipeline the right to ask for a token (GitHub: `permissions: {id-token: write}`).",
        )
    return value


_CHOICES: Final[Mapping[str, Callable[[_Options, _Options], Any]]] = {
    "default": _default,
    "environment": _environment,
    "workload_identity": _workload_identity,
    "managed_identity": _managed_identity,
    "cli": _cli,
    "client_secret": _client_secret,
    "github": _github,
    "azure_pipelines": _azure_pipelines,
}
