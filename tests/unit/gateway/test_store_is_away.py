"""While the gateway's own database is away, REST says 503 and when to come again: a 500 tells a client to give up."""

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, Response
from pathloom_gateway.entrypoints.rest import problems
from sqlalchemy.exc import DBAPIError


def app_that_raises(error: Exception) -> FastAPI:
    app = FastAPI()
    problems.install(app)

    async def fails() -> Response:
        raise error

    app.add_api_route("/fails", fails)
    return app


async def answer_to(error: Exception) -> httpx.Response:
    transport = httpx.ASGITransport(app_that_raises(error), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.get("/fails")


def wrapped(cause: Exception) -> DBAPIError:
    """As SQLAlchemy hands it on: its own error of the driver's error."""
    original = Exception("driver")
    original.__cause__ = cause
    return DBAPIError("SELECT", {}, original)


@pytest.mark.parametrize(
    "error",
    [
        wrapped(asyncpg.CannotConnectNowError("starting up")),
        ConnectionRefusedError(),
        asyncpg.ConnectionDoesNotExistError("closed in the middle"),
        asyncpg.InterfaceError("connection is closed"),
    ],
)
async def test_a_store_that_is_away_is_503_with_retry_after(error: Exception) -> None:
    answer = await answer_to(error)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    "error", [wrapped(asyncpg.UndefinedTableError("no such table")), asyncpg.NotNullViolationError("null")]
)
async def test_what_would_fail_again_is_still_an_internal_error(error: Exception) -> None:
    assert (await answer_to(error)).status_code == 500
