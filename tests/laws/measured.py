"""What every process says it did: the platform's own metrics, received as an operator's collector receives them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as messages
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as services
from pathloom_kit import telemetry_names as names

_SERVICE, _PID = "service.name", "process.pid"


@dataclass(slots=True)
class Measured:
    """The newest counts, by service and process. `settings` makes a platform send them here."""

    address: str
    counts: dict[tuple[str, str, str, int], dict[tuple[str, ...], float]] = field(default_factory=dict)
    """By (metric, service, feed, process): by whatever else tells points apart."""

    @property
    def settings(self) -> Mapping[str, str]:
        """Environment variables for `started`."""
        return {
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"http://{self.address}",
            "OTEL_METRIC_EXPORT_INTERVAL": "500",
            "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "process",
        }

    def by_process(self, metric: str, service: str) -> dict[int, float]:
        """The sum over feeds and lanes, by process id."""
        found: dict[int, float] = {}
        for (of, at, _, pid), points in self.counts.items():
            if (of, at) == (metric, service):
                found[pid] = found.get(pid, 0) + sum(points.values())
        return found

    def applied(self, service: str) -> dict[int, float]:
        """Entries applied, by process id; those that applied nothing are left out."""
        return {pid: n for pid, n in self.by_process(names.FEED_APPLIED, f"pathloom-{service}").items() if n}

    def stale(self, service: str) -> float:
        """Pages refused because another replica had moved the cursor."""
        return sum(self.by_process(names.FEED_STALE, f"pathloom-{service}").values())

    async def Export(
        self, request: messages.ExportMetricsServiceRequest, context: Any
    ) -> messages.ExportMetricsServiceResponse:
        """One process's measurements."""
        for resource in request.resource_metrics:
            who = {each.key: each.value for each in resource.resource.attributes}
            if _PID not in who:
                continue
            service, pid = who[_SERVICE].string_value, who[_PID].int_value
            for metric in (each for scope in resource.scope_metrics for each in scope.metrics):
                for point in metric.sum.data_points:
                    said = {each.key: each.value.string_value for each in point.attributes}
                    key = (metric.name, service, said.get(names.FEED, ""), pid)
                    rest = tuple(sorted(said.values()))
                    self.counts.setdefault(key, {})[rest] = point.as_int or point.as_double
        return messages.ExportMetricsServiceResponse()


@asynccontextmanager
async def collector() -> AsyncIterator[Measured]:
    """Listens on a free port of this machine."""
    server = grpc.aio.server()
    measured = Measured(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
    services.add_MetricsServiceServicer_to_server(measured, server)  # type: ignore[no-untyped-call]
    await server.start()
    try:
        yield measured
    finally:
        await server.stop(0)
