"""The live view as server-sent events: each with an id, so that a client that comes back goes on where it was."""

from collections.abc import AsyncIterator

from pathloom_kit.errors import DomainError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from pathloom_gateway.adapters.rendering import watch_json
from pathloom_gateway.application.answers import Form
from pathloom_gateway.application.look_up import Caller, Wanted
from pathloom_gateway.application.watch_view import Watched, WatchView

_PING_S = 15


async def stream(watch: WatchView, wanted: Wanted, caller: Caller, resume_after: str) -> Response:
    """Events `view` (data: a WatchViewResponse as JSON); `gone` with the reason when there is nothing more to show.
    An error before the first event is an ordinary problem document."""
    watched = watch(wanted, caller, Form.JSON, resume_after)
    first = await anext(watched)
    return EventSourceResponse(_events(first, watched), ping=_PING_S, headers={"Cache-Control": "no-store"})


async def _events(first: Watched, watched: AsyncIterator[Watched]) -> AsyncIterator[ServerSentEvent]:
    yield _event(first)
    try:
        async for one in watched:
            yield _event(one)
    except DomainError as error:
        yield ServerSentEvent(data=f'{{"reason":"{error.reason}"}}', event="gone")


def _event(one: Watched) -> ServerSentEvent:
    if one.answer is None:
        return ServerSentEvent(comment="nothing new")
    data = watch_json(one.event_id, one.answer, one.now_known_as).decode()
    return ServerSentEvent(data=data, event="view", id=one.event_id)
