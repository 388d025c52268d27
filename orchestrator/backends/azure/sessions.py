"""One pool of connections for all that reaches a workspace, and one reading of the certificates that are trusted.

azure-ai-ml builds some twenty clients, each with connections of its own: a handshake for each, and 16 ms of CPU per connection to read
the bundle of certificates again (measured with requests 2.34, certifi's bundle). They share these instead.
"""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import certifi
import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from urllib3.util.ssl_ import create_urllib3_context

from orchestrator.backends.azure.hosts import TrustedHosts

BLOCK_SIZE: Final = 32768
"""Bytes read at once, as azure-core has it."""

_REFUSED: Final = 400
"""Answers from here on are refusals: small, and read at once."""

HOSTS: Final = 16
"""Hosts of which connections are kept: Resource Manager, run history, login, blob accounts, scoring."""


class Sessions:
    """The connections of one workspace. May be used from several threads at once.

    Args:
        ca_file: certificates to trust instead of the usual ones; empty means what ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE`` name,
            otherwise certifi's.
        at_once: requests that may wait for their answers at the same time, of whichever client or poller.
        hosts: where tokens may go. Whatever asks, and wherever it was sent on to, passes by here.
    """

    def __init__(self, ca_file: str, at_once: int, hosts: TrustedHosts) -> None:
        self._session = requests.Session()
        adapter = self._adapter = _Adapter(_trust(ca_file), at_once, hosts)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, adapter)

    def transport(self) -> Any:
        """A transport for a client of azure-core; closing it leaves the connections open for the others."""
        return RequestsTransport(session=self._session, session_owner=False)

    def trust(self, hosts: Iterable[str]) -> None:
        """Let tokens go to further hosts."""
        self._adapter.hosts = TrustedHosts((*self._adapter.hosts.patterns, *hosts))

    def close(self) -> None:
        """Close the connections that nothing is using."""
        self._session.close()


class _Adapter(HTTPAdapter):
    """Verifies by certificates that were read once. Repeating is the business of azure-core: here a request is sent once."""

    def __init__(self, trust: ssl.SSLContext, at_once: int, hosts: TrustedHosts) -> None:
        self._trust = trust
        self.hosts = hosts
        self._slots = threading.BoundedSemaphore(at_once)
        never = Retry(total=False, redirect=False, raise_on_status=False)
        super().__init__(pool_connections=HOSTS, pool_maxsize=at_once, max_retries=never)

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        """See `HTTPAdapter.send`. Pollers ask from threads of their own: only here is everything seen that is under way.

        A refusal is read whole: azure-core lets go of it unread before it tries again, and of its connection too.

        Raises:
            Denied: the request has a token, and its host is not one that tokens may go to.
        """
        if "Authorization" in (request.headers or ()):
            self.hosts.require(request.url, "What a request was sent on to")
        with self._slots:
            response = super().send(request, *args, **options)
            if response.status_code >= _REFUSED:
                _ = response.content
            return response

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """See `HTTPAdapter.init_poolmanager`."""
        super().init_poolmanager(*args, ssl_context=self._trust, blocksize=BLOCK_SIZE, **options)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """See `HTTPAdapter.proxy_manager_for`."""
        return super().proxy_manager_for(proxy, ssl_context=self._trust, blocksize=BLOCK_SIZE, **options)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """See `HTTPAdapter.build_connection_pool_key_attributes`."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if verify:
            pool = {name: value for name, value in pool.items() if name not in ("ca_certs", "ca_cert_dir")}
        return host, pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """See `HTTPAdapter.cert_verify`; naming a bundle to the pool would have it read at each connection."""
        super().cert_verify(conn, url, verify, cert)
        if verify:
            conn.ca_certs = conn.ca_cert_dir = None


def _trust(ca_file: str) -> ssl.SSLContext:
    place = Path(ca_file or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or certifi.where())
    return _read(place, place.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(place: Path, changed: int) -> ssl.SSLContext:
    """The trust of a file or folder; a loop makes a client at each pass, and the bundle is the same for months."""
    context = create_urllib3_context()
    context.load_verify_locations(*((None, place) if place.is_dir() else (place, None)))
    return context
