"""Tokens go to the chosen cloud's hosts and to those that whoever runs this allowed."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.connection import connection_of
from orchestrator.backends.azure.hosts import CLOUD_HOSTS, SETTING, require_hosts, trusted_hosts
from orchestrator.core.errors import Denied
from orchestrator.core.value import Secret, Template

NAMES = {"subscription_id": "s", "resource_group": "g", "workspace_name": "w"}
AT_HOME = {
    "public": ("https://management.azure.com/x", "https://acc.blob.core.windows.net/c", "https://eastus.api.azureml.ms/history",
               "https://e.westeurope.inference.ml.azure.com/score", "https://login.microsoftonline.com/t/oauth2/v2.0/token"),
    "usgov": ("https://management.usgovcloudapi.net", "https://acc.blob.core.usgovcloudapi.net/c"),
    "china": ("https://management.chinacloudapi.cn", "https://acc.blob.core.chinacloudapi.cn/c"),
}  # fmt: skip
ABROAD = (
    "https://evil.example", "https://management.azure.com.evil.example", "https://evil.example/management.azure.com",
    "https://management.azure.com@evil.example", "https://evil.example#management.azure.com", "https://evilcore.windows.net",
    "https://core.windows.net.", "http://127.0.0.1:8080", "https://localhost", "https://10.0.0.4", "https://management.azure.com:8443",
    "https://[::1]", "https://evil.example\\.management.azure.com", "", "https://", "https://a:b:c",
)  # fmt: skip


@pytest.mark.parametrize(("cloud", "url"), [(cloud, url) for cloud, urls in AT_HOME.items() for url in urls])
def test_a_clouds_hosts_are_its_own_and_no_other_clouds(cloud: str, url: str) -> None:
    assert [other for other in CLOUD_HOSTS if trusted_hosts(other, (), {}).admits(url)] == [cloud]


@pytest.mark.parametrize("url", ABROAD)
@pytest.mark.parametrize("cloud", CLOUD_HOSTS)
def test_other_hosts_are_strangers_however_they_are_written(cloud: str, url: str) -> None:
    assert not trusted_hosts(cloud, (), {}).admits(url)


def test_whoever_runs_this_may_allow_more() -> None:
    allowed = trusted_hosts("public", ("*.blob.stack.example",), {SETTING: " arm.stack.example , localhost:* "})
    for url in ("https://a.blob.stack.example/c", "https://arm.stack.example", "https://localhost:1234/x"):
        assert allowed.admits(url)
    assert not allowed.admits("https://stack.example")


def test_where_the_machine_signs_in_is_no_choice_of_a_spec() -> None:
    environ = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.pipelines.example/x",
        "IDENTITY_ENDPOINT": "http://127.0.0.1:42/msi",
    }
    hosts = trusted_hosts("public", (), environ)
    assert hosts.admits("https://token.pipelines.example/y")
    assert hosts.admits("http://127.0.0.1:42/msi")
    assert not hosts.admits("http://127.0.0.1:43/msi")
    assert hosts.admits("http://169.254.169.254/metadata/identity")


CHOICES: dict[str, dict[str, Any]] = {
    "manager": {"connection": {"resource_manager": "https://evil.example"}},
    "manager on loopback": {"connection": {"resource_manager": "http://127.0.0.1:9999"}},
    "authority": {"connection": {"authority": "https://evil.example"}},
    "storage": {"connection": {"resource_manager": "https://management.azure.com", "storage_suffix": "evil.example"}},
    "state": {"state": {"container_url": "https://evil.example/c"}},
    "state in a template": {"state": {"container_url": Template(("https://evil.example/", Secret("c", "c")))}},
    "state of another cloud": {"cloud": "china", "state": {"container_url": "https://a.blob.core.windows.net/c"}},
}


@pytest.mark.parametrize("settings", CHOICES.values(), ids=CHOICES)
def test_a_spec_cannot_choose_where_tokens_go(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("azure.ai.ml")
    monkeypatch.delenv(SETTING, raising=False)
    connection = connection_of({**NAMES, **settings})
    with pytest.raises(Denied) as refused:
        Client(connection).read("read anything", lambda ml: ml)
    assert refused.value.code == "host-not-allowed"
    assert SETTING in refused.value.fix
    assert "allowed_hosts" in refused.value.fix
    allowed = connection_of(
        {**NAMES, **settings}, ("evil.example", "*.evil.example", "127.0.0.1:9999", "*.core.windows.net")
    )
    require_hosts(allowed, trusted_hosts(allowed.cloud or "public", allowed.allowed_hosts, {}))


def test_a_signed_address_gets_no_token_and_shows_no_signature() -> None:
    signed = Template(("https://elsewhere.example/c?sv=1&sig=", Secret("sas", "canary")))
    connection = connection_of({**NAMES, "state": {"container_url": signed}})
    require_hosts(connection, trusted_hosts("public", (), {}))
    assert connection.state_url.endswith("sig=canary")
    assert "canary" not in repr(connection)
