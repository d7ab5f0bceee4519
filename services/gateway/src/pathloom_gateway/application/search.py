"""Customers by (part of) a name."""

from collections.abc import Sequence
from dataclasses import dataclass

from pathloom.gateway.v1.view_pb2 import Candidate
from pathloom_kit.clock import Clock
from pathloom_kit.errors import InvalidArgument

from pathloom_gateway.application.look_up import Caller, candidates_of, clean
from pathloom_gateway.application.ports import LookUpLog
from pathloom_gateway.application.ports_reads import Views
from pathloom_gateway.domain.instants import micros
from pathloom_gateway.domain.names import words_of

DEFAULT_SIZE = 20


@dataclass(frozen=True, slots=True)
class Search:
    """Each word must begin a word of the name; whoever is shown is recorded."""

    views: Views
    log: LookUpLog
    clock: Clock

    async def __call__(
        self, name: str, size: int, token: str, caller: Caller
    ) -> tuple[Sequence[Candidate], str]:
        """A page and the next page's token. InvalidArgument naming `name` where it has no two letters."""
        clean(name=name)
        words = words_of(name)
        if sum(map(len, words)) < 2:
            raise InvalidArgument(fields={"name": "needs at least two letters or digits"})
        now = self.clock.now()
        found, following = await self.views.search(words, size or DEFAULT_SIZE, token, micros(now))
        await self.log.record(now, caller.actor, caller.via, [one.customer_id for one in found], "search")
        return candidates_of(found, "name"), following
