"""What is stored of a customer's view, packed."""

from dataclasses import dataclass

import msgspec
from pathloom.gateway.v1.view_pb2 import CustomerView

from pathloom_gateway.adapters.json_template import Part
from pathloom_gateway.domain.customer_view import Composed
from pathloom_gateway.domain.finish import Finish
from pathloom_gateway.domain.sentence import SentenceFacts


class Sync(msgspec.Struct, array_like=True, frozen=True):
    """How the parts of a document stand to each other.

    `lane`, `n`: the place in the customers feed that the customer is of; `behind`: some journey was made from an older
    state of the customer; `recutting`: a re-cut is known to be on its way.
    """

    lane: int = 1
    n: int = 0
    behind: bool = False
    recutting: bool = False


class Summary(msgspec.Struct, array_like=True, frozen=True):
    """What lists of customers show, and what finishing a view needs."""

    sentence: SentenceFacts
    name: str
    telling: dict[str, str]
    last_contact_us: int
    lives_us: tuple[int, ...]
    sync: Sync

    @property
    def finish(self) -> Finish:
        """For `finish_view`."""
        return Finish(self.sentence, self.lives_us)


pack_summary = msgspec.msgpack.Encoder().encode
unpack_summary = msgspec.msgpack.Decoder(Summary).decode
pack_parts = msgspec.msgpack.Encoder().encode
unpack_parts = msgspec.msgpack.Decoder().decode


@dataclass(frozen=True, slots=True)
class Document:
    """A row of documents."""

    summary: bytes
    body: bytes
    message: bytes
    last_contact_us: int


def document_of(composed: Composed, sync: Sync, parts: list[Part]) -> Document:
    """The row for a composed view; `parts` is its JSON template."""
    message = CustomerView()
    message.CopyFrom(composed.view)
    message.journeys.extend(part.view for part in composed.in_progress)
    message.closed_journeys.extend(part.view for part in composed.closed)
    message.promises.extend(composed.promises)
    message.live_contacts.extend(live.contact for live in composed.lives)
    summary = Summary(
        sentence=composed.sentence,
        name=composed.view.name,
        telling=composed.telling,
        last_contact_us=composed.last_contact_us,
        lives_us=tuple(live.last_us for live in composed.lives),
        sync=sync,
    )
    return Document(
        summary=pack_summary(summary),
        body=pack_parts(parts),
        message=message.SerializeToString(deterministic=True),
        last_contact_us=composed.last_contact_us,
    )
