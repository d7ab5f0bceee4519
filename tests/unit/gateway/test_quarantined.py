"""What quarantine keeps can be judged again."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pathloom_gateway.domain.quarantined import quarantined, skew_of, without_content

EVENT: dict[str, Any] = {"type": "track", "messageId": "m", "timestamp": "2026-03-01T12:00:00Z"}


@given(st.timedeltas(timedelta(days=-3000), timedelta(days=3000)))
def test_the_correction_is_kept_to_the_minute(skew: timedelta) -> None:
    kept = quarantined(EVENT, skew)
    assert abs(skew_of(kept) - skew) <= timedelta(seconds=30)
    assert ("occurredAt" in kept) == (abs(skew) > timedelta(seconds=30))


@given(st.timedeltas(timedelta(seconds=-20), timedelta(seconds=20)))
def test_sending_again_moments_later_keeps_the_same(later: timedelta) -> None:
    assert quarantined(EVENT, timedelta(hours=2)) == quarantined(EVENT, timedelta(hours=2) + later)


def test_a_client_cannot_say_what_only_the_platform_says() -> None:
    sent = {**EVENT, "occurredAt": 1, "receivedAt": 1, "clientTime": 1, "contactId": "c", "writeKey": "plk_"}
    assert quarantined(sent, None) == EVENT


def test_of_what_is_too_large_it_is_kept_whom_it_is_about() -> None:
    long: dict[str, Any] = {"properties": {"text": "x" * 70_000, "contact_id": "c"}, "traits": {"a": "y"}}
    kept = without_content({**EVENT, **long, "userId": "u", "anonymousId": "z" * 70_000})
    assert kept == {**EVENT, "userId": "u", "properties": {"contact_id": "c"}}
