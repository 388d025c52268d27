"""To which hosts tokens may go: those of the chosen cloud, and those that whoever runs this has allowed. Imports nothing of azure.

A spec chooses the addresses of a workspace, and is not always written by whoever signs in. A token that reached a host of the spec's
choice would be that host's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import urlsplit

from orchestrator.backends.azure.connection import Connection
from orchestrator.core.errors import Denied

SETTING: Final = "AMLCTL_ALLOWED_HOSTS"
"""Environment variable with further hosts, separated by commas: ``arm.example.org,*.blob.example.org:8443``."""

CLOUD_HOSTS: Final[Mapping[str, tuple[str, ...]]] = {
    "public": (
        "management.azure.com", "*.management.azure.com", "login.microsoftonline.com", "login.microsoft.com", "*.login.microsoft.com",
        "login.windows.net", "*.core.windows.net", "ml.azure.com", "*.ml.azure.com", "*.azureml.ms", "*.azureml.net", "*.vault.azure.net",
        "graph.microsoft.com", "*.azurecr.io",
    ),
    "usgov": (
        "management.usgovcloudapi.net", "*.management.usgovcloudapi.net", "login.microsoftonline.us", "*.core.usgovcloudapi.net",
        "ml.azure.us", "*.ml.azure.us", "*.vault.usgovcloudapi.net", "graph.microsoft.us", "*.azurecr.us",
    ),
    "china": (
        "management.chinacloudapi.cn", "*.management.chinacloudapi.cn", "login.chinacloudapi.cn", "login.partner.microsoftonline.cn",
        "*.core.chinacloudapi.cn", "ml.azure.cn", "*.ml.azure.cn", "*.vault.azure.cn", "*.azurecr.cn",
    ),
}  # fmt: skip
"""Management, login, storage and Azure ML of each cloud. Source: azure-ai-ml ``_azure_environments``; Azure documentation, endpoints by
cloud and required outbound hosts of Azure Machine Learning."""

_OF_THE_MACHINE: Final = (
    "IDENTITY_ENDPOINT",
    "MSI_ENDPOINT",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "SYSTEM_OIDCREQUESTURI",
    "AZURE_AUTHORITY_HOST",
)
"""Variables with addresses that take part in signing in. Pipelines and machines of Azure set them, never a spec."""

_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]+")

_METADATA_SERVICE: Final = "169.254.169.254"


@dataclass(frozen=True, slots=True)
class TrustedHosts:
    """The hosts of one connection.

    Attributes:
        patterns: hosts, with a port where only that one is meant; ``*.`` stands for any host below.
    """

    patterns: tuple[str, ...]

    def admits(self, url: str) -> bool:
        """Whether a token may go to the host of an address."""
        try:
            parts = urlsplit(url if "://" in url else f"https://{url}")
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            return False
        if not _HOST.fullmatch(host):  # others read such a text in other ways
            return False
        usual = port is None or (parts.scheme, port) in (("https", 443), ("http", 80))
        return any(
            fnmatchcase(f"{host}:{port}" if ":" in pattern else host, pattern)
            for pattern in map(str.lower, self.patterns)
            if (usual or ":" in pattern or pattern not in _NAMED)
        )

    def require(self, url: str, what: str) -> None:
        """Refuse an address.

        Raises:
            Denied: a token must not go there.
        """
        if self.admits(url):
            return
        host = urlsplit(url if "://" in url else f"https://{url}").netloc.rpartition("@")[2]
        raise Denied(
            f"{what} is on {host}, which is not a host of the chosen cloud; no token was sent.",
            code="host-not-allowed",
            fix=f"If you trust it, set {SETTING}={host} in your shell, or `allowed_hosts` of the project in the loop's configuration.",
        )


_NAMED: Final = frozenset(pattern for patterns in CLOUD_HOSTS.values() for pattern in patterns)
"""Patterns of clouds, which answer at the usual port only."""


def trusted_hosts(cloud: str, allowed: Iterable[str], environ: Mapping[str, str] = os.environ) -> TrustedHosts:
    """The hosts to which a connection's tokens may go.

    Args:
        cloud: one of `CLOUD_HOSTS`.
        allowed: by the configuration of whoever runs this.
        environ: for what he allowed by `SETTING`, and for where this machine signs in.
    """
    own = [each.strip() for each in environ.get(SETTING, "").split(",") if each.strip()]
    machine = [host for name in _OF_THE_MACHINE if (host := _host(environ.get(name, "")))]
    return TrustedHosts((*CLOUD_HOSTS[cloud], *allowed, *own, *machine, _METADATA_SERVICE))


def require_hosts(connection: Connection, hosts: TrustedHosts) -> None:
    """Refuse settings that would send tokens elsewhere.

    Raises:
        Denied: naming the setting.
    """
    endpoints = connection.endpoints
    if connection.authority:
        hosts.require(connection.authority, "`connection.authority`")
    if endpoints is not None:
        hosts.require(endpoints.resource_manager, "`connection.resource_manager`")
        hosts.require(f"account.blob.{endpoints.storage_suffix}", "`connection.storage_suffix`")
    url = connection.state_url
    if url and "?" not in url:  # with a signature no token is sent
        hosts.require(url, "`state.container_url`")


def _host(url: str) -> str:
    parts = urlsplit(url if "://" in url or not url else f"https://{url}")
    return parts.netloc.rpartition("@")[2].lower()
