"""What the names of events mean here. The tracking plan has the whole list; a test holds the two together."""

import re

from pathloom_journey_graph.domain.values import Touch

_NOT_IN_KEY = re.compile(r"[^a-z0-9]+")


def event_key(name: str) -> str:
    """The key of an event's name: lower case, everything but letters and digits is one underscore."""
    return _NOT_IN_KEY.sub("_", name.lower()).strip("_")


# Employees and incidents belong to no customer; consent and bindings are no interaction.
NO_TOUCHPOINT = frozenset({
    "agent_state_changed", "quality_evaluated", "employee_survey_answered", "incident_started", "incident_ended",
    "consent_given", "consent_withdrawn", "consent_expired", "preference_set", "contact_bound",
})  # fmt: skip
NO_TOUCHPOINT_TYPES = frozenset({"identify", "group", "alias"})

# Without a contact these fold into the visit of their record.
DIGITAL = frozenset({
    "page_viewed", "screen_viewed", "self_service_step_tried", "self_service_step_done", "self_service_step_failed",
    "search_made", "form_error", "error_shown", "policy_blocked", "information_repeated",
})  # fmt: skip

# Without a contact these are context of a journey, no touch of their own.
MARKS = frozenset({
    "promise_made", "promise_amended", "promise_kept", "promise_broken", "case_opened", "case_assigned",
    "case_due_changed", "case_escalated", "case_contact_linked", "case_reopened", "case_closed", "goal_reached",
    "goal_given_up", "verification_started", "verification_passed", "verification_failed", "contact_flagged",
    "agent_note_added", "callback_expired", "email_auto_replied", "email_bounced", "outbound_bounced", "voicemail_heard",
    "contact_wrapped_up",
})  # fmt: skip

SURVEYS = frozenset({
    "survey_invited", "survey_delivered", "survey_started", "survey_answered", "survey_refused", "survey_expired",
})  # fmt: skip
LETTERS = frozenset({"letter_received", "letter_scanned", "letter_dealt_with", "letter_sent"})
MESSAGES = LETTERS | {
    "outbound_attempted", "outbound_delivered", "outbound_opened", "outbound_clicked", "outbound_unsubscribed",
    "right_party_reached", "email_sent", "email_received", "message_sent", "message_read",
}  # fmt: skip

# A contact of nothing but these is none: machines answering machines, and what is written down about it.
NO_CONTACT_ALONE = frozenset({"email_auto_replied", "email_bounced"})
AFTERWARDS = frozenset({
    "contact_wrapped_up", "agent_note_added", "promise_kept", "promise_broken", "promise_amended", "case_assigned",
    "case_due_changed", "case_escalated", "case_closed", "case_reopened", "goal_reached", "goal_given_up",
    "voicemail_heard", "contact_flagged",
})  # fmt: skip
TURNS = frozenset({"message_sent", "email_received", "email_sent"})

_CUSTOMER_PASSIVE = frozenset({"banner_shown", "message_read", "outbound_opened", "review_read"})
_BRAND_ACTIVE = frozenset({
    "callback_attempted", "callback_connected", "callback_scheduled", "email_sent", "letter_sent", "order_delivered",
    "order_refunded", "order_shipped", "outbound_attempted", "outbound_delivered", "right_party_reached",
    "social_reply_made", "survey_delivered", "survey_invited", "ticket_called", "voicemail_returned",
})  # fmt: skip
_NONE = MARKS | NO_TOUCHPOINT | frozenset({
    "information_repeated", "policy_blocked", "letter_dealt_with", "letter_scanned", "survey_expired",
})  # fmt: skip


def default_touch(key: str) -> Touch:
    """Who touches whom by this event, unless it says otherwise. An event nobody has described is the customer's."""
    if key in _CUSTOMER_PASSIVE:
        return Touch.CUSTOMER_PASSIVE
    if key in _BRAND_ACTIVE:
        return Touch.BRAND_ACTIVE
    return Touch.NONE if key in _NONE else Touch.CUSTOMER_ACTIVE


def touch_of(key: str, direction: str, active: bool | None) -> Touch:
    """The default, as `direction` and `active` override it."""
    touch = default_touch(key)
    brand = touch in (Touch.BRAND_ACTIVE, Touch.BRAND_PASSIVE) or direction == "outbound"
    is_active = touch in (Touch.CUSTOMER_ACTIVE, Touch.BRAND_ACTIVE) if active is None else active
    if touch is Touch.NONE and active is None and direction != "outbound":
        return Touch.NONE
    if brand:
        return Touch.BRAND_ACTIVE if is_active else Touch.BRAND_PASSIVE
    return Touch.CUSTOMER_ACTIVE if is_active else Touch.CUSTOMER_PASSIVE
