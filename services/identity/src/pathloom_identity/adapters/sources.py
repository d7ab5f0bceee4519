"""Sources in PostgreSQL, and what follows when one is declared anew."""

from collections.abc import Callable, Iterable

from pathloom_kit.errors import InvalidArgument
from pathloom_kit.postgres import Database

from pathloom_identity.adapters.source_store import by_id, load_sources, put_source
from pathloom_identity.adapters.step import alone
from pathloom_identity.adapters.tasks import REFOLD
from pathloom_identity.application.errors import SourceNotFound
from pathloom_identity.domain.sources import PLATFORM, Source


class Sources:
    """Declarations. `changed` is called after each commit that leaves records to be read again."""

    def __init__(self, database: Database, changed: Callable[[], None]) -> None:
        self._database = database
        self._changed = changed

    async def put(self, source: Source) -> Source:
        """Creates or replaces; its records are read again in the bulk lane when it means something else now."""
        if source.source_id == PLATFORM.source_id:
            raise InvalidArgument(fields={"source.source_id": "is the platform's own"})
        async with self._database.asyncpg() as conn, conn.transaction():
            await alone(conn)
            _check_kinds(source, (await load_sources(conn)).values())
            before = await put_source(conn, source)
            if before is not None and before != source:
                await conn.execute(
                    "INSERT INTO task (kind, key, after) VALUES ($1, $2, 0) "
                    "ON CONFLICT (kind, key) DO UPDATE SET after = 0",
                    REFOLD,
                    source.source_id,
                )
        self._changed()
        return source

    async def get(self, source_id: str) -> Source:
        """SourceNotFound."""
        async with self._database.asyncpg() as conn:
            found = (await load_sources(conn)).get(source_id)
        if found is None:
            raise SourceNotFound()
        return found

    async def list(self) -> list[Source]:
        """All, by id."""
        async with self._database.asyncpg() as conn:
            return by_id(await load_sources(conn))


def _check_kinds(source: Source, others: Iterable[Source]) -> None:
    """An attribute is compared in one way, whoever says it."""
    known = {
        rule.attribute: (rule.kind, rule.immutable, other.source_id)
        for other in others
        for rule in other.attributes
        if other.source_id != source.source_id and rule.kind
    }
    for at, rule in enumerate(source.attributes):
        kind, immutable, other_id = known.setdefault(
            rule.attribute, (rule.kind, rule.immutable, source.source_id)
        )
        if rule.kind and (kind, immutable) != (rule.kind, rule.immutable):
            wrong = f"is {kind}{' and immutable' * immutable} in source {other_id}"
            raise InvalidArgument(fields={f"source.attributes[{at}].kind": wrong})
