"""What the clock decides in a view, added on reading."""

from dataclasses import dataclass

from pathloom.gateway.v1.view_pb2 import CustomerView, JourneyView, LiveContact, PromiseView

from pathloom_gateway.domain.instants import day_of, overdue, stamp_micros
from pathloom_gateway.domain.journey_view import is_open
from pathloom_gateway.domain.sentence import SentenceFacts, sentence

# A contact about which nothing was heard for so long is shown as going on no more: its end was not sent.
LIVE_FOR_US = 12 * 3_600_000_000
# After-call work that nobody said is over.
WRAP_UP_FOR_US = 15 * 60_000_000


@dataclass(frozen=True, slots=True)
class Finish:
    """What finishing needs besides the view. `last_us`: for each live contact when it went on last."""

    sentence: SentenceFacts
    last_us: tuple[int, ...] = ()


def finish_view(view: CustomerView, finish: Finish, now_us: int) -> None:
    """Completes a composed view in place: sentence, days, overdue promises, contacts that go on."""
    view.sentence = sentence(finish.sentence, now_us)
    for journey in (*view.journeys, *view.closed_journeys):
        finish_journey(journey, now_us)
    for promise in view.promises:
        finish_promise(promise, now_us)
    lives = list(view.live_contacts)
    del view.live_contacts[:]
    view.live_contacts.extend(
        live for live, last in zip(lives, finish.last_us, strict=True) if still_live(last, now_us)
    )


def finish_journey(journey: JourneyView, now_us: int) -> None:
    """The day of a journey in progress; which promises are overdue."""
    if has_day(journey):
        journey.day = day_of(stamp_micros(journey.opened_at), now_us)
    for promise in journey.promises:
        finish_promise(promise, now_us)


def finish_promise(promise: PromiseView, now_us: int) -> None:
    """Overdue or not."""
    due_us = falls_due(promise)
    promise.overdue = bool(due_us) and overdue(due_us, now_us)


def has_day(journey: JourneyView) -> bool:
    """In progress: today is a day of it."""
    return not journey.HasField("closed_at") and journey.HasField("opened_at")


def falls_due(promise: PromiseView) -> int:
    """The instant after which it is overdue (microseconds since 1970); 0: it cannot be."""
    if is_open(promise) and promise.promise.HasField("due_at"):
        return stamp_micros(promise.promise.due_at)
    return 0


def still_live(last_us: int, now_us: int) -> bool:
    """Went on recently enough to go on now."""
    return now_us - last_us < LIVE_FOR_US


def finish_contact(contact: LiveContact, now_us: int) -> None:
    """After-call work ends by itself where nobody says that it is over."""
    if contact.state == "wrap_up" and now_us - stamp_micros(contact.since) > WRAP_UP_FOR_US:
        contact.state = "ended"
