"""The read model, read. The hot reads are one prepared statement on a raw connection."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pathloom.gateway.v1.view_pb2 import JourneyView, LiveContact, QueueNow
from pathloom.journey_graph.v1.journeys_pb2 import Journey
from pathloom.scoring.v1.scores_pb2 import Score
from pathloom_kit.postgres import Database, RawConnection

from pathloom_gateway.adapters.read_model.documents import Summary, unpack_summary
from pathloom_gateway.adapters.read_model.hidden import hidden_in
from pathloom_gateway.adapters.read_model.keys import contact_key
from pathloom_gateway.adapters.read_model.progress import PostgresProgress
from pathloom_gateway.adapters.read_model.resolve import present_ids
from pathloom_gateway.adapters.read_model.tokens import token_from, token_of
from pathloom_gateway.application.answers import Form, Listed, ReadyView
from pathloom_gateway.application.ports_reads import FoundContact, IdentifierHits, QueuesNow
from pathloom_gateway.domain.finish import LIVE_FOR_US
from pathloom_gateway.domain.journey_view import MOST_TOUCHPOINTS, JourneyPart, journey_part
from pathloom_gateway.domain.read_errors import CustomerErased, CustomerNotFound, JourneyNotFound
from pathloom_gateway.domain.sentence import SentenceFacts, sentence

_COLUMNS = "d.customer_id, d.revision, d.changed_us, d.summary, d.{form} AS content"
# The document is only fetched when it is the only one: nobody's history is shown as the caller's.
# One spelling is a plain comparison: with an array PostgreSQL plans the statement anew each time.
_BY_IDENTIFIER = """
WITH hit AS MATERIALIZED (
    SELECT DISTINCT customer_id FROM view_identifier
    WHERE type = $1 AND value {matches} AND ($3 = '' OR namespace IN ($3, '')) LIMIT $4
)
SELECT h.customer_id, d.revision, d.changed_us, d.summary, d.{form} AS content
FROM hit h LEFT JOIN view_document d ON d.customer_id = h.customer_id AND (SELECT count(*) FROM hit) = 1
"""
_BY_ID = "SELECT {columns} FROM view_document d WHERE customer_id = $1"
_IDENTIFIER_OF = {
    (form, one): _BY_IDENTIFIER.format(form=form.value, matches="= $2" if one else "= ANY($2)")
    for form in Form
    for one in (True, False)
}
_ID_OF = {form: _BY_ID.format(columns=_COLUMNS.format(form=form.value)) for form in Form}
_CONTACT = """
SELECT c.contact_key, c.root_key, l.owner, l.level, l.candidates, l.body, l.revision
FROM view_contact c JOIN view_live l ON l.root_key = c.root_key
WHERE {where} ORDER BY c.last_us DESC, c.contact_key LIMIT 1
"""
_CONTACT_BY_KEY = _CONTACT.format(where="c.contact_key = $1")
_CONTACT_BY_ID = _CONTACT.format(where="c.contact_id = $1")
_LISTED, _PROBABLE = 2, 3
# Each word given must begin a word of the name. `exact`: how many are a whole word of it.
_SEARCH = """
WITH found AS (
    SELECT n.customer_id, count(DISTINCT w.i) AS words, count(DISTINCT w.i) FILTER (WHERE n.word = w.word) AS exact
    FROM unnest($1::text[]) WITH ORDINALITY AS w(word, i)
    JOIN view_name n ON n.word >= w.word AND n.word < w.word || U&'\\+10FFFF'
    GROUP BY n.customer_id
)
SELECT f.customer_id, f.exact, d.summary, d.revision, d.last_contact_us
FROM found f JOIN view_document d ON d.customer_id = f.customer_id
WHERE f.words = cardinality($1) AND ($2::bigint IS NULL OR
      (-f.exact, -d.last_contact_us, f.customer_id) > ($2::bigint, $3::bigint, $4::text))
ORDER BY -f.exact, -d.last_contact_us, f.customer_id LIMIT $5
"""
_JOURNEYS = """
SELECT j.journey_id, j.version, j.withdrawn, j.opened_us, j.body, s.body AS score FROM view_journey j
LEFT JOIN view_score s ON s.journey_id = j.journey_id AND s.body IS NOT NULL
WHERE j.owner = $1 AND j.body IS NOT NULL AND ($2::bigint IS NULL OR (-j.opened_us, j.journey_id) > ($2::bigint, $3::text))
ORDER BY j.opened_us DESC, j.journey_id LIMIT $4
"""
_JOURNEY = """
SELECT j.journey_id, j.version, j.withdrawn, j.owner, j.body, s.body AS score FROM view_journey j
LEFT JOIN view_score s ON s.journey_id = j.journey_id AND s.body IS NOT NULL WHERE j.journey_id = $1 AND j.body IS NOT NULL
"""
_WAITING = """
SELECT queue, count(*) AS waiting, min(waiting_us) AS first,
       (array_agg(root_key ORDER BY waiting_us))[1:20] AS keys
