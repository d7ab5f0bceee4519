"""What the service knows of events by name agrees with the tracking plan, which the gateway owns."""

from pathloom_gateway.tracking_plan import planned_events
from pathloom_journey_graph.domain import names
from pathloom_journey_graph.domain.values import Touch


def test_default_touches_are_those_of_the_plan() -> None:
    ours = {key: names.default_touch(key) for key in planned_events()}
    plan = {key: Touch[event.touch.upper()] for key, event in planned_events().items()}
    assert {k: (v, ours[k]) for k, v in plan.items() if ours[k] is not v} == {}


def test_every_name_the_service_knows_is_in_the_plan() -> None:
    known = (
        names.NO_TOUCHPOINT
        | names.DIGITAL
        | names.MARKS
        | names.SURVEYS
        | names.MESSAGES
        | names.AFTERWARDS
        | names.TURNS
    )
    assert known - planned_events().keys() == set()


def test_an_event_nobody_described_is_the_customers() -> None:
    assert names.default_touch(names.event_key("Odd Thing Seen")) is Touch.CUSTOMER_ACTIVE
    assert names.touch_of("contact", "outbound", None) is Touch.BRAND_ACTIVE
    assert names.touch_of("page_viewed", "", False) is Touch.CUSTOMER_PASSIVE
