"""Settings, credentials and what errors mean, without a service."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.backends.azure.connection import connection_of
from orchestrator.core.errors import Invalid
from orchestrator.core.value import Secret

NAMES = {"subscription_id": "S", "resource_group": "G", "workspace_name": "W"}


def test_the_workspace_is_the_same_whatever_the_case() -> None:
    assert connection_of(NAMES).arm_id == connection_of({k: v.lower() for k, v in NAMES.items()}).arm_id


def test_what_is_missing_is_named() -> None:
    with pytest.raises(Invalid, match="resource_group and workspace_name"):
        connection_of({"subscription_id": "s"})


@pytest.mark.parametrize(
    ("cloud", "authority"),
    [
        ("", ""),
        ("public", "https://login.microsoftonline.com"),
        ("usgov", "https://login.microsoftonline.us"),
        ("china", "https://login.chinacloudapi.cn"),
    ],
)
def test_tokens_come_from_the_cloud(cloud: str, authority: str) -> None:
    assert connection_of({**NAMES, "cloud": cloud}).token_authority == authority


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        (None, "DefaultAzureCredential"),
        ("default", "DefaultAzureCredential"),
        ("environment", "EnvironmentCredential"),
        ("managed_identity", "ManagedIdentityCredential"),
        ("cli", "AzureCliCredential"),
        ({"github": {"tenant_id": "t", "client_id": "c"}}, "ClientAssertionCredential"),
        (
            {"client_secret": {"tenant_id": "t", "client_id": "c", "client_secret": Secret("sp", "hush")}},
            "ClientSecretCredential",
        ),
        ({"workload_identity": {"tenant_id": "t", "client_id": "c", "token_file": "f"}}, "WorkloadIdentityCredential"),
    ],
)
def test_credentials_are_chosen_by_name(choice: Any, name: str) -> None:
    pytest.importorskip("azure.identity")
    from orchestrator.backends.azure.identity import make_credential

    credential = make_credential(connection_of({**NAMES, "credential": choice}))
    assert type(credential.inner).__name__ == name
    credential.close()


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ("nobody", "'nobody' is not a known credential"),
        ({"client_secret": {"tenant_id": "t"}}, "requires client_id"),
        ("workload_identity", "not configured"),
        ("azure_pipelines", "AZURE_TENANT_ID"),
    ],
)
def test_an_unusable_choice_says_what_is_missing(choice: Any, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("azure.identity")
    from orchestrator.backends.azure.identity import make_credential

    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Invalid) as caught:
        make_credential(connection_of({**NAMES, "credential": choice}))
    assert text in caught.value.detail
    assert caught.value.fix


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("Microsoft.MachineLearningServices/workspaces/jobs/read", "Reader"),
        ("Microsoft.MachineLearningServices/workspaces/computes/write", "AzureML Compute Operator"),
        ("Microsoft.MachineLearningServices/workspaces/jobs/write", "AzureML Data Scientist"),
        ("Microsoft.MachineLearningServices/workspaces/datastores/listSecrets/action", "AzureML Data Scientist"),
        ("Microsoft.MachineLearningServices/workspaces/write", "Contributor"),
        ("Microsoft.Resources/deployments/write", "Contributor"),
        ("Microsoft.Authorization/roleAssignments/write", "Owner"),
        ("Microsoft.Authorization/roleAssignments/read", "Reader"),
    ],
)
def test_the_missing_role_is_named(action: str, role: str) -> None:
    pytest.importorskip("azure.identity")
    from azure.core.exceptions import HttpResponseError

    from orchestrator.backends.azure.errors import translate

    error = HttpResponseError(
        f"The client 'x' does not have authorization to perform action '{action}' over scope 'y'."
    )
    error.status_code = 403
    assert f"'{role}'" in translate(error, "do it", effect=True).fix
