"""What a steward looks at: the queue of doubtful pairs, the waterfall of one, the history of a customer."""

from dataclasses import dataclass
from typing import Any

from pathloom.identity.v1 import customers_pb2 as c
from pathloom_kit.postgres import Database, RawConnection

from pathloom_identity import wire
from pathloom_identity.adapters.codec import unpack_said
from pathloom_identity.adapters.page_tokens import PAGE, numbers_of
from pathloom_identity.adapters.record_sql import MODEL_IN_FORCE, MODEL_TEXT
from pathloom_identity.adapters.resolution_store import key_of
from pathloom_identity.adapters.unit_of_work import customer_now
from pathloom_identity.application.errors import RecordNotFound
from pathloom_identity.application.weighers import Weighers
from pathloom_identity.domain.evidence.model import BIT
from pathloom_identity.domain.evidence.weigher import Weigher
from pathloom_identity.domain.records import RecordKey
from pathloom_identity.domain.reviews import probability, worth
from pathloom_identity.domain.said import Said

# One row for each two customers, by the pair of records that weighs most; worth as in domain/reviews.py, in millionths so
# that a page ends at a whole number.
_REVIEWS = """
WITH best AS (
    SELECT DISTINCT ON (least(l.customer_id, r.customer_id), greatest(l.customer_id, r.customer_id))
           d.left_no, d.right_no, d.weight, l.customer_id AS left_customer, r.customer_id AS right_customer
    FROM doubt d JOIN record l ON l.record_no = d.left_no JOIN record r ON r.record_no = d.right_no
    WHERE l.customer_id <> r.customer_id
    ORDER BY least(l.customer_id, r.customer_id), greatest(l.customer_id, r.customer_id), d.weight DESC,
             d.left_no, d.right_no
), worth AS (
    SELECT b.*, (SELECT count(*) FROM record WHERE customer_id = b.left_customer) AS lefts,
           (SELECT count(*) FROM record WHERE customer_id = b.right_customer) AS rights
    FROM best b WHERE NOT EXISTS (
        SELECT FROM decision d JOIN record l ON l.record_no = d.left_no JOIN record r ON r.record_no = d.right_no
        WHERE NOT d.same AND (l.customer_id, r.customer_id)
              IN ((b.left_customer, b.right_customer), (b.right_customer, b.left_customer))
    )
), ranked AS (
    SELECT w.*, round(1000000 * lefts * rights / (1 + power(2.0::float8, least(-weight / $1::float8, 1000))))::bigint AS rank
    FROM worth w
)
SELECT q.*, l.namespace AS left_namespace, l.kind AS left_kind, l.id AS left_id,
       r.namespace AS right_namespace, r.kind AS right_kind, r.id AS right_id
FROM ranked q JOIN record l ON l.record_no = q.left_no JOIN record r ON r.record_no = q.right_no
WHERE (-rank, left_no, right_no) > ($2::bigint, $3::bigint, $4::bigint) ORDER BY -rank, left_no, right_no LIMIT $5
"""
_TWO = """
SELECT r.key_hash, r.record_no, r.customer_id, s.said FROM record r LEFT JOIN said s USING (record_no)
WHERE r.key_hash = ANY($1)
"""
_DECIDED = """
SELECT same, actor, reason, decided_at FROM decision
WHERE left_no = least($1::bigint, $2) AND right_no = greatest($1::bigint, $2)
"""
# `what` in the contract's numbers.
_CHANGES = """
SELECT c.*, r.namespace, r.kind, r.id FROM (
    SELECT seq, record_no, from_id, into_id, CASE WHEN split THEN 2 ELSE 1 END AS what, '' AS field, '' AS source_id,
           changed_at, text, actor FROM change
    UNION ALL
    SELECT seq, record_no, customer_id, customer_id, CASE WHEN pinned THEN 3 ELSE 4 END, field, source_id, changed_at,
           text, actor FROM pin_change
) c JOIN record r USING (record_no)
WHERE (c.record_no IN (SELECT record_no FROM record WHERE customer_id = $1) OR c.into_id = $1 OR c.from_id = $1)
      AND ($2 = 0 OR c.seq < $2) ORDER BY c.seq DESC LIMIT $3
"""
_FIRST = (-(1 << 63), 0, 0)


