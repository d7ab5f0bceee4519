"""What happened on a journey that made it harder or better: named, measured, in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pathloom_scoring.domain.journeys import Journey, Kind, Outcome, State, Touchpoint
from pathloom_scoring.domain.weights import Weights


@dataclass(frozen=True, slots=True)
class Signal:
    """A named, measured thing; `touchpoint_id` empty: the journey as a whole; `spread`: touchpoints it sums."""

    name: str
    amount: float
    touchpoint_id: str = ""
    spread: int = 1


def friction_signals(journey: Journey, weights: Weights) -> tuple[Signal, ...]:
    """Every signal of friction, oldest first, what was omitted before all; amounts above 0 only."""
    found = [
        *_omitted(journey, weights),
        *(signal for signals in _by_touchpoint(journey, weights) for signal in signals),
        *(
            Signal("broken_promise", 1, promise.touchpoint_id)
            for promise in journey.promises
            if promise.broken(journey.known_until)
        ),
    ]
    return tuple(signal for signal in found if signal.amount > 0)


def outcome_signals(journey: Journey) -> tuple[Signal, ...]:
    """How it went: goal reached, given up or silent, the last attempt's outcome, promises kept in time."""
    found = [
        Signal("kept_promise", 1, promise.touchpoint_id)
        for promise in journey.promises
        if promise.kept_in_time
    ]
    ending = {
        State.REACHED: "goal_reached",
        State.GIVEN_UP: "given_up",
        State.SILENT: "gone_silent",
    }.get(journey.state)
    if ending:
        found.append(Signal(ending, 1))
    last = next((point for point in reversed(journey.touchpoints) if _attempt(point)), None)
    if last is not None and last.outcome in (Outcome.UNRESOLVED, Outcome.ABANDONED, Outcome.FAILED):
        found.append(Signal("last_unresolved", 1, last.touchpoint_id))
    if last is not None and last.outcome in (Outcome.RESOLVED, Outcome.CONTAINED):
        found.append(Signal("last_resolved", 1, last.touchpoint_id))
    return tuple(found)


def wait_signal(channel: str, weights: Weights) -> str:
    """The name of a wait in this channel."""
    return "wait_asynchronous" if channel in weights.asynchronous_channels else "wait"


def _attempt(point: Touchpoint) -> bool:
    return point.inbound_contact or (
        point.kind is Kind.VISIT and (point.steps_done > 0 or point.steps_failed > 0)
    )


def _by_touchpoint(journey: Journey, weights: Weights) -> Iterator[tuple[Signal, ...]]:
    contacted = False
    for point in journey.touchpoints:
        key = point.touchpoint_id
        repeat = point.inbound_contact and contacted and not point.hop  # a hop is counted as a hop, once
        contacted = contacted or point.inbound_contact
        yield (
            Signal(wait_signal(point.channel, weights), point.waiting_s or 0.0, key),
            Signal("hold", point.hold_s or 0.0, key),
            Signal("abandon", float(point.outcome is Outcome.ABANDONED), key),
            Signal("transfer", float(point.transfers), key),
            Signal("repeat", float(repeat), key),
            Signal("hop", float(point.hop), key),
            Signal("repeated_information", float(point.repeats), key),
            Signal("failed_self_service", float(_failures(point)), key),
            Signal("policy_block", float(point.policy_blocks), key),
        )


def _failures(point: Touchpoint) -> int:
    """Failed steps; a self-service that failed without saying in which step counts as one."""
    return max(point.steps_failed, int(point.outcome is Outcome.FAILED))


def _omitted(journey: Journey, weights: Weights) -> tuple[Signal, ...]:
    """The sums over what the bounded journey leaves out. Their waits count as those of most of their channels."""
    omitted = journey.omitted
    spread = max(omitted.touchpoints, 1)
    asynchronous = sum(
        count for channel, count in omitted.by_channel.items() if channel in weights.asynchronous_channels
    )
    wait = "wait_asynchronous" if asynchronous * 2 > omitted.touchpoints else "wait"
    return (
        Signal(wait, omitted.waiting_s, spread=spread),
        Signal("hold", omitted.hold_s, spread=spread),
        Signal("abandon", float(omitted.abandoned), spread=spread),
        Signal("transfer", float(omitted.transfers), spread=spread),
        Signal("hop", float(omitted.hops), spread=spread),
        Signal("failed_self_service", float(omitted.failed_steps), spread=spread),
    )
