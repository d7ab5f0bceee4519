"""How long to wait before trying again."""

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubles from `base_s` to `cap_s`, with jitter so that many who failed together do not come back together."""

    base_s: float = 0.1
    cap_s: float = 10.0
    chance: Callable[[], float] = random.random

    def delay_s(self, attempt: int) -> float:
        """For the attempt after `attempt` (1 or more) failures: between half and all of the doubled base."""
        whole = min(self.cap_s, self.base_s * 2.0 ** min(attempt - 1, 32))
        return whole * (0.5 + 0.5 * self.chance())
