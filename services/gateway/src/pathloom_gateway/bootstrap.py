"""The wiring of the door: two faces (REST with the console, and gRPC) on the same use cases.

The followers are wired in bootstrap_follow.py and run in a process of their own, beside this one.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from pathloom_kit import telemetry
from pathloom_kit.clock import SystemClock
from pathloom_kit.ids import new_id
from pathloom_kit.postgres import Database
from pathloom_kit.readiness import PostgresAnswers, follow_store
from pathloom_kit.rpc import server
from pathloom_kit.service import spawn

from pathloom_gateway.adapters.identity import (
    IdentityEventLog,
    IdentityModels,
    IdentitySources,
    IdentityStewardship,
)
from pathloom_gateway.adapters.keys import PostgresKeys
from pathloom_gateway.adapters.look_ups import PostgresLookUpList, PostgresLookUpLog
from pathloom_gateway.adapters.platform_gauges import PlatformGauges
from pathloom_gateway.adapters.remote import Remote
from pathloom_gateway.adapters.upstreams import GrpcUpstreams
from pathloom_gateway.adapters.users import PostgresSessions, PostgresUsers
from pathloom_gateway.application.administer import Administer
from pathloom_gateway.application.authenticate import Authenticate, Rate
from pathloom_gateway.application.get_status import GetStatus
from pathloom_gateway.application.list_field_values import ListFieldValues
from pathloom_gateway.application.manage_keys import CreateKey, RevokeKey, keep_admin_key
from pathloom_gateway.application.record_events import RecordEvents
from pathloom_gateway.application.replay_quarantine import ReplayQuarantine
from pathloom_gateway.application.sign_in import SignIn
from pathloom_gateway.application.trace_event import TraceEvent
from pathloom_gateway.bootstrap_common import opened
from pathloom_gateway.bootstrap_parts import Given
from pathloom_gateway.bootstrap_reads import build_reads
from pathloom_gateway.domain.access import KeyKind
from pathloom_gateway.domain.plan_check import compile_plan
from pathloom_gateway.domain.sent_event import Judge
from pathloom_gateway.entrypoints import grpc_admin, grpc_ingest
from pathloom_gateway.entrypoints.grpc_guard import GrpcGuard
from pathloom_gateway.entrypoints.http_server import HttpServer
from pathloom_gateway.entrypoints.rest import admin, app, cloudevents, console, health, ingest, session
from pathloom_gateway.entrypoints.rest.door import Door
from pathloom_gateway.settings import Settings
from pathloom_gateway.tracking_plan import common_schema, planned_events

DOMAIN = "gateway.pathloom"
_MAX_MESSAGE_MB = 4

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gateway:
    """Both faces, listening."""

    http: HttpServer
    grpc: server.RunningServer

    async def stop(self, grace: float) -> None:
        """Takes nothing new, lets what is in flight end for up to `grace` seconds."""
        await asyncio.gather(self.http.stop(grace), self.grpc.stop(grace))


async def build(settings: Settings, stack: AsyncExitStack) -> Gateway:
    """Opens everything on the stack and starts both faces."""
    clock = SystemClock()
    at = await opened(settings, stack, "pathloom-gateway")
    database, identity = at.database, at.identity
    keys = PostgresKeys(database)
    if settings.admin_key is not None:
        await keep_admin_key(keys, settings.admin_key.get_secret_value(), clock)
    sessions = PostgresSessions(database)
    authenticate = Authenticate(
        keys,
        sessions,
        clock,
        {
            KeyKind.SERVER: Rate(settings.server_key_rate, settings.server_key_rate),
            KeyKind.PUBLIC: Rate(settings.public_key_rate, settings.public_key_rate),
        },
    )
    door, guard = Door(authenticate), GrpcGuard(authenticate)
    look_ups = await stack.enter_async_context(_look_up_log(database))

    reads = await build_reads(Given(at, clock, look_ups, door, guard), stack)

    remote = Remote(settings.identity_timeout_s)
    event_log, sources = IdentityEventLog(identity, remote), IdentitySources(identity, remote)
    upstreams = GrpcUpstreams(identity, at.journey_graph, at.scoring, Remote(3.0))
    plan = compile_plan(common_schema(), {key: planned.schema for key, planned in planned_events().items()})
    judge = Judge(plan, timedelta(seconds=settings.future_tolerance_s))
    record = RecordEvents(event_log, clock, judge, msgspec.json.Encoder(order="deterministic").encode)
    stewardship = IdentityStewardship(identity, remote)
    administer = Administer(
        create_key=CreateKey(keys, sources, clock, new_id),
        revoke_key=RevokeKey(keys, authenticate, clock),
        keys=keys,
        sources=sources,
        event_log=event_log,
        replay=ReplayQuarantine(event_log, judge, clock),
        stewardship=stewardship,
        field_values=ListFieldValues(stewardship, look_ups, clock),
        models=IdentityModels(identity, remote),
        look_ups=PostgresLookUpList(database),
        trace=TraceEvent(event_log, upstreams, reads.read_model),
        status=GetStatus(upstreams, event_log, reads.read_model),
    )
    if telemetry.exporting():
        spawn(stack, PlatformGauges(administer.status, reads.silence_s).run(), "platform gauges")
    sign_in = SignIn(PostgresUsers(database), sessions, clock, timedelta(hours=settings.session_hours))

    # Routes are tried in order: the look-up of a ringing call goes first.
    routers = [
        reads.router,
        ingest.router(record, door),
        cloudevents.router(record, door),
        admin.router(administer, door),
        session.router(sign_in, door, settings.cookie_secure),
        health.router({"database": lambda: _answers(database), **reads.checks}),
        console.router(console.folder()),
    ]
    http = HttpServer(
        app.build_app(routers, settings.cors_origins), settings.http_address, settings.forwarded_allow_ips
    )
    await http.start()
    grpc = await server.serve(
        [*grpc_ingest.entries(record, guard), *grpc_admin.entries(administer, guard), *reads.grpc],
        address=settings.grpc_address,
        rpc_token=None,
        domain=DOMAIN,
        max_message_mb=_MAX_MESSAGE_MB,
        checks_itself=grpc_ingest.CHECKS_ITSELF,
    )
    answers = PostgresAnswers(database)
    stack.callback(answers.close)
    spawn(stack, follow_store(grpc, answers), "readiness")
    _log.info("listening", extra={"http_port": http.port, "grpc_port": grpc.port})
    return Gateway(http, grpc)


@contextlib.asynccontextmanager
async def _look_up_log(database: Database) -> AsyncIterator[PostgresLookUpLog]:
    """Writes until the end; at the end, what is waiting is written before the database closes."""
    log = PostgresLookUpLog(database)
    writer = asyncio.create_task(log.run())
    try:
        yield log
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(log.drain(), timeout=10)
        writer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writer


async def _answers(database: Database) -> bool:
    try:
        async with asyncio.timeout(2), database.asyncpg() as connection:
            return bool(await connection.fetchval("SELECT true"))
    except Exception:
        _log.warning("the database does not answer", exc_info=True)
        return False
