"""A whole identity service on a database of its own, and short words to talk to it."""

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import customers_pb2 as c
from pathloom.identity.v1 import customers_pb2_grpc, events_pb2_grpc
from pathloom.identity.v1 import events_pb2 as e
from pathloom_identity.bootstrap import build
from pathloom_identity.schema import MIGRATIONS
from pathloom_identity.settings import Settings
from pathloom_kit.clock import Clock
from pathloom_kit.migrations import migrate_async
from pathloom_kit.rpc.client import channel

TOKEN = "a token for tests"
BASE = 1_767_225_600  # 2026-01-01 00:00:00 UTC


def split_password(url: str) -> tuple[str, str]:
    """The URL without its password, and the password."""
    parts = urlsplit(url)
    password = unquote(parts.password or "")
    host = f"{parts.username}@{parts.hostname}:{parts.port}"
    return urlunsplit((parts.scheme, host, parts.path, parts.query, "")), password


def settings_for(url: str, **given: Any) -> Settings:
    bare, password = split_password(url)
    values = {
        "database_url": bare,
        "database_password": password,
        "rpc_token": TOKEN,
        "erasure_secret": "a secret of more than sixteen bytes",
        "grpc_address": "127.0.0.1:0",
    }
    return Settings.load(**(values | given))


@dataclass
class Identity:
    """A running replica and its stubs."""

    events: "events_pb2_grpc.EventLogServiceAsyncStub"
    customers: "customers_pb2_grpc.CustomerServiceAsyncStub"
    sources: "customers_pb2_grpc.SourceServiceAsyncStub"
    models: "customers_pb2_grpc.ModelServiceAsyncStub"

    async def record(self, source: str, *events: e.Event, lane: int = 1) -> e.RecordResponse:
        return await self.events.Record(
            e.RecordRequest(source_id=source, lane=feed_pb2.Lane.ValueType(lane), events=events)
        )

    async def settled(self) -> None:
        """Until the resolver has read all of the log and nothing is left over."""
        for _ in range(2000):
            described = await self.events.DescribeFeeds(feed_pb2.DescribeFeedsRequest())
            waiting = [f for f in described.feeds if f.feed == "customers" and f.waiting]
            if not waiting:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the resolver does not come to an end")

    async def things(self) -> dict[str, c.CustomerEntry]:
        """Every thing of the customers feed as it is now, by feed key (customer id or contact)."""
        found: dict[str, c.CustomerEntry] = {}
        for lane in (1, 2):
            request = feed_pb2.FollowRequest(
                after=feed_pb2.Cursor(lane=feed_pb2.Lane.ValueType(lane)), max_entries=1000
            )
            call = self.customers.FollowCustomers(request)
            async for page in call:
                for entry in page.entries:
                    key = feed_key(entry)
                    if key not in found or found[key].version < entry.version:
                        found[key] = entry
                if page.header.caught_up:
                    break
            call.cancel()
        return found

    async def customer(self, customer_id: str) -> c.Customer:
        return (await self.customers.GetCustomer(c.GetCustomerRequest(customer_id=customer_id))).customer

    async def contact(self, contact_id: str, namespace: str = "crm") -> c.ContactBinding:
        for entry in (await self.things()).values():
            if entry.HasField("contact") and entry.contact.contact == record(namespace, 3, contact_id):
                return entry.contact
        raise AssertionError("no such contact")

    async def put(self, source: c.Source) -> None:
        await self.sources.PutSource(c.PutSourceRequest(source=source))


def feed_key(entry: c.CustomerEntry) -> str:
    kind = entry.WhichOneof("thing")
    thing = getattr(entry, kind or "customer")
    names = {"contact": "own_customer_id", "household": "household_id"}
    return str(getattr(thing, names.get(kind or "", "customer_id")))


def record(namespace: str, kind: int, record_id: str) -> e.RecordKey:
    return e.RecordKey(namespace=namespace, kind=e.RecordKind.ValueType(kind), id=record_id)


def source(source_id: str = "crm", **given: Any) -> c.Source:
    values: dict[str, Any] = {
        "source_id": source_id,
        "name": source_id,
        "namespace": source_id,
        "trust": c.TRUST_TRUSTED,
        "region": "US",
        "default_channel": "voice",
        "identifiers": [
            c.IdentifierRule(field="email", type="email", joins=True, priority=20),
            c.IdentifierRule(field="student_id", type="student_id", joins=True, priority=5, limit=1),
        ],
    }
    return c.Source(**(values | given))


def event(message_id: str, at: float = 0, **given: Any) -> e.Event:
    """`at` in seconds after BASE; `properties`, `traits` go into the payload."""
    payload = {k: given.pop(k) for k in ("properties", "traits", "context") if k in given}
    when = Timestamp(seconds=BASE + int(at), nanos=int((at % 1) * 1e9))
    values: dict[str, Any] = {
        "type": e.EVENT_TYPE_TRACK,
        "name": "Something",
        "occurred_at": when,
        "received_at": when,
    } | given
    values["payload"] = json.dumps(payload, sort_keys=True).encode()
    return e.Event(message_id=message_id, **values)


def identify(message_id: str, user_id: str, at: float = 0, **traits: Any) -> e.Event:
    return event(message_id, at, type=e.EVENT_TYPE_IDENTIFY, user_id=user_id, traits=traits)


async def start(url: str, stack: AsyncExitStack, clock: Clock | None = None, **given: Any) -> Identity:
    """Migrates and serves until the stack closes."""
    settings = settings_for(url, **given)
    await migrate_async(settings.database_url, settings.database_password.get_secret_value(), MIGRATIONS)
    server = await build(settings, stack, clock)
    stack.push_async_callback(server.stop, 0.1)
    return opened(f"127.0.0.1:{server.port}", TOKEN, stack)


def opened(address: str, token: str, stack: AsyncExitStack) -> Identity:
    """A service that runs, spoken to until the stack closes."""
    connection = channel(address, token=token)
    stack.push_async_callback(connection.close)
    return Identity(
        events_pb2_grpc.EventLogServiceStub(connection),
        customers_pb2_grpc.CustomerServiceStub(connection),
        customers_pb2_grpc.SourceServiceStub(connection),
        customers_pb2_grpc.ModelServiceStub(connection),
    )


RpcError = grpc.aio.AioRpcError
