"""Measures over touchpoints and handlings."""

from __future__ import annotations

from pathloom_scoring.domain.intervals import NOTHING, Estimate, count, covered, mean, share
from pathloom_scoring.domain.measures.registry import DESIGN, EXACT, OURS, STUDENT, WILSON, Family, measure
from pathloom_scoring.domain.measures.sums import HandlingSums, TouchpointSums

POINTS = Family.TOUCHPOINTS


@measure(unit="count", family=POINTS, formula="|contacts|", interval=EXACT, source=OURS)
def contacts(s: TouchpointSums) -> Estimate:
    """Contacts: attempts of a customer to get something done through a platform, or of the brand to reach the customer."""
    return count(s.contacts, s.contacts)


@measure(unit="count", family=POINTS, formula="|touchpoints|", interval=EXACT, source=OURS)
def touches(s: TouchpointSums) -> Estimate:
    """Touchpoints of every kind: contacts, visits, messages, surveys and other events that touch."""
    return count(s.touchpoints, s.touchpoints)


@measure(unit="count", family=POINTS, formula="|touch = customer_active|", interval=EXACT, source=OURS)
def touches_customer_active(s: TouchpointSums) -> Estimate:
    """Touchpoints in which the customer touches the brand actively (calls, searches, writes)."""
    return count(s.customer_active, s.touchpoints)


@measure(unit="count", family=POINTS, formula="|touch = customer_passive|", interval=EXACT, source=OURS)
def touches_customer_passive(s: TouchpointSums) -> Estimate:
    """Touchpoints in which the customer touches the brand passively (sees a banner, reads a review)."""
    return count(s.customer_passive, s.touchpoints)


@measure(unit="count", family=POINTS, formula="|touch = brand_active|", interval=EXACT, source=OURS)
def touches_brand_active(s: TouchpointSums) -> Estimate:
    """Touchpoints in which the brand touches the customer actively (calls, writes)."""
    return count(s.brand_active, s.touchpoints)


@measure(unit="count", family=POINTS, formula="|touch = brand_passive|", interval=EXACT, source=OURS)
def touches_brand_passive(s: TouchpointSums) -> Estimate:
    """Touchpoints in which the brand touches the customer passively (a sign, a status page)."""
    return count(s.brand_passive, s.touchpoints)


@measure(
    unit="s",
    family=Family.HANDLINGS,
    formula="(talk + hold + after-call work) ÷ handlings",
    interval=STUDENT,
    source=DESIGN,
)
def aht(s: HandlingSums) -> Estimate:
    """Average handling time: (talk + hold + after-call work) ÷ handlings, a handling being one unbroken stretch of one agent on a contact, from answer to the end of after-call work.

    Over handlings that are over and of which at least one part was measured; grouped and filtered by the handling's
    own department.
    """
    return covered(mean(s.times), s.handlings)


@measure(unit="s", family=POINTS, formula="Σ wait ÷ answered", interval=STUDENT, source=DESIGN)
def asa(s: TouchpointSums) -> Estimate:
    """Average speed of answer: Σ wait ÷ answered, wait = delay (leaving IVR or bot until queued) + queue + ring.

    Over answered contacts whose wait was measured; coverage is their share of the answered.
    """
    return covered(mean(s.answer_waits), s.answered)


@measure(
    unit="share",
    family=POINTS,
    formula="answered within x s ÷ (offered − short calls)",
    interval=WILSON,
    source=DESIGN,
    parameter="service_level_s",
)
def service_level(s: TouchpointSums) -> Estimate:
    """Service level: answered within x s ÷ (offered − short calls).

    Contacts still waiting are not judged yet; answered ones whose wait was not measured cannot be, and lower the
    coverage.
    """
    return covered(share(s.judged_in_time, s.judged_timed), s.judged)


