"""Says whose contact this is. A fact of the log, so that resolving the log again comes to the same."""

import json
from dataclasses import dataclass

from pathloom_kit.clock import Clock
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.feeds.cursor import Cursor, Lane

from pathloom_identity.application.errors import ContactNotFound
from pathloom_identity.application.ports import AppendRequest, UnitOfWork
from pathloom_identity.application.resolve_events import ResolveEvents
from pathloom_identity.application.times import micros
from pathloom_identity.domain.acceptance import NewEvent, Status
from pathloom_identity.domain.events import EventType
from pathloom_identity.domain.records import RecordKey
from pathloom_identity.domain.sources import PLATFORM
from pathloom_identity.domain.statements import Level

EVENT_NAME = "Contact Bound"


@dataclass(frozen=True)
class BindContact:
    """`customer_id` empty: none of those known, for good (until the next choice). A repeated `request_id` of the same
    actor answers as before. ContactNotFound, CustomerNotFound, CustomerErased."""

    work: UnitOfWork
    resolve: ResolveEvents
    clock: Clock

    async def __call__(
        self,
        contact: RecordKey,
        customer_id: str,
        level: Level,
        actor: str,
        request_id: str,
        traceparent: str = "",
    ) -> tuple[RecordKey, Cursor]:
        """The contact's key and the place of the fact in the log."""
        if contact.is_person:
            raise InvalidArgument(fields={"contact.kind": "must be a contact"})
        if level not in (Level.CLAIMED, Level.VERIFIED):
            raise InvalidArgument(fields={"level": "must be CLAIMED or VERIFIED"})
        message_id = f"bind:{actor}:{request_id}"
        async with self.work(traceparent) as unit:
            if not await unit.resolution.records([contact]):
                raise ContactNotFound()
            if (known := await unit.logged(PLATFORM.source_id, message_id)) is not None:
                return contact, known[1]
            said: dict[str, object] = {"contact_id": contact.id, "actor": actor, "level": level.name.lower()}
            target = (await unit.leader_of(customer_id)).key if customer_id else None
            if target is not None:
                said["bound_record"] = {
                    "namespace": target.namespace, "kind": target.kind.name.lower(), "id": target.id
                }  # fmt: skip
            else:
                said["level"] = "none"
            now = micros(self.clock.now())
            event = NewEvent(
                message_id, EventType.TRACK, EVENT_NAME, "", "", contact.id, "", "", now, now, now,
                json.dumps({"properties": said}, sort_keys=True, ensure_ascii=False).encode(),
                namespace=contact.namespace, about=target,
            )  # fmt: skip
            appended = await unit.append(
                AppendRequest(PLATFORM.source_id, Lane.LIVE, [event], traceparent=traceparent), now
            )
            if appended.results[0].status is not Status.ACCEPTED:
                raise InvalidArgument(appended.results[0].detail)
            found = await unit.logged(PLATFORM.source_id, message_id)
            if found is None:
                raise RuntimeError("what was just appended is not in the log")
            # At once, before the resolver comes to it: applied twice is applied once.
            await self.resolve(unit.resolution, [found[0]], Lane.LIVE)
            return contact, appended.position
