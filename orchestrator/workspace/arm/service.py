"""Serves one workspace over the wire."""

from __future__ import annotations

import contextlib
import json
import ssl
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from orchestrator.core.errors import Conflict, Invalid, NotFound
from orchestrator.core.kind import Kinds
from orchestrator.core.service_rules import ServiceRules
from orchestrator.workspace.arm.account import CLOUD, GROUP, SUBSCRIPTION, WORKSPACE
from orchestrator.workspace.arm.app import Facade
from orchestrator.workspace.arm.existing import on_known_computes
from orchestrator.workspace.arm.judge import judged
from orchestrator.workspace.arm.server import Knows, Respond, WireServer
from orchestrator.workspace.arm.timing import Lagging, one_at_a_time
from orchestrator.workspace.arm.tls import TlsFiles, server_context
from orchestrator.workspace.arm.tokens import Tokens
from orchestrator.workspace.arm.wire_store import WireStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.supervision.control import FileLock, held, write_private
from orchestrator.workspace.tracking.server import read_access


@dataclass(frozen=True, slots=True)
class ArmFiles:
    """The files by which a client finds the server."""

    paths: WorkspacePaths

    @property
    def tls(self) -> TlsFiles:
        """Certificates."""
        return TlsFiles(self.paths.arm)

    @property
    def lock(self) -> Path:
        """Held by the living server."""
        return self.paths.arm / "lock"

    def settings(self) -> Mapping[str, str]:
        """The environment of a client, as the running server wrote it.

        Raises:
            NotFound: none runs.
        """
        try:
            if not held(self.lock):
                raise FileNotFoundError
            found: Mapping[str, str] = json.loads(self._address.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise NotFound(
                "The ARM server is not running.", fix="Start it with `amlctl workspace serve --arm`."
            ) from None
        # Its server may have had to move to another port since.
        return {**found, **read_access(self.paths).environment()}

    def publish(self, settings: Mapping[str, str]) -> None:
        """Write it, for the owner only."""
        write_private(self._address, json.dumps(dict(settings)))

    def withdraw(self) -> None:
        """Say that nobody serves any more."""
        self._address.unlink(missing_ok=True)

    @property
    def _address(self) -> Path:
        return self.paths.arm / "client.json"


Around = Callable[[Respond], Respond]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How the wire differs from the workspace behind it.

    Attributes:
        rules: what the service would refuse is refused; None refuses only what the workspace cannot do.
        any_workspace: names of any subscription, group and workspace are taken for those that there are.
        known_computes: jobs on computes that do not exist are refused, as the service does. Otherwise they run: every job runs here, and
            programs often name a compute that somebody else has created.
        list_lag_s: how far lists lag behind writes, seconds.
    """

    rules: ServiceRules | None = None
    any_workspace: bool = False
    known_computes: bool = False
    list_lag_s: float = 0.0

    def strict(self, respond: Respond, knows: Knows) -> Respond:
        """A function with these manners that answers as `respond` does otherwise."""
        if self.rules is not None:
            respond = one_at_a_time(respond)
            respond = judged(on_known_computes(respond) if self.known_computes else respond, knows, self.rules)
        return Lagging(respond, self.list_lag_s) if self.list_lag_s else respond


class ArmService:
    """The wire of one workspace, from `start` to `close`.

    Args:
        paths: the workspace. Its folder is made if it is not there.
        port: 0 means any that is free.
        around: put between the wire and the workspace: gets the function that answers, returns the one to use.
        kinds: see `Facade`.
        manners: how the wire differs from the workspace.

    Attributes:
        tokens: makes tokens for clients that bring their own credential.

    Raises:
        UnsupportedSetup: certificates cannot be made.
        Invalid: the port is taken.
        Conflict: another process serves this workspace.
    """

    def __init__(
        self,
        paths: WorkspacePaths,
        port: int = 0,
        around: Around | None = None,
        kinds: Kinds = MappingProxyType({}),
        manners: Manners = Manners(),
    ) -> None:
        self._files = ArmFiles(paths)
        paths.create()
        paths.arm.mkdir(mode=stat.S_IRWXU, exist_ok=True)
        self._lock = FileLock(self._files.lock)
        if not self._lock.acquire_soon():
            raise Conflict(
                "The ARM server is already running for this workspace.",
                fix="Run `amlctl workspace env --arm` to see its address.",
            )
        with contextlib.ExitStack() as undo:
            undo.callback(self._lock.release)
            self.tokens = Tokens.fresh()
            context = server_context(self._files.tls)
            self._wire_store = WireStore(paths)
            undo.callback(self._wire_store.close)
            facade = Facade(self._wire_store, self.tokens, kinds, any_workspace=manners.any_workspace)
            strict = manners.strict(facade.respond, facade.knows)
            respond = strict if around is None else around(strict)
            self._server = _listening(respond, facade.knows, context, port)
            undo.pop_all()

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._server.url

    @property
    def stands(self) -> bool:
        """Whether the workspace's folder is still there."""
        return self._lock.stands

    def client_environment(self) -> Mapping[str, str]:
        """What a program needs in its environment so that the client of Azure finds and trusts this server."""
        return {
            "ARM_CLOUD_METADATA_URL": f"{self.url}/metadata/endpoints?api-version=2019-05-01",
            "AZUREML_CURRENT_CLOUD": CLOUD,
            "REGISTRY_DISCOVERY_ENDPOINT_URL": f"{self.url}/",
            "REQUESTS_CA_BUNDLE": str(self._files.tls.bundle),
            "IDENTITY_ENDPOINT": f"{self.url}/msi/token",
            "IDENTITY_HEADER": self.tokens.secret,
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
            "AZURE_RESOURCE_GROUP": GROUP,
            "AZUREML_WORKSPACE_NAME": WORKSPACE,
            **self._wire_store.server.access().environment(),
        }

    def start(self) -> None:
        """Answer from now on, and say where."""
        self._server.start()
        self._files.publish(self.client_environment())

    def close(self) -> None:
        """Stop answering. What runs in the workspace goes on."""
        self._files.withdraw()
        self._server.close()
        self._wire_store.close()
        self._lock.release()


def _listening(respond: Respond, knows: Knows, context: ssl.SSLContext, port: int) -> WireServer:
    try:
        return WireServer(respond, knows, context, port)
    except OSError as error:
        raise Invalid(
            f"Port {port} cannot be used: {error.strerror or error}.", fix="Choose another port with --port."
        ) from None
