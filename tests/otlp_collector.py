"""A collector of OpenTelemetry in the test's own process: what the services really export, kept to be looked at."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc.aio
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE, Metric
from opentelemetry.proto.trace.v1 import trace_pb2


@dataclass(frozen=True, slots=True)
class Span:
    """Who did what, because of whom."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    links: tuple[tuple[str, str], ...]
    """(trace, span) of what caused it."""
    attributes: dict[str, str]


@dataclass(slots=True)
class Collected:
    """Everything exported so far."""

    endpoint: str
    spans: list[Span] = field(default_factory=list)
    metrics: dict[tuple[str, str], Metric] = field(default_factory=dict)
    """The newest by (service, name)."""
    tellers: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """The instances that exported it, by (service, name of the metric)."""

    def environment(self) -> dict[str, str]:
        """What makes a service export here, soon."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint,
            "OTEL_EXPORTER_OTLP_INSECURE": "true",
            "OTEL_BSP_SCHEDULE_DELAY": "500",
            "OTEL_METRIC_EXPORT_INTERVAL": "2000",
        }

    def prometheus_names(self) -> set[str]:
        """What a collector or Prometheus calls the metrics: OpenTelemetry's compatibility rules for names and units."""
        return {name for (_, _), metric in self.metrics.items() for name in _prometheus(metric)}


@asynccontextmanager
async def collecting() -> AsyncIterator[Collected]:
    """Listens on a free port until the block ends."""
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    collected = Collected(f"http://127.0.0.1:{port}")
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(_Traces(collected), server)  # type: ignore[no-untyped-call]
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(_Metrics(collected), server)  # type: ignore[no-untyped-call]
    await server.start()
    try:
        yield collected
    finally:
        await server.stop(1)


class _Traces(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self, collected: Collected) -> None:
        self._collected = collected

    async def Export(
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: object
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        for resource in request.resource_spans:
            service = _text(resource.resource.attributes)["service.name"]
            self._collected.spans += [
                _span(service, s) for scope in resource.scope_spans for s in scope.spans
            ]
        return trace_service_pb2.ExportTraceServiceResponse()


class _Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
    def __init__(self, collected: Collected) -> None:
        self._collected = collected

    async def Export(
        self, request: metrics_service_pb2.ExportMetricsServiceRequest, context: object
    ) -> metrics_service_pb2.ExportMetricsServiceResponse:
        for resource in request.resource_metrics:
            said = _text(resource.resource.attributes)
            for metric in (each for scope in resource.scope_metrics for each in scope.metrics):
                told = said["service.name"], metric.name
                self._collected.metrics[told] = metric
                self._collected.tellers.setdefault(told, set()).add(said["service.instance.id"])
        return metrics_service_pb2.ExportMetricsServiceResponse()


def _span(service: str, span: trace_pb2.Span) -> Span:
    return Span(
        service,
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        _text(span.attributes),
    )


def _text(attributes: Iterable[KeyValue]) -> dict[str, str]:
    found = {}
    for each in attributes:
        kind = each.value.WhichOneof("value")
        found[each.key] = str(getattr(each.value, kind)) if kind else ""
    return found


def _prometheus(metric: Metric) -> list[str]:
    name = metric.name.replace(".", "_").replace("-", "_")
    name += {"s": "_seconds", "By": "_bytes"}.get(metric.unit, "")
    kind = metric.WhichOneof("data")
    if kind == "histogram":
        return [f"{name}_bucket", f"{name}_sum", f"{name}_count"]
    if kind == "sum" and metric.sum.is_monotonic:
        assert metric.sum.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
        return [f"{name}_total"]
    return [name]
