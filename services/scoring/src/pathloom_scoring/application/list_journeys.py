"""List the journeys behind a number, newest first, paged."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pathloom_kit.clock import Clock
from pathloom_kit.errors import InvalidArgument

from pathloom_scoring.application.ports import After, ListedJourney, ScoredJourneys
from pathloom_scoring.domain.measures.registry import Parameters
from pathloom_scoring.domain.selection import Having, Selection

DEFAULT_PAGE = 50
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class JourneyPage:
    """A page; `next_token` empty: the last."""

    journeys: Sequence[ListedJourney]
    next_token: str
    total: int


@dataclass(frozen=True, slots=True)
class ListJourneys:
    """Keyset paging: a journey that changes between pages moves to the front and is not skipped over others."""

    journeys: ScoredJourneys
    clock: Clock

    async def __call__(
        self, selection: Selection, having: Having, page_size: int, page_token: str
    ) -> JourneyPage:
        """InvalidArgument for a page_token that was not handed out."""
        now, parameters = self.clock.now(), Parameters()
        size = page_size or DEFAULT_PAGE
        after = after_from(page_token)
        found = await self.journeys.newest(selection, having, parameters, now, after, size + 1)
        total = await self.journeys.count(selection, having, parameters, now)
        shown = found[:size]
        more = len(found) > size
        return JourneyPage(shown, token_of(shown[-1]) if more else "", total)


def token_of(last: ListedJourney) -> str:
    """Opaque: the place of the last journey of a page."""
    micros = (last.last_at - _BEGIN) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{micros}:{last.journey_id}".encode()).decode().rstrip("=")


def after_from(token: str) -> After | None:
    """The inverse; None for the first page. InvalidArgument for anything that `token_of` did not make."""
    if not token:
        return None
    try:
        padded = token + "=" * (-len(token) % 4)
        micros, _, journey_id = (
            base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition(":")
        )
        return After(_BEGIN + timedelta(microseconds=int(micros)), journey_id)
    except (binascii.Error, UnicodeDecodeError, ValueError, OverflowError):
        raise InvalidArgument(fields={"page_token": "is not a token that was handed out"}) from None
