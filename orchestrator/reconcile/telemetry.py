"""Spans of passes and their stages, for those who collect them with OpenTelemetry. Costs nothing for all others."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from orchestrator import __version__
from orchestrator.core.address import Address
from orchestrator.core.ports import Cancellation
from orchestrator.core.run import RunReport
from orchestrator.reconcile.ports import Revision, Source, Tracer
from orchestrator.reconcile.stages import Engine, Look, Session

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

Attributes: TypeAlias = Mapping[str, str | int | float | bool]
Watch: TypeAlias = Callable[[str, Mapping[str, object]], None]

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Source: OpenTelemetry's environment variables for exporters."""
_EXPORTER: Final = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


class NoTracer:
    """Implements `ports.Tracer` where nobody collects spans."""

    def span(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        """See `ports.Tracer`."""
        return nullcontext()

    def close(self) -> None:
        """Nothing waits to be sent."""


class OpenTelemetryTracer:
    """Implements `ports.Tracer`.

    Args:
        provider: makes and exports the spans; shut down by `close`.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("amlctl.reconcile", __version__)

    @contextmanager
    def span(self, name: str, attributes: Attributes) -> Iterator[None]:
        """See `ports.Tracer`. Of an exception only the type is kept: its text may be long, and stands in the log."""
        from opentelemetry.trace import Status, StatusCode

        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()


def tracer_from(environ: Mapping[str, str] = os.environ, watch: Watch | None = None) -> NoTracer | OpenTelemetryTracer:
    """The tracer that the environment asks for by OpenTelemetry's own variables.

    Args:
        watch: told if spans are asked for and OpenTelemetry is not installed; the loop works all the same.
    """
    enabled = any(environ.get(name) for name in _ENDPOINTS) and environ.get("OTEL_SDK_DISABLED", "").lower() != "true"
    if not enabled:
        return NoTracer()
    try:
        return OpenTelemetryTracer(_provider())
    except ImportError as error:
        if watch:
            needed = "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
            watch("tracing.unavailable", {"missing": error.name or "", "fix": f"pip install {needed}"})
        return NoTracer()


def _provider() -> TracerProvider:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter: Any = importlib.import_module(_EXPORTER)
    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "amlctl")})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(exporter.OTLPSpanExporter()))
    return provider


class TracedSource:
    """Implements `ports.Source` around another one, with a span for each fetch."""

    def __init__(self, source: Source, project: str, tracer: Tracer) -> None:
        self._source = source
        self._project = project
        self._tracer = tracer

    def fetch(self) -> Revision:
        """See `ports.Source`."""
        with self._tracer.span("fetch", {"amlctl.project": self._project}):
            return self._source.fetch()

    def recall(self, revision: str) -> Revision | None:
        """See `ports.Source`."""
        return self._source.recall(revision)

    def keep(self, revisions: Iterable[str]) -> None:
        """See `ports.Source`."""
        self._source.keep(revisions)


class TracedEngine:
    """Implements `stages.Engine` around another one, with spans for loading, planning and applying."""

    def __init__(self, engine: Engine, tracer: Tracer) -> None:
        self._engine = engine
        self._tracer = tracer

    @contextmanager
    def open(self, project: str, revision: Revision) -> Iterator[Session]:
        """See `stages.Engine`."""
        facts = {"amlctl.project": project, "amlctl.revision": revision.id}
        with ExitStack() as stack:
            with self._tracer.span("load", facts):
                session = stack.enter_context(self._engine.open(project, revision))
            yield _TracedSession(session, facts, self._tracer)

    def other_loop(self, project: str) -> str:
        """See `stages.Engine`."""
        return self._engine.other_loop(project)

    def recall(self, project: str) -> Mapping[str, Any] | None:
        """See `stages.Engine`."""
        return self._engine.recall(project)

    def remember(self, project: str, document: Mapping[str, Any]) -> None:
        """See `stages.Engine`."""
        self._engine.remember(project, document)

    def close(self) -> None:
        """See `stages.Engine`."""
        self._engine.close()


class _TracedSession:
    """Implements `stages.Session` around another one."""

    def __init__(self, session: Session, facts: Mapping[str, str], tracer: Tracer) -> None:
        self._session = session
        self._facts = facts
        self._tracer = tracer

    @property
    def desired(self) -> int:
        """See `stages.Session`."""
        return self._session.desired

    def look(self, *, prune: bool) -> Look:
        """See `stages.Session`."""
        with self._tracer.span("plan", {**self._facts, "amlctl.prune": prune}):
            return self._session.look(prune=prune)

    def apply(self, look: Look, held: Collection[Address], cancel: Cancellation) -> RunReport:
        """See `stages.Session`."""
        with self._tracer.span("apply", {**self._facts, "amlctl.held": len(held)}):
            return self._session.apply(look, held, cancel)
