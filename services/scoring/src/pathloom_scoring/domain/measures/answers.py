"""Measures of solicited feedback, by answer."""

from __future__ import annotations

from pathloom_scoring.domain.intervals import Estimate, covered, mean, net_promoter_score, share
from pathloom_scoring.domain.measures.registry import DESIGN, STUDENT, WILSON, Family, measure
from pathloom_scoring.domain.measures.sums import AnswerSums

NPS_VARIANCE = "± 1.96 · √variance, variance = 100²·[p+d−(p−d)²]/n"


@measure(
    unit="points",
    family=Family.ANSWERS,
    formula="100 · (promoters − detractors) ÷ n",
    interval=NPS_VARIANCE,
    source=DESIGN,
)
def nps(s: AnswerSums) -> Estimate:
    """Transactional NPS: 100·(promoters 9–10 − detractors 0–6)/n over the answers about a contact.

    Answers of another width than 0 to 10 are mapped linearly. An answer counts at the time it was given, in the place
    (channel, queue, department, reason) of the contact it is about.
    """
    return covered(net_promoter_score(s.promoters, s.detractors, s.nps), s.nps_asked)


@measure(unit="share", family=Family.ANSWERS, formula="answers 4–5 of 5 ÷ n", interval=WILSON, source=DESIGN)
def csat(s: AnswerSums) -> Estimate:
    """CSAT: the share of the top two of five among the answers about a contact or a journey."""
    return covered(share(s.csat_top, s.csat), s.csat_asked)


@measure(unit="of 7", family=Family.ANSWERS, formula="Σ answers ÷ n", interval=STUDENT, source=DESIGN)
def ces_mean(s: AnswerSums) -> Estimate:
    """Customer Effort Score 2.0, mean: the mean of the answers from 1 (strongly disagree that it was made easy) to 7 (strongly agree)."""
    return covered(mean(s.ces), s.ces_asked)


@measure(unit="share", family=Family.ANSWERS, formula="answers ≥ 5 of 7 ÷ n", interval=WILSON, source=DESIGN)
def ces_share(s: AnswerSums) -> Estimate:
    """Customer Effort Score 2.0, share: the share of the answers of at least 5 of 7."""
    return covered(share(s.ces_easy, s.ces.n), s.ces_asked)
