"""The quarantine in PostgreSQL."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pathloom.identity.v1 import events_pb2 as e
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.postgres import Database

from pathloom_identity.application.ports import AppendRequest
from pathloom_identity.application.record_events import RecordEvents
from pathloom_identity.application.times import micros
from pathloom_identity.domain.acceptance import NewEvent, Result, Status
from pathloom_identity.domain.events import EventType
from pathloom_identity.domain.records import RecordKind
from pathloom_identity.wire import timestamp

_NOT_THERE = Result(Status.QUARANTINED, "NOT_FOUND", "quarantine_id", "is not in the quarantine (any more)")
_LIST = """
SELECT * FROM quarantine
WHERE ($1 = '' OR source_id = $1) AND seq < $2 AND (cardinality($4::text[]) = 0 OR quarantine_id = ANY($4))
ORDER BY seq DESC LIMIT $3
"""
_FIRST = 2**62


class Quarantine:
    """Refused events, kept until they are taken."""

    def __init__(self, database: Database, record: RecordEvents) -> None:
        self._database = database
        self._record = record

    async def list(
        self, page_size: int, page_token: str, source_id: str, quarantine_ids: Sequence[str] = ()
    ) -> e.ListQuarantineResponse:
        """Newest first; only those asked for, where any are. InvalidArgument for a token that was not handed out."""
        if page_token and not page_token.isdecimal():
            raise InvalidArgument(fields={"page_token": "is not a token that was handed out"})
        before = min(int(page_token), _FIRST) if page_token else _FIRST
        size = page_size or 50
        async with self._database.asyncpg() as conn:
            rows = await conn.fetch(_LIST, source_id, before, size + 1, list(quarantine_ids))
            total = await conn.fetchval(
                "SELECT count(*) FROM quarantine WHERE $1 = '' OR source_id = $1", source_id
            )
        more = str(rows[size - 1]["seq"]) if len(rows) > size else ""
        return e.ListQuarantineResponse(
            events=[_shown(r) for r in rows[:size]], next_page_token=more, total=total
        )

    async def replay(self, quarantine_ids: Sequence[str]) -> Sequence[Result]:
        """Acceptance again, as they are; those taken leave the quarantine."""
        async with self._database.asyncpg() as conn:
            rows = await conn.fetch(
                "SELECT * FROM quarantine WHERE quarantine_id = ANY($1)", list(quarantine_ids)
            )
        by_id = {r["quarantine_id"]: r for r in rows}
        return [await self._again(by_id[i]) if i in by_id else _NOT_THERE for i in quarantine_ids]

    async def _again(self, row: Any) -> Result:
        try:
            event = read_original(row["original"], row["received_at"], row["claimed"])
        except ValueError as error:
            return Result(Status.QUARANTINED, "MALFORMED", "original", str(error))
        appended = await self._record(
            AppendRequest(row["source_id"], Lane(row["lane"]), [event], keep_refused=False)
        )
        result = appended.results[0]
        async with self._database.asyncpg() as conn:
            if result.status is Status.QUARANTINED:
                await conn.execute(
                    "UPDATE quarantine SET reason = $2, field = $3, detail = $4 WHERE quarantine_id = $1",
                    row["quarantine_id"], result.reason, result.field, result.detail,
                )  # fmt: skip
            else:
                await conn.execute("DELETE FROM quarantine WHERE quarantine_id = $1", row["quarantine_id"])
        return result


def _shown(row: Any) -> e.QuarantinedEvent:
    refused = e.Refused(
        message_id=row["message_id"],
        reason=row["reason"],
        field=row["field"],
        detail=row["detail"],
        original=row["original"],
        claimed=row["claimed"],
    )
    return e.QuarantinedEvent(
        quarantine_id=row["quarantine_id"],
        source_id=row["source_id"],
        refused=refused,
        received_at=timestamp(row["received_at"]),
    )


def read_original(original: bytes, received_at: int, claimed: bool) -> NewEvent:
    """An event as a client of the tracking protocol (or this log) wrote it. ValueError says what is wrong with it."""
    try:
        said = json.loads(original)
    except (ValueError, RecursionError) as error:
        raise ValueError("is not JSON") from error
    if not isinstance(said, dict):
        raise ValueError("is not a JSON object")
    kind = str(said.get("type", "track")).upper()
    if kind not in EventType.__members__:
        raise ValueError("has no known type")
    parts = {
        name: said[name] for name in ("properties", "traits", "context") if isinstance(said.get(name), dict)
    }
    client = said.get("clientTime", _instant(said.get("timestamp", said.get("originalTimestamp"))))
    occurred = said.get("occurredAt", client)
    subject = _subject(said)
    return NewEvent(
        message_id=_text(said, "messageId", "message_id"),
        type=EventType[kind],
        name=_text(said, "event", "name"),
        user_id="" if subject else _text(said, "userId", "user_id"),
        anonymous_id="" if subject else _text(said, "anonymousId", "anonymous_id"),
        contact_id=_text(said, "contactId", "contact_id") or _text(parts.get("properties", {}), "contact_id"),
        previous_id=_text(said, "previousId", "previous_id"),
        group_id=_text(said, "groupId", "group_id"),
        occurred_at=received_at if occurred is None else int(occurred),
        received_at=int(said.get("receivedAt", received_at)),
        client_time=None if client is None else int(client),
        payload=json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(),
        claimed=claimed,
        **subject,
    )


def _subject(said: dict[str, Any]) -> dict[str, Any]:
    """Whom it names where it belongs to no customer: its user and anonymous ids are no customer's then."""
    subject = said.get("subject")
    if not isinstance(subject, dict):
        return {}
    kind = str(subject.get("kind", "")).upper()
    if kind not in RecordKind.__members__:
        raise ValueError("has no known kind of subject")
    if kind == RecordKind.CONTACT.name:
        return {"subject_kind": 0}  # written down about its contact: that is all it names
    return {"subject_kind": int(RecordKind[kind]), "subject_id": _text(subject, "id")}


def _text(said: dict[str, Any], *names: str) -> str:
    for name in names:
        value = said.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value).strip()
    return ""


def _instant(value: object) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("has a timestamp that is none") from error
    if found.tzinfo is None:
        raise ValueError("has a timestamp without a zone")
    return micros(found)
