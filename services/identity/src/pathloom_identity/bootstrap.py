"""The only wiring."""

from contextlib import AsyncExitStack
from datetime import timedelta

from pathloom.identity.v1 import customers_pb2_grpc, events_pb2, events_pb2_grpc
from pathloom_kit.clock import Clock, SystemClock
from pathloom_kit.feeds import epoch as epochs
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.serve import FeedServer
from pathloom_kit.feeds.wakeup import PgWakeUps
from pathloom_kit.ids import new_id
from pathloom_kit.leases import PgLease, while_held
from pathloom_kit.postgres import connect
from pathloom_kit.readiness import PostgresAnswers, follow_store
from pathloom_kit.rpc.server import RunningServer, serve
from pathloom_kit.service import spawn

from pathloom_identity.adapters.customer_reader import CustomerReader
from pathloom_identity.adapters.event_log import PostgresEventLog
from pathloom_identity.adapters.field_values import FieldValueReader
from pathloom_identity.adapters.keyed import KeyedHashes
from pathloom_identity.adapters.log_reader import read_page
from pathloom_identity.adapters.model_list import ModelList
from pathloom_identity.adapters.models import count_left_out, load_model, put_in_force
from pathloom_identity.adapters.normalisers import normalise
from pathloom_identity.adapters.quarantine import Quarantine
from pathloom_identity.adapters.resolver import LogResolver
from pathloom_identity.adapters.review_reader import ReviewReader
from pathloom_identity.adapters.sources import Sources
from pathloom_identity.adapters.tasks import BackgroundTasks
from pathloom_identity.adapters.tracer import Tracer
from pathloom_identity.adapters.unit_of_work import PostgresUnitOfWork
from pathloom_identity.application.activate_model import ActivateModel
from pathloom_identity.application.bind_contact import BindContact
from pathloom_identity.application.decide import Decide
from pathloom_identity.application.door import Door
from pathloom_identity.application.erase_customer import EraseCustomer
from pathloom_identity.application.erase_employee import EraseEmployee
from pathloom_identity.application.pin_value import PinValue
from pathloom_identity.application.record_events import RecordEvents
from pathloom_identity.application.resolve_events import ResolveEvents
from pathloom_identity.application.terms import Terms
from pathloom_identity.application.weighers import Weighers
from pathloom_identity.application.withdraw_decision import WithdrawDecision
from pathloom_identity.application.withdraw_pin import WithdrawPin
from pathloom_identity.domain.evidence.model_file import BadModel
from pathloom_identity.domain.evidence.weigher import Weigher
from pathloom_identity.entrypoints import customers_grpc, events_grpc
from pathloom_identity.settings import Settings

DOMAIN = "identity.pathloom"


async def build(settings: Settings, stack: AsyncExitStack, clock: Clock | None = None) -> RunningServer:
    """The service, resolving and serving."""
    clock = clock or SystemClock()
    try:
        model = load_model(settings.model_file)
    except BadModel as error:
        raise SystemExit(f"PATHLOOM_IDENTITY_MODEL_FILE: {error}") from None
    database = await connect(
        settings.database_url,
        settings.database_password.get_secret_value(),
        application_name="pathloom-identity",
    )
    stack.push_async_callback(database.close)
    async with database.asyncpg() as conn:
        await epochs.ensure_epoch(conn)
    wakeups = PgWakeUps(database)
    spawn(stack, wakeups.run(), "wake-ups")

    def recorded() -> None:
        wakeups.published("events")

    def published() -> None:
        recorded()
        wakeups.published("customers")

    async def events_page(after: Cursor, limit: int) -> events_pb2.FollowEventsResponse:
        if after.lane is Lane.BULK:
            limit = await door.page_of_history(limit)
        return await read_page(database, after, limit)

    async def renew_epoch(lost: str) -> str:
        async with database.asyncpg() as conn:
            return await epochs.renew_epoch(conn, lost)

    hashes = KeyedHashes(settings.erasure_secret.get_secret_value().encode())
    log = PostgresEventLog(database, hashes, new_id, settings.future_tolerance_s * 1_000_000)
    door = Door()
    record = RecordEvents(log, clock, recorded, door)
    spawn(stack, record.run(), "log writer")
    try:
        await put_in_force(database, model, settings.survivorship, clock)
    except BadModel as error:
        raise SystemExit(f"the model that was put in force: {error}") from None
    terms = Terms(
        normalise, settings.demote_over, Weigher(model), count_left_out(), settings.survivorship, clock
    )
    resolve = ResolveEvents(terms)
    kept = timedelta(seconds=settings.erased_keys_kept_s)
    tasks = BackgroundTasks(hashes, resolve, clock, kept)
    resolver = LogResolver(
        database, hashes, resolve, tasks, wakeups.of("events"), lambda: wakeups.published("customers"),
        door=door, batch=settings.resolve_batch, bulk_share=settings.bulk_share,
    )  # fmt: skip
    # Short: a replica that was killed should not keep the others waiting.
    lease = PgLease("resolve:0", new_id("identity"), ttl=timedelta(seconds=3))
    spawn(stack, while_held(lease, database, resolver.run), "resolver")

    work = PostgresUnitOfWork(database, log, hashes, published)
    follow_after = timedelta(days=settings.logs_follow_after_days)
    reader = CustomerReader(database, normalise)
    events = events_grpc.EventLogServicer(
        record,
        FeedServer(
            events_page,
            renew_epoch=renew_epoch,
            wakeup=wakeups.of("events"),
        ),
        Tracer(database, hashes),
        Quarantine(database, record),
    )
    customers = customers_grpc.CustomerServicer(
        FeedServer(reader.page, renew_epoch=renew_epoch, wakeup=wakeups.of("customers")),
        reader,
        BindContact(work, resolve, clock),
        Decide(work, clock, terms),
        WithdrawDecision(work, terms),
        PinValue(work, clock, terms),
        WithdrawPin(work, clock, terms),
        FieldValueReader(database, settings.survivorship),
        # Its own: the resolver weighs beside the event loop, and what a weigher remembers is not for two threads.
        ReviewReader(database, Weighers()),
        EraseCustomer(work, resolve, clock, new_id, follow_after),
        EraseEmployee(work, clock, new_id, follow_after),
    )
    sources = customers_grpc.SourceServicer(Sources(database, published))
    models = customers_grpc.ModelServicer(ActivateModel(work, clock, terms), ModelList(database))
    server = await serve(
        [
            (events_pb2_grpc.add_EventLogServiceServicer_to_server, events, events_grpc.SERVICE),
            (customers_pb2_grpc.add_CustomerServiceServicer_to_server, customers, customers_grpc.CUSTOMERS),
            (customers_pb2_grpc.add_SourceServiceServicer_to_server, sources, customers_grpc.SOURCES),
            (customers_pb2_grpc.add_ModelServiceServicer_to_server, models, customers_grpc.MODELS),
        ],
        address=settings.grpc_address,
        rpc_token=settings.rpc_token.get_secret_value(),
        domain=DOMAIN,
        checks_itself=events_grpc.CHECKS_ITSELF,
    )
    answers = PostgresAnswers(database)
    stack.callback(answers.close)
    spawn(stack, follow_store(server, answers), "readiness")
    return server
