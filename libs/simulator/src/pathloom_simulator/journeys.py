"""How people go after their goals: try, fail, hop to another channel, wait for a promise, give up or get there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pathloom_simulator.attempt import Journey, Result
from pathloom_simulator.chat import chat
from pathloom_simulator.desk import desk
from pathloom_simulator.scribe import Scribe
from pathloom_simulator.strain import satisfaction
from pathloom_simulator.surveys import ask_about_contact, ask_about_journey
from pathloom_simulator.values import DAY, HOUR, MINUTE, Goal, iso
from pathloom_simulator.visit import visit
from pathloom_simulator.voice import call, call_back
from pathloom_simulator.written import email

TRY: Mapping[str, Callable[[Journey, int], Result]] = {
    "voice": call,
    "web": visit,
    "chat": chat,
    "email": email,
    "in_store": desk,
}
NEXT_CHANNEL = {
    "web": {"web": 0.16, "voice": 0.5, "chat": 0.18, "email": 0.08, "in_store": 0.08},
    "chat": {"web": 0.13, "voice": 0.55, "chat": 0.14, "email": 0.1, "in_store": 0.08},
    "voice": {"web": 0.2, "voice": 0.47, "chat": 0.08, "email": 0.1, "in_store": 0.15},
    "email": {"web": 0.15, "voice": 0.5, "chat": 0.1, "email": 0.15, "in_store": 0.1},
    "in_store": {"web": 0.2, "voice": 0.3, "chat": 0.05, "email": 0.1, "in_store": 0.35},
}
SAME_AS = {"bot": "chat", "ivr": "voice"}
MOST_ATTEMPTS = 9
LONGEST_GAP = 8 * DAY
# Two journeys of one person with the same goal are at least this far apart.
APART = 25 * DAY
# Nothing begins so late that it could not be over by now.
MARGIN = 6 * HOUR
# Room around an attempt, so that two visits of one person never look like one.
ROOM = 45 * MINUTE


@dataclass(slots=True)
class Life:
    """What one person did within the history."""

    scribe: Scribe
    begin_ms: int
    busy: list[tuple[int, int]] = field(default_factory=list)
    last_of: dict[str, int] = field(default_factory=dict)
    journeys: int = 0

    def live(self) -> None:
        """All journeys of the person."""
        person, chance = self.scribe.person, self.scribe.chance
        wanted = {
            "student": {1: 0.15, 2: 0.4, 3: 0.45},
            "parent": {0: 0.3, 1: 0.6, 2: 0.1},
            "visitor": {1: 1.0},
        }
        goals = {goal.key: goal for goal in self.scribe.company.goals}
        shares = {goal.key: goal.share for goal in self.scribe.company.goals}
        for _ in range(chance.weighted(wanted[person.role])):
            goal = goals[chance.weighted(shares)]
            start = self.begin_ms + round(chance.between(0, 1) * (self.scribe.now_ms - DAY - self.begin_ms))
            if goal.key in self.last_of:
                start = max(start, self.last_of[goal.key] + APART)
            if start < self.scribe.now_ms - DAY:
                self.pursue(goal, start)

    def pursue(self, goal: Goal, start: int) -> None:
        """One journey, from the first attempt until it is reached, given up or now."""
        self.journeys += 1
        journey_id = f"j{self.scribe.person.person_id[1:]}-{self.journeys}"
        journey = Journey(journey_id, self.scribe, goal, goal.stages[0], self.begin_ms)
        channel = self._first_channel(goal)
        at, first, last, state = start, 0, 0, "in_progress"
        while True:
            at = self._free(_open(at) if channel != "web" else at)
            if at > self.scribe.now_ms - MARGIN:
                break
            journey.strain.attempts += 1
            result = TRY[channel](journey, at)
            first, last = first or at, result.end_ms
            self.busy.append((at, last))
            if result.ongoing:
                break
            result, at, waits = self._after(journey, result)
            last = max(last, result.end_ms)
            if waits:
                break
            if result.solved and self._moved_on(journey):
                state = "reached"
                break
            if not result.solved and self._gives_up(journey):
                state = "given_up"
                break
            before, channel = channel, self._next_channel(SAME_AS.get(result.channel, result.channel))
            journey.strain.hops += before != channel and not result.solved
            at = min(at, last + LONGEST_GAP)
        if first:
            self._close(journey, first, last, state)

    def _after(self, journey: Journey, result: Result) -> tuple[Result, int, bool]:
        """Survey, promise, call-back; then the last result, the earliest next attempt, and whether now comes first."""
        chance, scribe = journey.chance, self.scribe
        felt = satisfaction(journey.strain, result.solved, scribe.person.grumpiness, chance)
        ask_about_contact(journey, result, felt)
        journey.told_before = True
        if not result.promise_id:
            gap = chance.seconds(40 if result.solved else 16, 0.9, 1, 190) * HOUR
            return result, result.end_ms + gap, False
        kept = chance.happens(0.55)
        due = result.promise_due_ms
        line = {
            "is": "promise",
            "journey": journey.journey_id,
            "promise_id": result.promise_id,
            "contact_id": result.contact_id,
            "made_at": iso(result.end_ms),
            "due_at": iso(due),
            "kept_at": None,
        }
        if due > scribe.now_ms - MARGIN:
            scribe.tell(line)
            return result, due, True
        if not kept:
            journey.strain.broken_promises += 1
            journey.strain.causes.add("promise-broken")
            scribe.tell(line)
            if scribe.person.crm_id and chance.happens(0.25):
                broken = {"promise_id": result.promise_id, "goal": journey.goal.key}
                scribe.track("crm", due + DAY, "Promise Broken", broken, scribe.person.crm_id)
            return result, due + chance.whole(2, 40) * HOUR, False
        at = self._free(max(result.end_ms + HOUR, due - chance.whole(1, 5) * HOUR))
        journey.strain.attempts += 1
        answer = call_back(journey, at, result.contact_id, result.promise_by)
        self.busy.append((at, answer.end_ms))
        scribe.tell({**line, "kept_at": iso(answer.end_ms)})
        if scribe.person.crm_id:
            scribe.track(
                "crm",
                answer.end_ms + MINUTE,
                "Promise Kept",
                {"promise_id": result.promise_id},
                scribe.person.crm_id,
            )
        return answer, answer.end_ms + chance.seconds(30, 0.9, 2, 190) * HOUR, False

    def _moved_on(self, journey: Journey) -> bool:
        """A stage is settled: on to the next, or the goal is reached."""
        stages = journey.goal.stages
        place = stages.index(journey.stage)
        if place == len(stages) - 1 or journey.chance.happens(0.3):
            return True
        journey.stage = stages[place + 1]
        return False

    def _gives_up(self, journey: Journey) -> bool:
        """More likely with each attempt. Who stays may get further without an answer."""
        stages, chance = journey.goal.stages, journey.chance
        if journey.strain.attempts >= MOST_ATTEMPTS or chance.happens(0.03 + 0.025 * journey.strain.attempts):
            return True
        place = stages.index(journey.stage)
        if place < len(stages) - 1 and chance.happens(0.3):
            journey.stage = stages[place + 1]
        return False

    def _first_channel(self, goal: Goal) -> str:
        role = self.scribe.person.role
        if role == "visitor":
            return "web"
        weights = dict(goal.first_channel)
        if role == "parent":
            del weights["web"]
        return self.scribe.chance.weighted(weights)

    def _next_channel(self, channel: str) -> str:
        role = self.scribe.person.role
        if role == "visitor":
            return "web"
        weights = dict(NEXT_CHANNEL[channel])
        if role == "parent":
            del weights["web"]
        return self.scribe.chance.weighted(weights)

    def _free(self, at: int) -> int:
        """The first instant from `at` on with room before and after it."""
        for begin, end in sorted(self.busy):
            if at - ROOM < end and at + MARGIN > begin:
                at = max(at, end + ROOM)
        return at

    def _close(self, journey: Journey, first: int, last: int, state: str) -> None:
        scribe, chance = self.scribe, journey.chance
        person = scribe.person
        self.last_of[journey.goal.key] = last
        reached = state == "reached"
        if reached and person.role != "visitor" and chance.happens(0.9 if person.student_id else 0.6):
            source, user = ("sis", person.student_id) if person.student_id else ("crm", person.crm_id)
            scribe.track(
                source, last + chance.whole(5, 600) * MINUTE, "Goal Reached", {"goal": journey.goal.key}, user
            )
        if state == "given_up" and person.crm_id and chance.happens(0.1):
            given_up = {"goal": journey.goal.key}
            scribe.track("crm", last + chance.whole(1, 48) * HOUR, "Goal Given Up", given_up, person.crm_id)
        felt = satisfaction(journey.strain, reached, person.grumpiness, chance)
        if state != "in_progress":
            ask_about_journey(journey, last, felt)
        scribe.tell(
            {
                "is": "journey",
                "journey": journey.journey_id,
                "goal": journey.goal.key,
                "state": state,
                "stage": journey.stage.key,
                "opened_at": iso(first),
                "last_at": iso(last),
                "satisfaction": felt,
                "strain": journey.strain.as_truth(),
            }
        )


def _open(at: int) -> int:
    """The next time between 8 and 20 o'clock at the college (UTC-6)."""
    hour = (at // HOUR - 6) % 24
    if 8 <= hour < 20:
        return at
    return at + ((8 - hour) % 24) * HOUR
