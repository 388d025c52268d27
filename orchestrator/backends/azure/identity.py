"""Credentials of azure-identity, chosen by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from azure import identity
from azure.core.exceptions import ClientAuthenticationError

from orchestrator.backends.azure import github
from orchestrator.backends.azure.connection import Connection
from orchestrator.backends.azure.errors import translate
from orchestrator.core.errors import Denied, Invalid
from orchestrator.core.value import Secret

_Options = Mapping[str, Any]


def make_credential(connection: Connection, transport: Any = None) -> Credential:
    """Make the credential that the settings choose. Asks nobody for a token yet.

    Args:
        transport: of azure-core, to ask by; None means one of its own.

    Raises:
        Invalid: the choice is not known, or lacks a setting.
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
    try:
        return Credential(choice.kind, make(choice.settings, options))
    except ValueError as error:
        raise Invalid(
            f"The credential '{choice.kind}' is not configured: {error}",
            code="incomplete-credential",
            fix=_ADVICE[choice.kind],
        ) from error


class Credential:
    """A credential of azure-identity whose refusals say what to do about them.

    Args:
        kind: its name in a spec.
        inner: the credential itself.
    """

    def __init__(self, kind: str, inner: Any) -> None:
        self.kind = kind
        self.inner = inner

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """A token, see azure-core's ``TokenCredential``.

        Raises:
            Denied: there is none for us.
            Invalid: what the token is made from cannot be read.
        """
        with self._explained():
            return self.inner.get_token(*scopes, **options)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the credential's own; whether it has ``get_token_info`` decides what azure-core calls."""
        found = getattr(object.__getattribute__(self, "inner"), name)
        return self._get_token_info if name == "get_token_info" else found

    def _get_token_info(self, *scopes: str, **options: Any) -> Any:
        with self._explained():
            return self.inner.get_token_info(*scopes, **options)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        doing, advice = f"get a token by the credential '{self.kind}'", _ADVICE[self.kind]
        try:
            yield
        except ClientAuthenticationError as error:
            refusal = translate(error, doing, effect=False)
            if not isinstance(refusal, Denied):
                raise refusal from error
            raise Denied(refusal.detail, code=refusal.code, request_id=refusal.request_id, fix=advice) from error
        except OSError as error:
            raise Invalid(f"Cannot {doing}: {error}", code="incomplete-credential", fix=advice) from error


def _default(settings: _Options, options: _Options) -> Any:
    named = {"managed_identity_client_id": settings["client_id"]} if settings.get("client_id") else {}
    return identity.DefaultAzureCredential(**named, **options)


def _environment(settings: _Options, options: _Options) -> Any:
    return identity.EnvironmentCredential(**options)


def _workload_identity(settings: _Options, options: _Options) -> Any:
    names = {"tenant_id": "tenant_id", "client_id": "client_id", "token_file": "token_file_path"}
    given = {target: settings[name] for name, target in names.items() if settings.get(name)}
    return identity.WorkloadIdentityCredential(**given, **options)


def _managed_identity(settings: _Options, options: _Options) -> Any:
    # A managed identity's token comes from the machine it belongs to: an authority has no meaning.
    named = {"client_id": settings["client_id"]} if settings.get("client_id") else {}
    trust = {name: options[name] for name in ("transport", "connection_verify") if name in options}
    return identity.ManagedIdentityCredential(**named, **trust)


def _cli(settings: _Options, options: _Options) -> Any:
    named = {"tenant_id": settings["tenant_id"]} if settings.get("tenant_id") else {}
    return identity.AzureCliCredential(**named)


def _client_secret(settings: _Options, options: _Options) -> Any:
    tenant, client, secret = (_needed(settings, name) for name in ("tenant_id", "client_id", "client_secret"))
    value = secret.reveal() if isinstance(secret, Secret) else str(secret)
    return identity.ClientSecretCredential(str(tenant), str(client), value, **options)


def _github(settings: _Options, options: _Options) -> Any:
    tenant, client = _principal(settings)
    ask = partial(github.token, options.get("transport"))
    return identity.ClientAssertionCredential(tenant, client, ask, **_without_discovery(options))


def _azure_pipelines(settings: _Options, options: _Options) -> Any:
    tenant, client = _principal(settings)
    github.needed_variable("SYSTEM_OIDCREQUESTURI", "Run this in Azure Pipelines, which sets it for each job.")
    return identity.AzurePipelinesCredential(
        tenant_id=tenant,
        client_id=client,
        service_connection_id=str(_needed(settings, "service_connection_id")),
        system_access_token=github.needed_variable(
            "SYSTEM_ACCESSTOKEN", "Pass it to the step: `env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}`."
        ),
        **_without_discovery(options),
    )


def _without_discovery(options: _Options) -> dict[str, Any]:
    """For credentials that ask for tokens without any discovery, and do not know the option."""
    return {name: value for name, value in options.items() if name != "disable_instance_discovery"}


def _principal(settings: _Options) -> tuple[str, str]:
    """The principal of a pipeline: from the settings, otherwise from the usual variables."""

    def said(name: str, variable: str) -> str:
        fix = f"Set it, or add `{name}:` under `workspace.azure.credential`."
        return str(settings.get(name) or github.needed_variable(variable, fix))

    return said("tenant_id", "AZURE_TENANT_ID"), said("client_id", "AZURE_CLIENT_ID")


def _needed(settings: _Options, name: str) -> Any:
    value = settings.get(name)
    if not value:
        raise Invalid(
            f"The credential requires {name}.",
            code="incomplete-credential",
            fix=f"Add `{name}:` under `workspace.azure.credential`.",
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

_ADVICE: Final[Mapping[str, str]] = {
    "default": "Sign in (`az login`), or set `workspace.azure.credential`.",
    "environment": "Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or choose another `credential`.",
    "workload_identity": "Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE, or set them in the spec; the application "
    "needs a federated credential with the token's issuer and subject.",
    "managed_identity": "Run this on a machine of Azure that has the identity, or choose another `credential`.",
    "cli": "Install the Azure CLI and sign in (`az login`), or choose another `credential`.",
    "client_secret": "Check the tenant, application and secret against the app registration; secrets expire.",
    "github": "Add a federated credential to the application for this repository and branch, with the audience "
    f"{github.AUDIENCE}.",
    "azure_pipelines": "Compare tenant, application and service connection; the connection has to use workload identity federation.",
}
"""What to do where there is no token, by kind of credential."""
