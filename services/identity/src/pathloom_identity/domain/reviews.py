"""What a steward is asked, in the order of what the answer is worth, and how customers changed."""

from dataclasses import dataclass

from pathloom_identity.domain.clustering import Edge
from pathloom_identity.domain.records import RecordKey


def probability(bits: float) -> float:
    """That two records are one person, by what they weigh (prior included): the odds are 2 to the power of it."""
    return 1.0 / (1.0 + 2.0**-bits) if bits > -1000 else 0.0


def worth(bits: float, left: int, right: int) -> float:
    """Pairs of records that a decision on two customers of `left` and `right` records is expected to put right: until
    somebody decides they are apart, wrongly with the probability that they are one."""
    return probability(bits) * left * right


@dataclass(frozen=True, slots=True)
class Change:
    """A record that went from one customer to another. `split`: out of its customer; else its customer became part of
    another. `edge`: why, where something joined them; `actor`: who decided, empty: nobody."""

    record: RecordKey
    from_id: str
    into_id: str
    split: bool
    edge: Edge | None
    actor: str
