"""A log line is JSON, belongs to a trace and repeats nobody's values."""

import json
import logging

from opentelemetry import context
from pathloom_kit import telemetry
from pathloom_kit.logs import JsonFormatter, describe


def line(record: logging.LogRecord) -> dict[str, object]:
    found = json.loads(JsonFormatter().format(record))
    assert isinstance(found, dict)
    return found


def test_extra_becomes_fields_and_the_trace_is_named() -> None:
    token = context.attach(telemetry.context_from("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
    try:
        record = logging.getLogger("x").makeRecord(
            "x", 20, "f", 1, "did %s", ("it",), None, extra={"feed": "things"}
        )
        found = line(record)
    finally:
        context.detach(token)
    assert (found["message"], found["feed"], found["level"]) == ("did it", "things", "INFO")
    assert found["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert str(found["time"]).endswith("+00:00")


def test_an_exception_is_its_type_and_place_without_its_message() -> None:
    try:
        try:
            raise ValueError("somebody@example.org")
        except ValueError as error:
            raise KeyError("somebody else") from error
    except KeyError as error:
        told = describe(error)
        record = logging.getLogger("x").makeRecord("x", 40, "f", 1, "failed", (), (KeyError, error, None))
    assert "KeyError" in told
    assert "ValueError" in told
    assert "test_kit_logs.py" in told
    assert "somebody" not in json.dumps(line(record))


def test_a_malformed_traceparent_is_no_trace() -> None:
    assert telemetry.link_from("nonsense") is None
    assert telemetry.link_from("") is None
    link = telemetry.link_from("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    assert link is not None
    assert link.context.is_valid
