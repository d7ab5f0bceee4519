"""The console's session, its files, and health."""

import asyncio
import io
from collections.abc import Awaitable, Callable

import pytest
from pathloom_gateway.__main__ import main
from pathloom_gateway.adapters.users import PostgresUsers
from pathloom_gateway.application.sign_in import AddUser
from pathloom_gateway.domain.access import Scope
from pathloom_kit.clock import SystemClock
from pathloom_kit.postgres import connect

from .conftest import RunningGateway

PASSWORD = "correct horse battery"
CONSOLE = {"X-Pathloom-Console": "1"}


Command = Callable[..., Awaitable[int]]


@pytest.fixture
def users_add(gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`python -m pathloom_gateway users add NAME`, here, with a password on its standard input."""
    settings = gateway.settings
    for name, value in {
        "DATABASE_URL": settings.database_url,
        "RPC_TOKEN": "token",
        "IDENTITY_ADDRESS": settings.identity_address,
        "JOURNEY_GRAPH_ADDRESS": settings.journey_graph_address,
        "SCORING_ADDRESS": settings.scoring_address,
    }.items():
        monkeypatch.setenv(f"PATHLOOM_GATEWAY_{name}", value)

    async def run(name: str, password: str, *more: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        return await asyncio.to_thread(main, ["users", "add", name, *more])

    return run


async def add_here(gateway: RunningGateway, name: str) -> None:
    """The same without a process of its own."""
    database = await connect(gateway.settings.database_url, "", application_name="test")
    try:
        await AddUser(PostgresUsers(database), SystemClock())(name, PASSWORD, frozenset({Scope.READ}))
    finally:
        await database.close()


async def test_a_user_signs_in_reads_and_signs_out(gateway: RunningGateway, users_add: Command) -> None:
    assert await users_add("ada", PASSWORD) == 0

    begun = await gateway.http.post(
        "/v1/session", json={"name": "ada", "password": PASSWORD}, headers=CONSOLE
    )
    cookie = begun.headers["set-cookie"]
    session = {"Cookie": cookie.partition(";")[0]}
    gateway.http.cookies.clear()
    who = await gateway.http.get("/v1/session", headers=session)
    admin = await gateway.http.get("/v1/keys", headers=session)
    no_header = await gateway.http.delete("/v1/session", headers=session)
    ended = await gateway.http.delete("/v1/session", headers={**session, **CONSOLE})
    after = await gateway.http.get("/v1/session", headers=session)

    assert begun.status_code == 200, begun.text
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert (who.json()["user"], who.json()["scopes"]) == ("ada", ["read"])
    assert (admin.status_code, admin.json()["reason"]) == (403, "SCOPE_MISSING")
    assert (no_header.status_code, no_header.json()["reason"]) == (403, "CROSS_SITE")
    assert (ended.status_code, after.status_code, after.json()["reason"]) == (204, 401, "SESSION_UNKNOWN")


async def test_a_steward_of_the_console_says_who_is_who_and_operates_nothing(
    gateway: RunningGateway, users_add: Command
) -> None:
    assert await users_add("stella", PASSWORD, "--steward") == 0
    begun = await gateway.http.post(
        "/v1/session", json={"name": "stella", "password": PASSWORD}, headers=CONSOLE
    )
    session = {"Cookie": begun.headers["set-cookie"].partition(";")[0], **CONSOLE}
    gateway.http.cookies.clear()
    who = await gateway.http.get("/v1/session", headers=session)
    record = {"namespace": "portal", "kind": "RECORD_KIND_USER", "id": "u-1"}
    pin = {"record": record, "field": "first_name", "source_id": "portal"}
    pinned = await gateway.http.post("/v1/pins", json=pin, headers=session)
    keys = await gateway.http.get("/v1/keys", headers=session)

    assert who.json()["scopes"] == ["read", "steward"]
    assert (pinned.status_code, gateway.identity.decided[-1].actor) == (200, "stella")  # type: ignore[attr-defined]
    assert (keys.status_code, keys.json()["reason"]) == (403, "SCOPE_MISSING")


async def test_a_session_is_not_used_from_another_site(gateway: RunningGateway) -> None:
    await add_here(gateway, "eve")
    begun = await gateway.http.post(
        "/v1/session", json={"name": "eve", "password": PASSWORD}, headers=CONSOLE
    )
    session = {"Cookie": begun.headers["set-cookie"].partition(";")[0], "Sec-Fetch-Site": "cross-site"}
    gateway.http.cookies.clear()
    answer = await gateway.http.get("/v1/session", headers=session)

    assert (answer.status_code, answer.json()["reason"]) == (403, "CROSS_SITE")


async def test_a_wrong_name_and_a_wrong_password_are_not_told_apart_and_are_slowed(
    gateway: RunningGateway,
) -> None:
    await add_here(gateway, "bob")
    answers = [
        await gateway.http.post(
            "/v1/session", json={"name": name, "password": "wrong wrong wrong"}, headers=CONSOLE
        )
        for name in ("bob", "nobody")
    ]
    assert answers[0].status_code == answers[1].status_code == 401
    assert answers[0].json() == answers[1].json()

    statuses = [
        (
            await gateway.http.post(
                "/v1/session", json={"name": "bob", "password": "wrong wrong"}, headers=CONSOLE
            )
        ).status_code
        for _ in range(10)
    ]
    assert statuses == [401] * 9 + [429]


async def test_a_user_that_cannot_be_added_is_said(
    users_add: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await users_add("carol", "too short") == 1
    said = capsys.readouterr().err
    assert "password" in said
    assert "too short" not in said
    assert await users_add("dora", PASSWORD, "--admin") == 0
    assert await users_add("dora", PASSWORD) == 1


async def test_the_session_wants_its_fields_by_name(gateway: RunningGateway) -> None:
    answer = await gateway.http.post("/v1/session", json={"name": "ada", "password": 5}, headers=CONSOLE)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "password")


async def test_health_tells_alive_and_ready(gateway: RunningGateway) -> None:
    live = await gateway.http.get("/healthz/live")
    ready = await gateway.http.get("/healthz/ready")

    assert (live.status_code, ready.status_code) == (200, 200)
    assert ready.json() == {"ready": True, "failing": []}


async def test_the_app_is_served_under_a_strict_policy(gateway: RunningGateway) -> None:
    for path in ("/", "/pop"):
        answer = await gateway.http.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    outside = await gateway.http.get("/..%2fsettings.py")
    assert outside.status_code == 404
