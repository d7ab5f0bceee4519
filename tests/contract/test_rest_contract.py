"""Whatever a stranger sends to a path of the OpenAPI description, the answer is one that the description knows: never a
5xx, and where the caller is at fault, a problem document that names the field."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import pytest
import requests
import schemathesis
import urllib3
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case as AnyCase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .conftest import Doors

pytestmark = pytest.mark.platform
Case: TypeAlias = AnyCase[Any]

_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# A batch is answered 200 whatever is in it: what is wrong is reported by index.
_BY_INDEX = {"/v1/batch", "/v1/events"}
_SCOPES = ("ingest", "public", "read", "steward", "admin")
_PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def openapi(doors: Doors) -> Any:
    return doors.http.get("/openapi.json").json()


@pytest.fixture(scope="module")
def operations(openapi: Any) -> Any:
    schema = schemathesis.openapi.from_dict(openapi)
    found: list[Any] = list(schema.get_all_operations())
    return [result.ok() for result in found]


class Caller:
    """Sends a case with a key. A stream is judged by how it begins."""

    def __init__(self, doors: Doors, key: str) -> None:
        self._doors = doors
        self._headers = doors.bearer(key)
        self._session = requests.Session()

    def __call__(self, case: Case) -> requests.Response:
        sent = case.as_transport_kwargs(base_url=self._doors.url, headers=self._headers)
        response = self._session.request(**sent, timeout=60, stream=True)
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            response.close()
        else:
            _ = response.content
        return response

    def close(self) -> None:
        self._session.close()


def judge(case: Case, response: requests.Response, checks: Sequence[Any] = ()) -> None:
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        assert case.operation.path.endswith("/stream")
        return
    case.validate_response(response, checks=[*_CHECKS, *checks])
    if response.status_code >= 400 and not case.operation.path.startswith("/healthz/"):
        problem = response.json()
        assert response.headers["content-type"] == _PROBLEM
        assert problem["status"] == response.status_code
        assert problem["reason"]
        if response.status_code in (400, 413, 415):
            assert problem.get("errors"), f"no field is named: {problem}"
            assert all(error["field"] and error["detail"] for error in problem["errors"])


def fuzz(operation: Any, mode: GenerationMode, caller: Caller, examples: int, *checks: Any) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Case) -> None:
        judge(case, caller(case), checks)

    try:
        run()
    except Unsatisfiable:
        # Where nothing is asked for, nothing can be wrong.
        assert mode is GenerationMode.NEGATIVE
        assert not operation.body
        assert not list(operation.iter_parameters())


def everything(
    doors: Doors, operations: Any, subtests: pytest.Subtests, mode: GenerationMode, examples: int
) -> None:
    caller = Caller(doors, "everything")
    for operation in operations:
        rejects = mode is GenerationMode.NEGATIVE and operation.path not in _BY_INDEX
        with subtests.test(operation=operation.label):
            fuzz(operation, mode, caller, examples, *([negative_data_rejection] if rejects else []))
    caller.close()


def test_what_the_description_allows_is_answered_as_it_says(
    doors: Doors, operations: Any, subtests: pytest.Subtests
) -> None:
    everything(doors, operations, subtests, GenerationMode.POSITIVE, 6)


def test_what_the_description_forbids_is_refused_with_the_field(
    doors: Doors, operations: Any, subtests: pytest.Subtests
) -> None:
    everything(doors, operations, subtests, GenerationMode.NEGATIVE, 6)


@pytest.mark.soak
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_however_many_requests(
    doors: Doors, operations: Any, subtests: pytest.Subtests, mode: GenerationMode
) -> None:
    everything(doors, operations, subtests, mode, 500)


def once(operation: Any, caller: Caller, key: str, opened_by: set[str]) -> None:
    """One request with a key that may, or one that may not."""

    @settings(
        max_examples=1,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case: Case) -> None:
        response = caller(case)
        judge(case, response)
        if key in opened_by:
            assert response.status_code not in (401, 403)
        elif response.status_code != 400:
            # Ingest reads the body first where no header brings a key: SDKs send it there.
            assert response.status_code == (403 if key else 401), response.text

    run()


def test_a_key_opens_what_its_scopes_name_and_nothing_else(
    doors: Doors, operations: Any, subtests: pytest.Subtests
) -> None:
    """Each operation with each key, and with none: exactly those of the operation's tag are let in."""
    opened = {
        "ingest": {"ingest", "public"},
        "read": {"read"},
        "steward": {"steward", "admin"},
        "admin": {"admin"},
    }
    callers = {key: Caller(doors, key) for key in (*_SCOPES, "")}
    for operation in operations:
        tag = operation.tags[0]
        if tag not in opened:
            continue  # sessions and health are open, or answer for themselves
        for key, caller in callers.items():
            with subtests.test(operation=operation.label, key=key):
                once(operation, caller, key, opened[tag])
    for caller in callers.values():
        caller.close()


def test_every_operation_is_among_those_tried(operations: Any, openapi: Any) -> None:
    described = {f"{method.upper()} {path}" for path, of in openapi["paths"].items() for method in of}
    assert {operation.label for operation in operations} == described
    assert {"POST /v1/lookup", "POST /v1/batch", "PUT /v1/sources/{source_id}"} <= described


def test_what_judges_an_answer_can_fail(operations: Any) -> None:
    """Planted: a 500, a status nobody described, another content type, and a refusal that names nothing."""
    operation = next(one for one in operations if one.label == "POST /v1/search")
    case = operation.Case(body={"name": "ab"}, media_type="application/json")
    for status, media, body in (
        (500, _PROBLEM, '{"type":"t","title":"t","status":500,"reason":"INTERNAL","detail":"d"}'),
        (418, _PROBLEM, "{}"),
        (200, "text/plain", "{}"),
        (200, "application/json", '{"customers": 7}'),
        (400, _PROBLEM, '{"type":"t","title":"t","status":400,"reason":"INVALID_ARGUMENT","detail":"d"}'),
    ):
        response = _response(status, media, body)
        with pytest.raises(BaseException):  # noqa: B017, PT011 - one failure, or a group of them
            judge(case, response)
    judge(case, _response(200, "application/json", "{}"))


def _response(status: int, media: str, body: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers["content-type"] = media
    response.raw = urllib3.HTTPResponse(status=status, headers={"content-type": media})
    response._content = body.encode()
    response.request = requests.Request("POST", "http://127.0.0.1/v1/search").prepare()
    return response
