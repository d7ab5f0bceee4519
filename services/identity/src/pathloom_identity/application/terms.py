"""What resolving is done by, beside the sources in force: made once, the same in every transaction."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from pathloom_kit.clock import Clock, SystemClock

from pathloom_identity.application.weighers import Weighers
from pathloom_identity.domain.evidence.weigher import Weigher
from pathloom_identity.domain.golden import Survivorship
from pathloom_identity.domain.identifiers import Normalise


@dataclass(frozen=True)
class Terms:
    """`demote_over`: a value that more records hold joins none. `weigher`: of the model that decides where the store has
    none in force; None: no evidence beside identifiers. `weighers`: of the one that the store has. `survivorship`: which of
    several values of a field is the golden one. `left_out` is told, by rule, how many records were left to other keys
    because a block is above the cap.
    """

    normalise: Normalise
    demote_over: int = 50
    weigher: Weigher | None = None
    left_out: Callable[[Counter[str]], None] = field(default=lambda found: None)
    survivorship: Survivorship = field(default_factory=dict)
    clock: Clock = field(default_factory=SystemClock)
    weighers: Weighers = field(default_factory=Weighers)
