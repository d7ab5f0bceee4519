"""The look-up, again with each change; follows a call through binding, merge and un-merge."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from pathloom_gateway.application.answers import Form, LookUpAnswer
from pathloom_gateway.application.look_up import Caller, LookUp, Wanted
from pathloom_gateway.application.ports_reads import Hub
from pathloom_gateway.domain.instants import micros
from pathloom_gateway.domain.sentence import sentence

# A change that nobody announced (a replica died between commit and wake-up) is found by looking now and then.
_LOOK_AGAIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Watched:
    """One answer of a stream; None as `answer`: nothing new, a sign of life."""

    event_id: str
    answer: LookUpAnswer | None
    now_known_as: str = ""


@dataclass(frozen=True, slots=True)
class WatchView:
    """The first answer at once (or once there is something newer than `resume_after`), then one for each change."""

    look_up: LookUp
    hub: Hub
    instance: str

    async def __call__(
        self,
        wanted: Wanted,
        caller: Caller,
        form: Form,
        resume_after: str = "",
        heartbeat_s: float = _LOOK_AGAIN_S,
    ) -> AsyncIterator[Watched]:
        """Raises CustomerNotFound at once, CustomerErased at once or when it happens."""
        last = resume_after
        said = ""
        known_as = wanted.customer_id
        recorded: set[str] = set()
        async with self.hub.watch() as watch:
            watch.keys(frozenset((wanted.customer_id or wanted.contact_id,)))
            while True:
                answer = await self.look_up.now(wanted, form, sure=True)
                watch.keys(answer.keys | {wanted.customer_id or wanted.contact_id})
                event_id = f"{self.instance}-{answer.revision}"
                sentence_now = self._sentence(answer)
                # Time alone can change it too: a day begins, a promise falls due.
                if event_id != last or (said and sentence_now != said):
                    seen = set(answer.customer_ids)
                    if not seen <= recorded:
                        recorded |= seen
                        now = self.look_up.clock.now()
                        await self.look_up.log.record(
                            now, caller.actor, caller.via, answer.customer_ids, wanted.by
                        )
                    shown = answer.view.customer_id if answer.view is not None else ""
                    moved = shown if shown and known_as and shown != known_as else ""
                    known_as = shown or known_as
                    last = event_id
                    yield Watched(event_id, answer, moved)
                else:
                    yield Watched(last, None)
                said = sentence_now
                await watch.changed(heartbeat_s)

    def _sentence(self, answer: LookUpAnswer) -> str:
        if answer.view is None:
            return ""
        return sentence(answer.view.finish.sentence, micros(self.look_up.clock.now()))