@dataclass(frozen=True)
class ReviewReader:
    """Reads that change nothing."""

    database: Database
    weighers: Weighers

    async def list(self, page_size: int, page_token: str) -> c.ListReviewsResponse:
        size = page_size or PAGE
        after = numbers_of(page_token, 3) if page_token else _FIRST
        async with self.database.asyncpg() as conn:
            rows = await conn.fetch(_REVIEWS, BIT, *after, size + 1)
        found = c.ListReviewsResponse(reviews=[_review(row) for row in rows[:size]])
        if len(rows) > size:
            last = rows[size - 1]
            found.next_page_token = f"{-last['rank']}.{last['left_no']}.{last['right_no']}"
        return found

    async def explain(self, left: RecordKey, right: RecordKey) -> c.ExplainPairResponse:
        async with self.database.asyncpg() as conn:
            rows = {row["key_hash"]: row for row in await conn.fetch(_TWO, [left.digest(), right.digest()])}
            if left == right or len(rows) < 2:
                raise RecordNotFound()
            a, b = rows[left.digest()], rows[right.digest()]
            decided = await conn.fetchrow(_DECIDED, a["record_no"], b["record_no"])
            weigher = await self._weigher(conn)
        said: dict[int, Said] = {
            at: unpack_said(row["said"]) if row["said"] else () for at, row in enumerate((a, b))
        }
        weighed = weigher.weigh(said, [(0, 1)])[0, 1]
        found = c.ExplainPairResponse(
            weight=weighed.weight / BIT,
            pieces=wire.pieces(weighed.pieces),
            vetoed=weighed.vetoed,
            veto=_veto(said[0], said[1]) if weighed.vetoed else "",
            cut=weigher.model.cut,
            left_customer_id=a["customer_id"],
            right_customer_id=b["customer_id"],
            model_version=weigher.model.version,
        )
        if decided is not None:
            found.decision.same = decided["same"]
            found.decision.actor, found.decision.reason = decided["actor"], decided["reason"]
            found.decision.decided_at.CopyFrom(wire.timestamp(decided["decided_at"]))
        return found

    async def _weigher(self, conn: RawConnection) -> Weigher:
        async def read(digest: str) -> str:
            return str(await conn.fetchval(MODEL_TEXT, digest))

        return await self.weighers.of(str(await conn.fetchval(MODEL_IN_FORCE)), read)

    async def changes(self, customer_id: str, page_size: int, page_token: str) -> c.ListChangesResponse:
        size = page_size or PAGE
        (before,) = numbers_of(page_token, 1) if page_token else (0,)
        async with self.database.asyncpg() as conn:
            current = await customer_now(conn, customer_id)
            rows = await conn.fetch(_CHANGES, current, before, size + 1)
        found = c.ListChangesResponse(changes=[_change(row) for row in rows[:size]])
        if len(rows) > size:
            found.next_page_token = str(rows[size - 1]["seq"])
        return found


def _review(row: Any) -> c.Review:
    bits = row["weight"] / BIT
    return c.Review(
        left_customer_id=row["left_customer"],
        right_customer_id=row["right_customer"],
        left=wire.key_to_proto(key_of(row, "left_")),
        right=wire.key_to_proto(key_of(row, "right_")),
        weight=bits,
        probability=probability(bits),
        worth=worth(bits, row["lefts"], row["rights"]),
    )


def _change(row: Any) -> c.CustomerChange:
    return c.CustomerChange(
        kind=c.CustomerChange.Kind.ValueType(row["what"]),
        record=wire.key_to_proto(key_of(row)),
        from_customer_id=row["from_id"],
        into_customer_id=row["into_id"],
        changed_at=wire.timestamp(row["changed_at"]),
        text=row["text"],
        actor=row["actor"],
        field=row["field"],
        source_id=row["source_id"],
    )


def _veto(left: Said, right: Said) -> str:
    theirs = dict(right)
    for attribute, text in left:
        if attribute.immutable and theirs.get(attribute, text) != text:
            return f"{attribute.name.replace('_', ' ')} differs, which nobody changes"
    return "they share a home, and first name or date of birth differs beyond any error"
