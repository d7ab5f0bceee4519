"""What a journey costs the customer, and how they feel about it in the end: the causes behind every survey."""

from dataclasses import asdict, dataclass, field

from pathloom_simulator.chance import Chance


@dataclass(slots=True)
class Strain:
    """Sums over a journey."""

    wait_s: float = 0
    hold_s: float = 0
    abandoned: int = 0
    transfers: int = 0
    repeats: int = 0
    hops: int = 0
    failed_steps: int = 0
    policy_blocks: int = 0
    broken_promises: int = 0
    attempts: int = 0
    causes: set[str] = field(default_factory=set)

    def points(self) -> dict[str, float]:
        """What each cause takes off, on the scale of 1 to 5."""
        return {
            "wait": 0.085 * min(self.wait_s / 60, 25),
            "hold": 0.08 * min(self.hold_s / 60, 10),
            "abandoned": 0.55 * self.abandoned,
            "transfers": 0.4 * self.transfers,
            "repeats": 0.3 * self.repeats,
            "hops": 0.22 * self.hops,
            "failed_steps": 0.32 * min(self.failed_steps, 4),
            "policy_blocks": 0.7 * self.policy_blocks,
            "broken_promises": 0.85 * self.broken_promises,
            "attempts": 0.08 * max(self.attempts - 1, 0),
        }

    def worst(self) -> str:
        """The cause that takes most; empty where nothing does."""
        points = self.points()
        worst = max(points, key=lambda name: points[name])
        return worst if points[worst] > 0 else ""

    def as_truth(self) -> dict[str, object]:
        """As a part of the truth."""
        plain = asdict(self)
        plain["causes"] = sorted(self.causes)
        return plain


def satisfaction(strain: Strain, reached: bool, grumpiness: float, chance: Chance) -> int:
    """True satisfaction, 1 (worst) to 5 (best): a base less the strain, more or less for the goal, and a person's noise."""
    felt = (
        4.9 - sum(strain.points().values()) + (0.3 if reached else -0.75) - grumpiness + chance.normal(0, 0.5)
    )
    return min(5, max(1, round(felt)))
