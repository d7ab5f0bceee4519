"""What the read side's use cases answer with; each face writes it in its own form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from pathloom.gateway.v1.view_pb2 import Age, Candidate, LiveContact, LookUpOutcome

from pathloom_gateway.domain.finish import Finish


class Form(Enum):
    """In which form a ready view is wanted."""

    JSON = "body"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class ReadyView:
    """A view as kept ready, to be finished by whoever writes it out.

    `content` is in `form`: a JSON template or a serialised CustomerView. `asked_for` is set when the id asked for is
    no longer theirs. `now_us` is the moment as of which it is to be finished. `updating`: a part of it is known to be
    behind another.
    """

    customer_id: str
    revision: int
    changed_us: int
    finish: Finish
    form: Form
    content: bytes
    updating: bool
    now_us: int
    asked_for: str = ""
    identity_level: str = ""


@dataclass(frozen=True, slots=True)
class LookUpAnswer:
    """None, one or several; `revision` is the newest of everything in it."""

    outcome: "LookUpOutcome.ValueType"
    age: Age
    revision: int
    view: ReadyView | None = None
    candidates: Sequence[Candidate] = ()
    more_candidates: bool = False
    contact: LiveContact | None = None
    keys: frozenset[str] = frozenset()
    """What a change of it would be announced under."""

    @property
    def customer_ids(self) -> list[str]:
        """Whose data it shows, for the record of look-ups."""
        shown = [self.view.customer_id] if self.view is not None else []
        return shown + [one.customer_id for one in self.candidates]


@dataclass(frozen=True, slots=True)
class Listed:
    """A customer in a list, before it is told apart from the others."""

    customer_id: str
    name: str
    sentence: str
    last_contact_us: int
    telling: Mapping[str, str]
    revision: int
