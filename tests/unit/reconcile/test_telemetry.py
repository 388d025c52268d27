"""Spans: only where somebody asks for them, and never in the way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.ports import Cancellation
from orchestrator.core.run import RunReport
from orchestrator.reconcile.ports import Revision, SourceUnavailable
from orchestrator.reconcile.stages import Look, Session
from orchestrator.reconcile.telemetry import NoTracer, OpenTelemetryTracer, TracedEngine, TracedSource, tracer_from

REVISION = Revision("abc", Path("/spec.yaml"))


@pytest.mark.parametrize(
    "environ",
    [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "TRUE"}],
)
def test_nobody_asked(environ: dict[str, str]) -> None:
    assert isinstance(tracer_from(environ), NoTracer)


def test_what_is_asked_for_and_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    told: list[tuple[str, Mapping[str, object]]] = []
    tracer = tracer_from({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, lambda event, facts: told.append((event, facts)))
    assert isinstance(tracer, NoTracer)
    assert told[0][0] == "tracing.unavailable"
    assert "pip install" in str(told[0][1]["fix"])


def test_opentelemetry_is_not_imported_before_it_is_asked_for() -> None:
    program = (
        "import sys; from orchestrator.reconcile.telemetry import tracer_from; tracer_from({});"
        "print([m for m in sys.modules if m.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class Stages:
    """An engine and a source that fail on request."""

    def __init__(self) -> None:
        self.closed = 0
        self.unreachable = False

    def fetch(self) -> Revision:
        if self.unreachable:
            raise SourceUnavailable("gone, secret text", code="x")
        return REVISION

    def recall(self, name: str) -> Any:
        return None

    def keep(self, revisions: Any) -> None:
        """Nothing is kept."""

    @contextmanager
    def open(self, project: str, revision: Revision) -> Iterator[Session]:
        try:
            yield self
        finally:
            self.closed += 1

    desired = 3

    def look(self, *, prune: bool) -> Look:
        return Look(None)  # type: ignore[arg-type]

    def apply(self, look: Look, held: Collection[Address], cancel: Cancellation) -> RunReport:
        return RunReport(())

    def other_loop(self, project: str) -> str:
        return ""

    def remember(self, project: str, document: Mapping[str, Any]) -> None:
        """Nothing is remembered."""

    def close(self) -> None:
        """Nothing is open."""


def test_stages_are_spans_inside_the_pass() -> None:
    export = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider, memory = TracerProvider(), export.InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = OpenTelemetryTracer(provider)
    stages = Stages()
    source, engine = TracedSource(stages, "heart", tracer), TracedEngine(stages, tracer)
    with tracer.span("pass", {"amlctl.project": "heart"}), engine.open("heart", source.fetch()) as session:
        assert session.desired == 3
        session.apply(session.look(prune=True), [], Cancellation())
    stages.unreachable = True
    with pytest.raises(SourceUnavailable):
        source.fetch()
    with pytest.raises(ZeroDivisionError), engine.open("heart", REVISION):
        _ = 1 // 0
    spans = memory.get_finished_spans()
    assert [span.name for span in spans] == ["fetch", "load", "plan", "apply", "pass", "fetch", "load"]
    assert {span.context.trace_id for span in spans[:5]} == {spans[4].context.trace_id}
    assert spans[3].attributes == {"amlctl.project": "heart", "amlctl.revision": "abc", "amlctl.held": 0}
    assert spans[5].attributes["error.type"] == "SourceUnavailable"
    assert "secret text" not in spans[5].to_json()
    assert stages.closed == 2
    tracer.close()
