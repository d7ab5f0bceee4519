"""Answers written out: the same LookUpResponse as JSON bytes (from a ready template) and as a message."""

import msgspec
from pathloom.gateway.v1.view_pb2 import CustomerView, GetViewResponse, LookUpOutcome, LookUpResponse

from pathloom_gateway.adapters.json_template import fill
from pathloom_gateway.adapters.proto_json import timestamp_text, to_json, to_value
from pathloom_gateway.adapters.read_model.documents import unpack_parts
from pathloom_gateway.application.answers import Form, LookUpAnswer, ReadyView
from pathloom_gateway.domain.finish import finish_view
from pathloom_gateway.domain.instants import stamp
from pathloom_gateway.domain.sentence import sentence

_encode = msgspec.json.encode
_OUTCOMES = {outcome: name.encode() for name, outcome in LookUpOutcome.items()}


def look_up_json(answer: LookUpAnswer) -> bytes:
    """The LookUpResponse as JSON."""
    out = [b'{"outcome":"', _OUTCOMES[answer.outcome], b'"']
    if answer.view is not None:
        out.append(b',"view":')
        out += _view_json(answer.view)
    if answer.candidates:
        out.append(b',"candidates":' + _encode([to_value(one) for one in answer.candidates]))
    if answer.contact is not None:
        out.append(b',"contact":' + to_json(answer.contact))
    if answer.more_candidates:
        out.append(b',"more_candidates":true')
    out += [b',"age":', to_json(answer.age), b"}"]
    return b"".join(out)


def view_json(answer: LookUpAnswer) -> bytes:
    """The GetViewResponse as JSON, of an answer that has a view."""
    assert answer.view is not None
    return b"".join([b'{"view":', *_view_json(answer.view), b',"age":', to_json(answer.age), b"}"])


def watch_json(event_id: str, answer: LookUpAnswer, now_known_as: str) -> bytes:
    """The WatchViewResponse as JSON."""
    moved = b',"now_known_as":' + _encode(now_known_as) if now_known_as else b""
    return b'{"event_id":' + _encode(event_id) + b',"look_up":' + look_up_json(answer) + moved + b"}"


def look_up_message(answer: LookUpAnswer) -> LookUpResponse:
    """The LookUpResponse."""
    response = LookUpResponse(
        outcome=answer.outcome,
        candidates=answer.candidates,
        age=answer.age,
        more_candidates=answer.more_candidates,
    )
    if answer.view is not None:
        _write_view(answer.view, response.view)
    if answer.contact is not None:
        response.contact.CopyFrom(answer.contact)
    return response


def view_message(answer: LookUpAnswer) -> GetViewResponse:
    """The GetViewResponse, of an answer that has a view."""
    assert answer.view is not None
    response = GetViewResponse(age=answer.age)
    _write_view(answer.view, response.view)
    return response


def _write_view(view: ReadyView, message: CustomerView) -> None:
    """The view into a message of a response, where it need not be copied any more; finished."""
    assert view.form is Form.MESSAGE
    message.ParseFromString(view.content)
    finish_view(message, view.finish, view.now_us)
    message.asked_for = view.asked_for
    message.identity_level = view.identity_level
    message.revision = view.revision
    message.changed_at.CopyFrom(stamp(view.changed_us))


def _view_json(view: ReadyView) -> list[bytes]:
    assert view.form is Form.JSON
    head = b'{"revision":"%d","changed_at":"%s",' % (view.revision, _moment(view.changed_us))
    if view.asked_for:
        head += b'"asked_for":' + _encode(view.asked_for) + b","
    if view.identity_level:
        head += b'"identity_level":' + _encode(view.identity_level) + b","
    text = sentence(view.finish.sentence, view.now_us)
    return [head, *fill(unpack_parts(view.content), text, view.now_us)]


def _moment(us: int) -> bytes:
    return timestamp_text(stamp(us)).encode()
