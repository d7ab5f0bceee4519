"""Measures of promises."""

from __future__ import annotations

from pathloom_scoring.domain.intervals import Estimate, count, covered, share
from pathloom_scoring.domain.measures.registry import EXACT, OURS, WILSON, Family, measure
from pathloom_scoring.domain.measures.sums import PromiseSums


@measure(unit="count", family=Family.PROMISES, formula="|due, not kept|", interval=EXACT, source=OURS)
def overdue_promises(s: PromiseSums) -> Estimate:
    """Overdue promises: those past due and not kept, as of now or the end of the range, whichever is earlier; a promise's time is when it is due."""
    return count(s.overdue, s.promises)


@measure(
    unit="share",
    family=Family.PROMISES,
    formula="kept when due ÷ (kept + broken + overdue)",
    interval=WILSON,
    source=OURS,
)
def promises_kept(s: PromiseSums) -> Estimate:
    """Promises kept: the share kept by the time they were due among those kept, said to be broken, or past due."""
    return covered(share(s.kept, s.judged), s.promises)
