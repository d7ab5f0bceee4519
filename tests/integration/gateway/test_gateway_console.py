"""The console's session, its files, and health."""

import asyncio
import os
import subprocess
import sys

from pathloom_gateway.adapters.users import PostgresUsers
from pathloom_gateway.application.sign_in import AddUser
from pathloom_gateway.domain.access import Scope
from pathloom_kit.clock import SystemClock
from pathloom_kit.postgres import connect

from .conftest import RunningGateway

PASSWORD = "correct horse battery"
CONSOLE = {"X-Pathloom-Console": "1"}


def add_user(
    gateway: RunningGateway, name: str, password: str, *more: str
) -> "subprocess.CompletedProcess[str]":
    settings = gateway.settings
    environment = {
        **os.environ,
        "PATHLOOM_GATEWAY_DATABASE_URL": settings.database_url,
        "PATHLOOM_GATEWAY_RPC_TOKEN": "token",
        "PATHLOOM_GATEWAY_IDENTITY_ADDRESS": settings.identity_address,
        "PATHLOOM_GATEWAY_JOURNEY_GRAPH_ADDRESS": settings.journey_graph_address,
        "PATHLOOM_GATEWAY_SCORING_ADDRESS": settings.scoring_address,
    }
    command = [sys.executable, "-m", "pathloom_gateway", "users", "add", name, *more]
    return subprocess.run(command, input=password + "\n", env=environment, capture_output=True, text=True)


async def add_here(gateway: RunningGateway, name: str) -> None:
    """The same without a process of its own."""
    database = await connect(gateway.settings.database_url, "", application_name="test")
    try:
        await AddUser(PostgresUsers(database), SystemClock())(name, PASSWORD, frozenset({Scope.READ}))
    finally:
        await database.close()


async def test_a_user_signs_in_reads_and_signs_out(gateway: RunningGateway) -> None:
    added = await asyncio.to_thread(add_user, gateway, "ada", PASSWORD)
    assert added.returncode == 0, added.stderr

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
    assert PASSWORD not in added.stdout + added.stderr


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
        await gateway.http.post("/v1/session", json={"name": name, "password": "wrong wrong wrong"})
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


async def test_a_user_that_cannot_be_added_is_said(gateway: RunningGateway) -> None:
    short = await asyncio.to_thread(add_user, gateway, "carol", "short")
    await add_here(gateway, "dora")
    twice = await asyncio.to_thread(add_user, gateway, "dora", PASSWORD)

    assert (short.returncode, twice.returncode) == (1, 1)
    assert "password" in short.stderr
    assert "short" not in short.stderr


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
