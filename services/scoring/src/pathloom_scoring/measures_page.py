"""`python -m pathloom_scoring.measures_page > docs/measures.md`: the page of all measures, from their definitions."""

from __future__ import annotations

from collections.abc import Mapping

from pathloom_scoring.adapters.weights_file import shipped_weights
from pathloom_scoring.domain.measures import Family, Parameters, registered
from pathloom_scoring.domain.weights import Weight

_HEAD = """\
# Measures

Made from the definitions in the code by `python -m pathloom_scoring.measures_page`; a test keeps it current.

Every measure comes with **n** (the cases it rests on), a **95 % interval** where one can be given, and a **coverage** (the
share of cases that could be measured; of journey NPS: of journeys with an answer). Without a case (n = 0) the value is
unset, never zero. Sources of intervals: Wilson score (Wilson 1927) for shares; mean ± t · s ÷ √n for means; the stated
variance for NPS, stratified (Cochran 1977, 5.13) for journey NPS. Where every NPS answer is in one class that variance is 0
and says nothing: half an answer is then added to promoters and to detractors, for the interval only. A group of handlings
or answers of the same contact is treated as independent.

A touchpoint counts at its begin, an answer when it was given, a promise when it is due; a journey is selected by any
touchpoint in the selection. Groups sum to the whole: what has no value to group by is in the group `(none)`, a journey is in
the group of its first touchpoint selected, a handling in its own department, an answer in the place of the contact it is
about. Test data counts only when asked for. A journey of more than 200 touchpoints shows the newest 200; the older ones
that may lie in the selection lower the coverage. The reason of a contact is its first coded, else its first stated, else its
derived one; an inbound contact is one that neither says `outbound` nor was begun by the brand.

"""
_FAMILIES = {
    Family.TOUCHPOINTS: "Contacts and touchpoints",
    Family.HANDLINGS: "Handlings",
    Family.FOLLOW_UPS: "Coming back",
    Family.ANSWERS: "Answers",
    Family.JOURNEYS: "Journeys",
    Family.PROMISES: "Promises",
}
_DEFAULTS = {
    "": "",
    "service_level_s": f" Parameter `service_level_s`, default {Parameters().service_level_s:g}.",
    "fcr_days": f" Parameter `fcr_days`, default {Parameters().fcr_days:g}.",
}


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(_section(family) for family in Family) + _weights()


def _section(family: Family) -> str:
    rows = [
        f"| `{one.name}` | {one.docstring.replace(chr(10) * 2, ' ').replace(chr(10), ' ')}{_DEFAULTS[one.parameter]} "
        f"| {one.formula.replace('|', '‖')} | {one.unit} | {one.interval.replace('|', '‖')} | {one.source} |\n"
        for one in registered().values()
        if one.family is family
    ]
    head = "| name | definition | formula | unit | interval | source |\n|---|---|---|---|---|---|\n"
    return f"## {_FAMILIES[family]}\n{head}{''.join(rows)}\n"


def _weights() -> str:
    weights = shipped_weights()
    return (
        f"# Scores: the weights of `{weights.model}`\n"
        "Friction of a journey = the sum of these, each touchpoint by itself (0 = effortless, open-ended).\n\n"
        f"{_table(weights.friction)}\n"
        f"Satisfaction, where nobody answered = {weights.base:g} + the sum of these over the journey, bounded to 0..100, "
        f"± 1.96 · {weights.estimate_sd:g}; *unknown* below two touchpoints. Where there are answers: their mean, those about "
        "the journey before those about its contacts, each mapped to 0..100.\n\n"
        f"{_table(weights.satisfaction)}"
    )


def _table(weights: Mapping[str, Weight]) -> str:
    rows = [
        f"| `{name}` | {one.points:+g} | {one.per:g} {one.unit} | {'' if one.at_most is None else f'{one.at_most:g}'} "
        f"| {one.reason} |\n"
        for name, one in weights.items()
    ]
    return f"| signal | points | for each | at most | why |\n|---|---|---|---|---|\n{''.join(rows)}"


if __name__ == "__main__":
    print(page(), end="")