@measure(unit="s", family=POINTS, formula="max wait", interval="none: an extreme", source=OURS)
def longest_wait(s: TouchpointSums) -> Estimate:
    """Longest wait of an offered contact, until it was answered or given up."""
    if s.longest_wait_s is None:
        return NOTHING
    return covered(Estimate(s.longest_wait_s, s.waited), s.offered)


@measure(
    unit="share",
    family=POINTS,
    formula="abandoned while queued or ringing ÷ offered, short calls dropped from both",
    interval=WILSON,
    source=DESIGN,
)
def abandon_rate(s: TouchpointSums) -> Estimate:
    """Abandon rate: abandoned while queued or ringing ÷ offered, short calls dropped from both.

    Contacts still waiting are not judged yet.
    """
    return covered(share(s.judged_abandoned, s.judged), s.judged)


@measure(
    unit="count", family=POINTS, formula="|abandoned while queued or ringing|", interval=EXACT, source=OURS
)
def abandoned(s: TouchpointSums) -> Estimate:
    """Contacts abandoned while queued or ringing, short calls dropped: the numerator of the abandon rate."""
    return count(s.judged_abandoned, s.judged)


@measure(unit="count", family=POINTS, formula="|offered|", interval=EXACT, source=OURS)
def offered(s: TouchpointSums) -> Estimate:
    """Contacts offered to a queue or an agent, short calls among them."""
    return count(s.offered, s.contacts)


@measure(
    unit="share",
    family=POINTS,
    formula="answered contacts with ≥ 1 transfer ÷ answered contacts",
    interval=WILSON,
    source=OURS,
)
def transfer_rate(s: TouchpointSums) -> Estimate:
    """Transfer rate: answered contacts that changed from agent to agent or queue at least once ÷ answered contacts."""
    return covered(share(s.transferred, s.answered), s.answered)


@measure(
    unit="share",
    family=POINTS,
    formula="contained ÷ contacts that entered IVR or bot",
    interval=WILSON,
    source=OURS,
)
def containment(s: TouchpointSums) -> Estimate:
    """Containment: contacts that ended in IVR or bot with nobody asked for ÷ contacts over that entered IVR or bot.

    Contained says that it ended there, not that it helped.
    """
    return covered(share(s.contained, s.entered_self_service), s.entered_self_service)


@measure(
    unit="share",
    family=POINTS,
    formula="hops ÷ touchpoints begun by the customer",
    interval=WILSON,
    source=OURS,
)
def hop_rate(s: TouchpointSums) -> Estimate:
    """Channel-hop rate: touchpoints in which the customer started again after another channel ÷ touchpoints that the customer began.

    A hand-over that the platform makes inside a contact is a change of leg, no hop.
    """
    return covered(share(s.hops, s.begun_by_customer), s.begun_by_customer)


@measure(unit="count", family=POINTS, formula="|hops|", interval=EXACT, source=OURS)
def hops(s: TouchpointSums) -> Estimate:
    """Channel hops: touchpoints in which the customer started again elsewhere after another channel."""
    return count(s.hops, s.begun_by_customer)


@measure(
    unit="currency",
    family=POINTS,
    formula="Σ unit cost of hops",
    interval="none: a sum of unit costs",
    source=OURS,
)
def hop_cost(s: TouchpointSums) -> Estimate:
    """Cost of channel hops: the sum of the blueprint's unit costs of the touchpoints that were hops.

    Coverage is the share of hops whose channel has a unit cost.
    """
    if s.hops == 0:
        return Estimate(0.0, s.begun_by_customer) if s.begun_by_customer else NOTHING
    if s.hop_costs.n == 0:
        return NOTHING
    return covered(Estimate(s.hop_costs.total, s.hop_costs.n), s.hops)


@measure(unit="currency", family=POINTS, formula="Σ unit cost ÷ contacts", interval=STUDENT, source=OURS)
def cost_per_contact(s: TouchpointSums) -> Estimate:
    """Cost per contact: the mean of the blueprint's unit costs over contacts whose channel has one."""
    return covered(mean(s.contact_costs), s.contacts)
