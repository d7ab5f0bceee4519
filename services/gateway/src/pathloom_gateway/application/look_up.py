"""Who is this, and what are they trying to get done."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pathloom.gateway.v1.view_pb2 import Age, Candidate, Fact, LiveContact, LookUpOutcome
from pathloom_kit.clock import Clock
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.feeds.cursor import position_from_text

from pathloom_gateway.application.answers import Form, Listed, LookUpAnswer
from pathloom_gateway.application.ports import LookUpLog
from pathloom_gateway.application.ports_reads import FoundContact, Normalise, Progress, Views
from pathloom_gateway.domain.finish import finish_contact
from pathloom_gateway.domain.instants import micros, stamp
from pathloom_gateway.domain.read_errors import ContactNotFound, CustomerErased, CustomerNotFound
from pathloom_gateway.domain.told_apart import told_apart_by

MOST_CANDIDATES = 20
_NONE = LookUpOutcome.LOOK_UP_OUTCOME_NONE
_ONE = LookUpOutcome.LOOK_UP_OUTCOME_ONE
_SEVERAL = LookUpOutcome.LOOK_UP_OUTCOME_SEVERAL
# NUL cannot be stored, a lone surrogate cannot be sent on.
_UNCLEAN = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who looks, for the record."""

    actor: str
    via: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to look up: exactly one of an identifier (type and value), a customer id, a contact id."""

    kind: str = ""
    value: str = ""
    customer_id: str = ""
    contact_id: str = ""
    namespace: str = ""

    @property
    def by(self) -> str:
        """As the record of look-ups has it."""
        return "identifier" if self.kind else "customer" if self.customer_id else "contact"


@dataclass(frozen=True, slots=True)
class LookUp:
    """Answers none, one or several ranked candidates, and always the live contact itself. Recorded."""

    views: Views
    progress: Progress
    normalise: Normalise
    log: LookUpLog
    clock: Clock

    async def __call__(
        self, wanted: Wanted, caller: Caller, form: Form, *, at_least: str = "", wait_ms: int = 0
    ) -> LookUpAnswer:
        """Raises ContactNotFound (never with at_least), CustomerNotFound, CustomerErased, InvalidArgument."""
        reached = True
        if at_least:
            position = position_from_text(at_least, "consistency.at_least")
            reached = await self.progress.reached(position, wait_ms / 1000)
        answer = await self.now(wanted, form, reached=reached, sure=bool(at_least))
        await self.log.record(self.clock.now(), caller.actor, caller.via, answer.customer_ids, wanted.by)
        return answer

    async def now(
        self, wanted: Wanted, form: Form, *, reached: bool = True, sure: bool = False
    ) -> LookUpAnswer:
        """The answer as of now, not recorded. `sure`: the caller knows that the contact was accepted."""
        clean(
            value=wanted.value,
            customer_id=wanted.customer_id,
            contact_id=wanted.contact_id,
            namespace=wanted.namespace,
        )
        now_us = micros(self.clock.now())
        if wanted.contact_id:
            return await self._by_contact(wanted, form, now_us, reached, sure)
        if wanted.customer_id:
            view = await self.views.by_id(wanted.customer_id, form, now_us)
            keys = frozenset((wanted.customer_id, view.customer_id))
            return LookUpAnswer(
                _ONE, self._age(now_us, reached, view.updating), view.revision, view, keys=keys
            )
        values = self.normalise(wanted.kind, wanted.value)
        hits = await self.views.by_identifier(
            wanted.kind, values, wanted.namespace, form, now_us, MOST_CANDIDATES
        )
        if hits.view is not None:
            age = self._age(now_us, reached, hits.view.updating)
            return LookUpAnswer(_ONE, age, hits.view.revision, hits.view)
        if not hits.customer_ids:
            return LookUpAnswer(_NONE, self._age(now_us, reached), 0)
        listed = await self.views.listed(hits.customer_ids, now_us)
        return LookUpAnswer(
            _SEVERAL,
            self._age(now_us, reached),
            max((one.revision for one in listed), default=0),
            candidates=candidates_of(sorted(listed, key=_latest_first), f"same {wanted.kind}"),
            more_candidates=hits.more,
        )

    async def _by_contact(
        self, wanted: Wanted, form: Form, now_us: int, reached: bool, sure: bool
    ) -> LookUpAnswer:
        found = await self.views.contact(wanted.contact_id, wanted.namespace)
        if found is None:
            if not sure:
                raise ContactNotFound("no contact of this id has been seen")
            contact = LiveContact(
                contact_id=wanted.contact_id, namespace=wanted.namespace, identity_level="none", updating=True
            )
            return LookUpAnswer(_NONE, self._age(now_us, False), 0, contact=contact)
        contact = found.body
        contact.updating = contact.updating or not reached
        finish_contact(contact, now_us)
        if found.listed:
            return await self._listed(found, now_us, reached)
        keys = frozenset((found.key, found.root_key, found.owner)) - {""}
        if found.bound:
            try:
                view = await self.views.by_id(found.owner, form, now_us, contact.identity_level)
            except (CustomerNotFound, CustomerErased):
                # Bound to somebody who has not come yet, or who is just being erased.
                contact.updating = True
            else:
                age = self._age(now_us, reached, view.updating or contact.updating)
                revision = max(view.revision, found.revision)
                return LookUpAnswer(_ONE, age, revision, view, contact=contact, keys=keys)
        return LookUpAnswer(
            _NONE, self._age(now_us, reached, contact.updating), found.revision, contact=contact, keys=keys
        )

    async def _listed(self, found: FoundContact, now_us: int, reached: bool) -> LookUpAnswer:
        listed = await self.views.listed(found.candidate_ids[:MOST_CANDIDATES], now_us)
        keys = frozenset((found.key, found.root_key, *(one.customer_id for one in listed)))
        return LookUpAnswer(
            _SEVERAL if listed else _NONE,
            self._age(now_us, reached, found.body.updating),
            max(found.revision, *(one.revision for one in listed), 0),
            candidates=candidates_of(listed, "an identifier of the contact leads to them"),
            more_candidates=len(found.candidate_ids) > MOST_CANDIDATES,
            contact=found.body,
            keys=keys,
        )

    def _age(self, now_us: int, reached: bool, updating: bool = False) -> Age:
        age = self.progress.age(now_us)
        age.updating = updating or not reached
        return age


def candidates_of(listed: Sequence[Listed], why: str) -> list[Candidate]:
    """Each with the facts that tell it from the others, and no more."""
    apart = told_apart_by([one.telling for one in listed])
    candidates = []
    for one, facts in zip(listed, apart, strict=True):
        candidate = Candidate(
            customer_id=one.customer_id,
            name=one.name,
            sentence=one.sentence,
            told_apart_by=[Fact(name=name, value=value) for name, value in facts.items()],
            why=why,
        )
        if one.last_contact_us:
            candidate.last_contact_at.CopyFrom(stamp(one.last_contact_us))
        candidates.append(candidate)
    return candidates


def clean(**texts: str) -> None:
    """InvalidArgument that names the texts that hold a character no store can keep."""
    wrong = {
        name: "holds a character that is not allowed" for name, text in texts.items() if _UNCLEAN.search(text)
    }
    if wrong:
        raise InvalidArgument(fields=wrong)


def _latest_first(one: Listed) -> tuple[int, str]:
    return -one.last_contact_us, one.customer_id