FROM view_live WHERE ended_us = 0 AND offered_us > 0 AND waiting_us > 0 AND last_us > $1 AND waiting_us <= $2 AND NOT test
GROUP BY queue ORDER BY first
"""
_COUNTS = """
SELECT (SELECT count(*) FROM view_live WHERE ended_us > $1 AND ended_us <= $2 AND abandoned AND NOT short AND NOT test)
           AS abandoned,
       (SELECT count(*) FROM view_live WHERE offered_us > $1 AND offered_us <= $2 AND NOT short AND NOT test) AS offered,
       (SELECT count(*) FROM view_promise WHERE due_us < $2) AS overdue
"""


class PostgresViews:
    """Views."""

    def __init__(self, database: Database, progress: PostgresProgress) -> None:
        self._database = database
        self._progress = progress

    async def by_identifier(
        self, kind: str, values: Sequence[str], namespace: str, form: Form, now_us: int, limit: int
    ) -> IdentifierHits:
        async with self._database.asyncpg() as conn:
            one = len(values) == 1
            query = _IDENTIFIER_OF[form, one]
            rows = await conn.fetch(query, kind, values[0] if one else values, namespace, limit + 1)
        if len(rows) == 1 and rows[0]["content"] is not None:
            return IdentifierHits((rows[0]["customer_id"],), self._ready(rows[0], form, now_us), False)
        return IdentifierHits([row["customer_id"] for row in rows[:limit]], None, len(rows) > limit)

    async def by_id(self, customer_id: str, form: Form, now_us: int, identity_level: str = "") -> ReadyView:
        async with self._database.asyncpg() as conn:
            row = await conn.fetchrow(_ID_OF[form], customer_id)
            if row is not None:
                return self._ready(row, form, now_us, identity_level=identity_level)
            present = await self._present(conn, customer_id)
            row = await conn.fetchrow(_ID_OF[form], present)
        if row is None:
            raise CustomerNotFound("no customer ever had this id")
        return self._ready(row, form, now_us, asked_for=customer_id, identity_level=identity_level)

    async def listed(self, customer_ids: Sequence[str], now_us: int) -> Sequence[Listed]:
        async with self._database.asyncpg() as conn:
            present = await present_ids(conn, customer_ids)
            wanted = list(dict.fromkeys(one for key in customer_ids if (one := present[key])))
            rows = await conn.fetch(
                "SELECT customer_id, revision, summary, last_contact_us FROM view_document WHERE customer_id = ANY($1)",
                wanted,
            )
        by_id = {row["customer_id"]: row for row in rows}
        return [_listed(by_id[key], now_us) for key in wanted if key in by_id]

    async def contact(self, contact_id: str, namespace: str) -> FoundContact | None:
        async with self._database.asyncpg() as conn:
            row = (
                await conn.fetchrow(_CONTACT_BY_KEY, contact_key(namespace, contact_id))
                if namespace
                else await conn.fetchrow(_CONTACT_BY_ID, contact_id)
            )
        if row is None:
            return None
        return FoundContact(
            key=row["contact_key"],
            root_key=row["root_key"],
            body=LiveContact.FromString(row["body"]),
            owner=row["owner"],
            bound=row["level"] >= _PROBABLE,
            listed=row["level"] == _LISTED,
            candidate_ids=row["candidates"],
            revision=row["revision"],
        )

    async def present(self, customer_id: str) -> tuple[str, Sequence[str]]:
        async with self._database.asyncpg() as conn:
            present = await self._present(conn, customer_id)
            rows = await conn.fetch(
                "SELECT DISTINCT customer_id FROM view_journey WHERE owner = $1 AND body IS NOT NULL", present
            )
            known = await conn.fetchval("SELECT true FROM view_document WHERE customer_id = $1", present)
        if not known:
            raise CustomerNotFound("no customer ever had this id")
        return present, sorted({present, *(row["customer_id"] for row in rows)})

    async def search(
        self, words: Sequence[str], size: int, token: str, now_us: int
    ) -> tuple[Sequence[Listed], str]:
        after = token_from(token, (int, int, str))
        async with self._database.asyncpg() as conn:
            rows = await conn.fetch(_SEARCH, list(words), *(after or (None, None, None)), size + 1)
        following = ""
        if len(rows) > size:
            last = rows[size - 1]
            following = token_of(-last["exact"], -last["last_contact_us"], last["customer_id"])
        return [_listed(row, now_us) for row in rows[:size]], following

    async def journeys(self, owner: str, size: int, token: str) -> tuple[Sequence[JourneyView], str, int]:
        after = token_from(token, (int, str))
        # One snapshot: what the journeys hold, and which of them shows it.
        async with (
            self._database.asyncpg() as conn,
            conn.transaction(readonly=True, isolation="repeatable_read"),
        ):
            rows = await conn.fetch(_JOURNEYS, owner, *(after or (None, None)), size + 1)
            total = await conn.fetchval(
                "SELECT count(*) FROM view_journey WHERE owner = $1 AND body IS NOT NULL", owner
            )
            hidden = await hidden_in(conn, [row["journey_id"] for row in rows])
        following = ""
        if len(rows) > size:
            following = token_of(-rows[size - 1]["opened_us"], rows[size - 1]["journey_id"])
        parts = [_journey(row, hidden, MOST_TOUCHPOINTS) for row in rows[:size]]
        return [part.view for part in parts if not part.empty], following, total

    async def journey(self, journey_id: str) -> tuple[JourneyView, str]:
        async with (
            self._database.asyncpg() as conn,
            conn.transaction(readonly=True, isolation="repeatable_read"),
        ):
            row = await conn.fetchrow(_JOURNEY, journey_id)
            part = _journey(row, await hidden_in(conn, [journey_id]), 200) if row is not None else None
        if part is None or part.empty:
            raise JourneyNotFound("no journey of this id")
        return part.view, row["owner"]

    async def queues(self, now_us: int, window_us: int) -> QueuesNow:
        async with self._database.asyncpg() as conn:
            rows = await conn.fetch(_WAITING, now_us - LIVE_FOR_US, now_us)
            counts = await conn.fetchrow(_COUNTS, now_us - window_us, now_us)
        return QueuesNow(
            queues=[
                QueueNow(
                    queue=row["queue"],
                    waiting=row["waiting"],
                    longest_wait_s=(now_us - row["first"]) / 1_000_000,
                    contact_ids=[key.split("|", 2)[2] for key in row["keys"]],
                )
                for row in rows
            ],
            abandoned=counts["abandoned"],
            offered=counts["offered"],
            overdue_promises=counts["overdue"],
        )

    async def _present(self, conn: RawConnection, customer_id: str) -> str:
        present = (await present_ids(conn, [customer_id]))[customer_id]
        if present is None:
            raise CustomerErased("this customer was erased")
        return present

    def _ready(
        self, row: Any, form: Form, now_us: int, asked_for: str = "", identity_level: str = ""
    ) -> ReadyView:
        summary = unpack_summary(row["summary"])
        return ReadyView(
            customer_id=row["customer_id"],
            revision=row["revision"],
            changed_us=row["changed_us"],
            finish=summary.finish,
            form=form,
            content=row["content"],
            updating=self._updating(summary),
            now_us=now_us,
            asked_for=asked_for,
            identity_level=identity_level,
        )

    def _updating(self, summary: Summary) -> bool:
        # Journeys made from an older state of the customer are what is meant to be shown once journey-graph has read
        # that state: until then something is on its way.
        sync = summary.sync
        return sync.recutting or (sync.behind and not self._progress.journeys_have_read(sync.lane, sync.n))


def _listed(row: Any, now_us: int) -> Listed:
    summary = unpack_summary(row["summary"])
    facts: SentenceFacts = summary.sentence
    return Listed(
        customer_id=row["customer_id"],
        name=summary.name,
        sentence=sentence(facts, now_us),
        last_contact_us=row["last_contact_us"],
        telling=summary.telling,
        revision=row["revision"],
    )


def _journey(row: Any, hidden: Mapping[str, Collection[str]], most: int) -> JourneyPart:
    score = Score.FromString(row["score"]) if row["score"] is not None else None
    return journey_part(
        Journey.FromString(row["body"]),
        row["version"],
        score,
        hidden=hidden.get(row["journey_id"], ()),
        withdrawn=row["withdrawn"],
        most_touchpoints=most,
    )
