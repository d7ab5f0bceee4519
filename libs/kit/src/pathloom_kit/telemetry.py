"""OpenTelemetry: traces and metrics, exported only where the environment says to."""

import os

from opentelemetry import context, metrics, propagate, trace
from opentelemetry.metrics import Histogram, Meter
from opentelemetry.trace import Link, SpanContext, Tracer

_SCOPE = "pathloom"
# The SDK's own bounds are meant for milliseconds.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


def configure(service_name: str, version: str) -> None:
    """Sets up export once, at the start of the process.

    Without OTEL_EXPORTER_OTLP_ENDPOINT (or _TRACES_/_METRICS_ENDPOINT) or OTEL_TRACES_EXPORTER nothing is loaded
    and every span and measurement is a no-op. OTEL_TRACES_EXPORTER=console prints spans, =none switches off.
    SystemExit where the environment wants a protocol that is not spoken here.
    """
    if not exporting():
        return
    for setting in ("PROTOCOL", "TRACES_PROTOCOL", "METRICS_PROTOCOL"):
        if os.environ.get(f"OTEL_EXPORTER_OTLP_{setting}", "grpc") != "grpc":
            raise SystemExit(f"OTEL_EXPORTER_OTLP_{setting}: only grpc is spoken here")
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    name = os.environ.get("OTEL_SERVICE_NAME") or f"pathloom-{service_name}"
    resource = Resource.create({"service.name": name, "service.version": version})
    tracers = TracerProvider(resource=resource)
    choice = os.environ.get("OTEL_TRACES_EXPORTER", "otlp")
    if choice == "console":
        tracers.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
    elif choice != "none":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(tracers)

    if os.environ.get("OTEL_METRICS_EXPORTER", "otlp") == "otlp" and _endpoint("METRICS"):
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[reader]))


def exporting() -> bool:
    """Whether the environment asks for traces or metrics at all."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return bool(_endpoint("TRACES") or _endpoint("METRICS") or os.environ.get("OTEL_TRACES_EXPORTER"))


def tracer() -> Tracer:
    return trace.get_tracer(_SCOPE)


def meter() -> Meter:
    return metrics.get_meter(_SCOPE)


def durations(name: str) -> Histogram:
    """A histogram of seconds."""
    return meter().create_histogram(name, unit="s", explicit_bucket_boundaries_advisory=_SECONDS)


def current_traceparent() -> str:
    """The W3C trace context of the current span, "" outside of any: what a feed entry keeps of its cause."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent", "")


def context_from(traceparent: str | None) -> context.Context:
    """The context that a `traceparent` names; an empty one for none or a malformed one."""
    return propagate.extract({"traceparent": traceparent} if traceparent else {})


def link_from(traceparent: str) -> Link | None:
    """A link to the span that caused this: followers link, because one page has many causes."""
    span_context: SpanContext = trace.get_current_span(context_from(traceparent)).get_span_context()
    return Link(span_context) if span_context.is_valid else None


def _endpoint(signal: str) -> str | None:
    return os.environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") or os.environ.get(
        "OTEL_EXPORTER_OTLP_ENDPOINT"
    )
