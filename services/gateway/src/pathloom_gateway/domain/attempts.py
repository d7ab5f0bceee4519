"""What the customer tried and did not get: short phrases for the sentence."""

from collections.abc import Sequence

from pathloom.journey_graph.v1.journeys_pb2 import Outcome, Touchpoint, TouchpointKind

MOST = 2
# Looked up once: an enum's names are slow to ask for.
_CONTACT = TouchpointKind.TOUCHPOINT_KIND_CONTACT
_RESOLVED, _UNRESOLVED = Outcome.OUTCOME_RESOLVED, Outcome.OUTCOME_UNRESOLVED
_ABANDONED, _FAILED = Outcome.OUTCOME_ABANDONED, Outcome.OUTCOME_FAILED
_NOUNS = {
    "voice": "call",
    "chat": "chat",
    "email": "e-mail",
    "sms": "text message",
    "ivr": "IVR call",
    "bot": "bot chat",
    "web": "web visit",
    "mobile_app": "app visit",
    "in_store": "desk visit",
    "social": "social contact",
}


def failed_attempts(touchpoints: Sequence[Touchpoint]) -> tuple[str, ...]:
    """The last MOST failed attempts of a journey, oldest first; `touchpoints` oldest first.

    The same thing failing again counts up; a step that was done later, and everything before the journey's last
    resolved contact, is no failed attempt any more.
    """
    counts: dict[str, int] = {}
    for touchpoint in touchpoints:
        if touchpoint.outcome == _RESOLVED and touchpoint.kind == _CONTACT:
            counts.clear()
            continue
        for phrase in _failures(touchpoint, counts):
            # Said again: it moves to the end, it is the newest failure now.
            counts[phrase] = counts.pop(phrase, 0) + 1
    return tuple(_times(phrase, count) for phrase, count in list(counts.items())[-MOST:])


def _failures(touchpoint: Touchpoint, counts: dict[str, int]) -> list[str]:
    found = []
    for step in touchpoint.steps:
        phrase = f"{_words(step.step)} failed {{}} on {_words(touchpoint.channel) or 'self-service'}"
        if step.failed:
            found.append(phrase)
        elif step.done:
            counts.pop(phrase, None)
            found = [earlier for earlier in found if earlier != phrase]
    noun = channel_noun(touchpoint.channel)
    found += [f"{noun} blocked by policy {_words(policy)} {{}}" for policy in touchpoint.policy_blocks]
    if touchpoint.outcome == _ABANDONED:
        minutes = round(touchpoint.waiting_s / 60) if touchpoint.HasField("waiting_s") else 0
        found.append(f"gave up a {noun} {{}}" + (f" after {minutes} min" if minutes else ""))
    elif touchpoint.outcome == _UNRESOLVED and not found:
        found.append(f"{noun} ended unresolved {{}}")
    elif touchpoint.outcome == _FAILED and not found:
        found.append(f"{noun} failed {{}}")
    return found


def channel_noun(channel: str) -> str:
    """What one contact of a channel is called."""
    return _NOUNS.get(channel) or f"{_words(channel)} contact".strip()


def _words(text: str) -> str:
    return text.replace("_", " ").replace("{", "(").replace("}", ")").strip()


def _times(phrase: str, count: int) -> str:
    said = "" if count == 1 else "twice" if count == 2 else f"{count} times"
    return " ".join(phrase.format(said).split())
