"""Visits to the portal: pages, and steps of self-service that work or fail."""

from dataclasses import dataclass, field

from pathloom_simulator.attempt import UNHINTED, Journey, Result
from pathloom_simulator.scribe import Scribe
from pathloom_simulator.values import SECOND, iso

WHY = ("file_too_large", "session_expired", "server_error", "not_understood")


@dataclass(slots=True)
class Visit:
    """Neighbouring pages of one record. Signing in changes the record, so it ends one visit and begins another."""

    scribe: Scribe
    journey_id: str
    device: str
    anonymous: str
    user: str = ""
    begun: int = 0
    last: int = 0
    views: int = 0
    steps: list[dict[str, object]] = field(default_factory=list)
    hinted: bool = False

    def page(self, ms: int, category: str, hint: bool) -> None:
        """A page is viewed."""
        self.begun, self.last, self.views = self.begun or ms, ms, self.views + 1
        self.hinted = self.hinted or hint
        path = "/" + category.replace("_", "/")
        properties = {"category": category, "path": path, "device": self.device, "channel": "web"}
        self.scribe.page(
            "portal", ms, category.replace("_", " ").capitalize(), properties, self.user, self.anonymous
        )

    def step(self, ms: int, step: str, what: str, **more: str) -> None:
        """A step of self-service is tried, fails or is done."""
        self.begun, self.last, self.hinted = self.begun or ms, ms, True
        self.steps.append({"step": step, "what": what.lower(), "at": iso(ms)})
        properties = {"step": step, "device": self.device, "channel": "web", **more}
        self.scribe.track("portal", ms, f"Self Service Step {what}", properties, self.user, self.anonymous)

    def sign_in(self, ms: int, user: str, email: str) -> "Visit":
        """The visitor says who they are: what follows is a visit of the user's record."""
        self.close("ended")
        self.scribe.identify("portal", ms, {"student_id": user, "email": email}, user, self.anonymous)
        return Visit(self.scribe, self.journey_id, self.device, self.anonymous, user)

    def close(self, outcome: str) -> None:
        """The line of the truth; nothing where nothing was seen."""
        if not self.begun:
            return
        self.scribe.tell(
            {
                "is": "touchpoint",
                "type": "visit",
                "journey": self.journey_id,
                "source": "portal",
                "namespace": "portal",
                "record": ["user", self.user] if self.user else ["anonymous", self.anonymous],
                "channel": "web",
                "direction": "inbound",
                "device": self.device,
                "start": iso(self.begun),
                "end": iso(self.last),
                "outcome": outcome,
                "named_by": "user" if self.user else "device",
                "hinted": self.hinted,
                "views": self.views,
                "steps": self.steps,
            }
        )


def visit(journey: Journey, at: int) -> Result:
    """The customer tries the portal. Who is no student, or does not sign in, stays anonymous."""
    chance, person = journey.chance, journey.scribe.person
    # A sign-out resets the browser's id, so a shared computer never ties two people together.
    here = Visit(journey.scribe, journey.journey_id, person.portal_device, journey.scribe.new_id("b"))
    now = at
    if chance.happens(0.15) or not person.student_id:
        here.page(now, "home", hint=False)
        now += chance.seconds(30, 0.6, 5, 300) * SECOND
    if person.student_id:
        here = here.sign_in(now, person.student_id, person.email)
        now += SECOND
    here.page(now, "account" if person.student_id else "help", hint=False)
    now += chance.seconds(20, 0.6, 3, 300) * SECOND
    hinted = not chance.happens(UNHINTED)
    for _ in range(chance.whole(1, 3)):
        here.page(now, chance.pick(journey.stage.pages) if hinted else "help", hint=hinted)
        now += chance.seconds(45, 0.7, 4, 600) * SECOND
    done, failed = False, 0
    if person.student_id and hinted and _can_serve_oneself(journey) and chance.happens(0.75):
        done, failed, now = _self_service(journey, here, now)
    solved = failed == 0 or done
    solved = solved and (done or chance.happens(journey.goal.solve["web"] * 0.6))
    outcome = "resolved" if solved else ("failed" if failed and not done else "unresolved")
    here.close(outcome)
    return Result(here.last, solved, "web")


def _can_serve_oneself(journey: Journey) -> bool:
    """Whether this stage or a later one has a step in the portal."""
    stages = journey.goal.stages
    return any(stage.steps for stage in stages[stages.index(journey.stage) :])


def _self_service(journey: Journey, here: Visit, now: int) -> tuple[bool, int, int]:
    chance, failed = journey.chance, 0
    stages = [
        stage for stage in journey.goal.stages[journey.goal.stages.index(journey.stage) :] if stage.steps
    ]
    stage = stages[0]
    step = chance.pick(stage.steps)
    for _ in range(3):
        here.step(now, step, "Tried")
        now += chance.seconds(50, 0.5, 5, 400) * SECOND
        if not chance.happens(_fails(journey, here.device, step, now)):
            here.step(now, step, "Done")
            journey.stage = stage
            return True, failed, now
        here.step(now, step, "Failed", why=chance.pick(WHY), where=f"/{step.replace('_', '/')}")
        failed += 1
        journey.strain.failed_steps += 1
        now += chance.seconds(40, 0.6, 5, 400) * SECOND
        if not chance.happens(0.55):
            break
    return False, failed, now


def _fails(journey: Journey, device: str, step: str, ms: int) -> float:
    for outage in journey.company.outages:
        age = (ms - journey.begin_ms) / (journey.scribe.now_ms - journey.begin_ms)
        if outage.step == step and outage.device == device and outage.begins <= age < outage.ends:
            journey.strain.causes.add(f"outage:{outage.key}")
            return outage.step_fails
    return journey.goal.step_fails
