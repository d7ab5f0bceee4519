"""What every way of trying shares: the journey it is part of, what it can tell, and how it went."""

from dataclasses import dataclass, field

from pathloom_simulator.chance import Chance
from pathloom_simulator.scribe import Scribe
from pathloom_simulator.strain import Strain
from pathloom_simulator.values import Agent, Company, Goal, Stage

# One touchpoint in ten tells nothing about its goal; one wrap-up code in sixty is that of another goal.
UNHINTED = 0.1
WRONG_CODE = 1 / 60


@dataclass(slots=True)
class Journey:
    """A journey while it goes on."""

    journey_id: str
    scribe: Scribe
    goal: Goal
    stage: Stage
    begin_ms: int
    strain: Strain = field(default_factory=Strain)
    told_before: bool = False

    @property
    def chance(self) -> Chance:
        """Where its chances come from."""
        return self.scribe.chance

    @property
    def company(self) -> Company:
        """Whose customer it is."""
        return self.scribe.company

    def stated(self) -> str:
        """What the customer says they want, or nothing."""
        return "" if self.chance.happens(UNHINTED) else self.chance.pick(self.stage.stated)

    def codes(self, hinted: bool) -> tuple[str, ...]:
        """What an agent codes."""
        if not hinted:
            return ("GEN-OTHER",)
        if self.chance.happens(WRONG_CODE):
            other = self.chance.pick([goal for goal in self.company.goals if goal.key != self.goal.key])
            return (self.chance.pick(other.stages[0].codes),)
        code = self.chance.pick(self.stage.codes)
        return (code, "GEN-CALLBACK") if self.chance.happens(0.1) else (code,)

    def agent(self, department: str) -> Agent:
        """One agent of a department."""
        return self.chance.pick([agent for agent in self.company.agents if agent.department == department])


@dataclass(frozen=True, slots=True)
class Result:
    """How an attempt went: when it was over, whether it settled the stage; the channel as the customer sees it."""

    end_ms: int
    solved: bool
    channel: str
    contact_id: str = ""
    namespace: str = ""
    answered: bool = False
    promise_id: str = ""
    promise_due_ms: int = 0
    promise_by: str = ""
    ongoing: bool = False
