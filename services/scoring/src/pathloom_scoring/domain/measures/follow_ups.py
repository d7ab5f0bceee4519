"""Measures of coming back: first-contact resolution and repeats."""

from __future__ import annotations

from pathloom_scoring.domain.intervals import Estimate, count, covered, share
from pathloom_scoring.domain.measures.registry import DESIGN, EXACT, OURS, WILSON, Family, measure
from pathloom_scoring.domain.measures.sums import FollowUpSums


@measure(
    unit="share",
    family=Family.FOLLOW_UPS,
    formula="contacts without a further one ÷ contacts",
    interval=WILSON,
    source=DESIGN,
    parameter="fcr_days",
)
def fcr_gross(s: FollowUpSums) -> Estimate:
    """First-contact resolution, gross: share of all contacts with no further contact by the same customer for the same reason within the window.

    Over inbound contacts whose reason (coded, else stated, else derived) is known and whose window is over; coverage
    is their share of all inbound contacts.
    """
    return covered(share(s.resolved, s.judged), s.inbound)


@measure(
    unit="share",
    family=Family.FOLLOW_UPS,
    formula="as gross, without reasons not resolvable at first contact",
    interval=WILSON,
    source=DESIGN,
    parameter="fcr_days",
)
def fcr_net(s: FollowUpSums) -> Estimate:
    """First-contact resolution, net: as gross, without reasons that the blueprint marks as not resolvable at first contact."""
    return covered(share(s.net_resolved, s.net_judged), s.net_inbound)


@measure(
    unit="count",
    family=Family.FOLLOW_UPS,
    formula="|contacts after another|",
    interval=EXACT,
    source=OURS,
    parameter="fcr_days",
)
def repeats_within_window(s: FollowUpSums) -> Estimate:
    """Repeats: inbound contacts that follow an earlier one by the same customer for the same reason within the window.

    It looks back, so it is known at once; n is the inbound contacts whose reason is known.
    """
    return covered(count(s.repeats, s.with_reason), s.inbound)
