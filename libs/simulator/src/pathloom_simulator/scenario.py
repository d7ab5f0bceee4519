"""The caller of the demo: a history that any agent would want to know before saying hello, and a call that rings now."""

from dataclasses import dataclass

from pathloom_simulator.attempt import Journey
from pathloom_simulator.chance import Chance
from pathloom_simulator.contact import Contact
from pathloom_simulator.people import Person, number_of
from pathloom_simulator.scribe import Scribe
from pathloom_simulator.strain import Strain
from pathloom_simulator.values import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Agent,
    Config,
    Delivery,
    Goal,
    Sent,
    Truth,
    iso,
)
from pathloom_simulator.visit import Visit

PROMPT = Delivery(late=0, shuffled=0, repeated=0)


@dataclass(slots=True)
class Scenario:
    """The caller, everything sent so far, and the call that goes on."""

    person: Person
    contact: Contact
    agent: Agent
    sent: list[Sent]
    truth: list[Truth]

    def answer(self, at_ms: int) -> list[Sent]:
        """The agent answers and the caller is verified; what is sent for it."""
        scribe, person = self.contact.scribe, self.person
        scribe.now_ms, before = at_ms + 30 * SECOND, len(scribe.sent)
        leg = self.contact.begin(
            at_ms,
            "agent",
            "Contact Answered",
            agent_id=self.agent.agent_id,
            department=self.agent.department,
            level=self.agent.level,
        )
        self.contact.event(at_ms + 10 * SECOND, "Verification Started", leg, method="knowledge")
        self.contact.user = person.student_id
        self.contact.event(
            at_ms + 30 * SECOND, "Verification Passed", leg, method="knowledge", student_id=person.student_id
        )
        self.contact.user = ""
        return scribe.sent[before:]

    def finish(self, at_ms: int) -> list[Sent]:
        """The call is over and wrapped up, after `answer`; what is sent for it."""
        scribe, leg = self.contact.scribe, self.contact.legs[-1]
        scribe.now_ms, before = at_ms + 40 * SECOND, len(scribe.sent)
        self.contact.end(at_ms, "resolved", "customer")
        self.contact.wrap(
            at_ms + 40 * SECOND,
            leg,
            at_ms,
            ("APP-STATUS",),
            resolved=True,
            note="Took the letter by e-mail while on the line.",
        )
        return scribe.sent[before:]


def scenario(config: Config) -> Scenario:
    """Six days of an appeal, relative to the config's now; before it, a goal reached six weeks ago and an angry answer."""
    company, now = config.company, config.now_ms
    chance = Chance.of(config.seed, 0)
    maya, brother = _caller(config), _brother(config)
    scribe = Scribe(company, maya, chance, config.run, now, PROMPT)
    goals = {goal.key: goal for goal in company.goals}
    agents = {agent.department: agent for agent in reversed(company.agents)}
    _known(scribe, now - 60 * DAY)
    _old_journey(scribe, goals["where_is_my_aid"], now - 42 * DAY, agents["Financial Aid"])
    goal = goals["appeal"]
    journey = Journey("j0-0-2", scribe, goal, goal.stages[1], now - 60 * DAY)
    start = now - 6 * DAY + 2 * HOUR
    _failed_upload(journey, start)
    due = _promised_call(journey, now - 4 * DAY, now, agents["Appeals Office"])
    _chat_given_up(journey, now - 1 * DAY - 2 * HOUR)
    contact = _ringing(journey, now, agents["Appeals Office"])
    journey.strain.broken_promises += 1
    journey.strain.attempts = 4
    scribe.tell(_journey_line(journey, "in_progress", start, now, 1))
    other = Scribe(company, brother, chance, config.run, now, PROMPT)
    _known(other, now - 60 * DAY)
    truth = [scribe.person_truth(), *scribe.truth, other.person_truth(), *other.truth]
    assert due < now
    return Scenario(maya, contact, agents["Appeals Office"], [*scribe.sent, *other.sent], truth)


def _caller(config: Config) -> Person:
    site = config.company.sites[0]
    return Person(
        person_id="p0-0",
        household_id="h0",
        role="student",
        first_name="Maya",
        last_name="Lindqvist",
        born="2006-04-17",
        email=f"maya.lindqvist.0@{config.company.student_domain}",
        phone=number_of(1),
        address={"street": "12 Harbor Drive", "city": "Omaha", "postal_code": "68102", "country": "US"},
        language="en",
        site=site,
        student_id="S1000000",
        crm_id="K500000",
        panel_id="pn-0",
        portal_device="phone",
    )


def _brother(config: Config) -> Person:
    caller = _caller(config)
    caller.person_id, caller.first_name, caller.born, caller.phone = (
        "p0-1",
        "Noah",
        "2004-09-02",
        number_of(0),
    )
    caller.email = f"noah.lindqvist.1@{config.company.student_domain}"
    caller.student_id, caller.crm_id, caller.panel_id = "S1000001", "K500001", "pn-1"
    return caller


def _known(scribe: Scribe, at: int) -> None:
    person = scribe.person
    traits = {
        "student_id": person.student_id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "date_of_birth": person.born,
        "email": person.email,
        "phone": person.phone,
        "address": person.address["street"],
        "city": person.address["city"],
        "postal_code": person.address["postal_code"],
        "language": person.language,
    }
    scribe.identify("sis", at, traits, person.student_id)
    typed = {**traits, "last_name": person.last_name.replace("qv", "kv"), "student_id": person.student_id}
    del typed["email"], typed["date_of_birth"]
    scribe.identify("crm", at + DAY, typed, person.crm_id)


def _old_journey(scribe: Scribe, goal: Goal, at: int, agent: Agent) -> None:
    """A call that was answered quickly, a goal that was reached late, and what she said about it."""
    journey = Journey("j0-0-1", scribe, goal, goal.stages[1], at)
    contact = _call(journey, at, agent.department, "aid-general", "1", "aid_status")
    leg = contact.begin(
        at + 700 * SECOND,
        "agent",
        "Contact Answered",
        agent_id=agent.agent_id,
        department=agent.department,
        level=agent.level,
    )
    contact.end(at + 900 * SECOND, "unresolved", "customer")
    contact.wrap(
        at + 930 * SECOND,
        leg,
        at + 900 * SECOND,
        ("AID-STATUS",),
        resolved=False,
        note="Form not found, will look.",
    )
    scribe.tell(contact.truth(journey.journey_id))
    reached = at + 3 * DAY
    scribe.track("sis", reached, "Goal Reached", {"goal": goal.key}, scribe.person.student_id)
    survey = {
        "survey_id": scribe.new_id("sv"),
        "survey": "journey-nps",
        "about": "journey",
        "channel": "survey",
        "goal": goal.key,
    }
    user = scribe.person.panel_id
    scribe.identify("survey", reached + DAY, {"student_id": scribe.person.student_id}, user)
    scribe.track(
        "survey", reached + DAY, "Survey Invited", {**survey, "rule": "random", "probability": 0.5}, user
    )
    words = "nobody can tell me where my form is"
    answer = {
        "question": "overall",
        "scale": "nps",
        "scale_min": 0,
        "scale_max": 10,
        "value": 2,
        "verbatim": words,
    }
    scribe.track("survey", reached + DAY + HOUR, "Survey Answered", {**survey, **answer}, user)
    scribe.tell(
        {
            "is": "survey",
            "journey": journey.journey_id,
            "survey_id": survey["survey_id"],
            "about": "journey",
            "about_id": journey.journey_id,
            "asked_at": iso(reached + DAY),
            "scale": "nps",
            "value": 2,
        }
    )
    journey.strain = Strain(wait_s=660, attempts=1)
    scribe.tell(_journey_line(journey, "reached", at, at + 900 * SECOND, 2))


def _failed_upload(journey: Journey, at: int) -> None:
    scribe, person = journey.scribe, journey.scribe.person
    here = Visit(scribe, journey.journey_id, "phone", scribe.new_id("b"))
    here = here.sign_in(at, person.student_id, person.email)
    here.page(at + 2 * SECOND, "aid_appeal", hint=True)
    for place in (1, 2):
        here.step(at + place * 3 * MINUTE, "upload_evidence", "Tried")
        here.step(
            at + place * 3 * MINUTE + 80 * SECOND,
            "upload_evidence",
            "Failed",
            why="file_too_large",
            where="/aid/appeal",
        )
    here.page(at + 9 * MINUTE, "help", hint=False)
    here.close("failed")
    journey.strain.failed_steps += 2


def _promised_call(journey: Journey, at: int, now: int, agent: Agent) -> int:
    """A call with a hold, after which somebody was to call back by yesterday afternoon; when it was due."""
    scribe = journey.scribe
    contact = _call(journey, at, agent.department, "aid-appeals", "3", "appeal")
    answered = at + 6 * MINUTE
    leg = contact.begin(
        answered,
        "agent",
        "Contact Answered",
        agent_id=agent.agent_id,
        department=agent.department,
        level=agent.level,
    )
    contact.user, contact.named_by = scribe.person.student_id, "user"
    contact.event(
        answered + 20 * SECOND,
        "Verification Passed",
        leg,
        method="knowledge",
        student_id=scribe.person.student_id,
    )
    contact.user = ""
    contact.hold(answered + 2 * MINUTE, leg)
    contact.resume(answered + 5 * MINUTE, leg)
    due = now - now % DAY - DAY + 22 * HOUR
    promise_id = scribe.new_id("pr")
    promised = answered + 8 * MINUTE
    contact.event(
        promised,
        "Promise Made",
        leg,
        promise_id=promise_id,
        what="call back",
        due_at=iso(due),
        by=agent.agent_id,
    )
    over = answered + 9 * MINUTE
    contact.end(over, "unresolved", "customer")
    note = "Wants to send the award letter; upload fails on her phone. Call back promised."
    contact.wrap(over + 40 * SECOND, leg, over, ("APP-FILE",), resolved=False, note=note)
    scribe.tell(contact.truth(journey.journey_id))
    scribe.tell(
        {
            "is": "promise",
            "journey": journey.journey_id,
            "promise_id": promise_id,
            "contact_id": contact.root,
            "made_at": iso(promised),
            "due_at": iso(due),
            "kept_at": None,
        }
    )
    journey.strain.wait_s += 5 * 60
    journey.strain.hold_s += 180
    journey.strain.hops += 1
    return due


def _chat_given_up(journey: Journey, at: int) -> None:
    scribe, person = journey.scribe, journey.scribe.person
    widget = f"w-{person.person_id}-{scribe.run}"
    contact = Contact(scribe, "chat", scribe.new_id("ch"), "chat", user=person.student_id, anonymous=widget)
    contact.named_by = "user"
    contact.event(at, "Contact Offered", stated_reason="what about my appeal")
    contact.begin(at + SECOND, "queue", "Contact Queued", queue="aid-appeals", department="Appeals Office")
    contact.end(at + SECOND + 9 * MINUTE, "abandoned", "customer", abandoned=True)
    scribe.tell(contact.truth(journey.journey_id))
    journey.strain.wait_s += 540
    journey.strain.abandoned += 1
    journey.strain.hops += 1


def _ringing(journey: Journey, now: int, agent: Agent) -> Contact:
    """The call of this minute: in the queue, ringing, not answered."""
    contact = _call(journey, now - 45 * SECOND, agent.department, "aid-appeals", "3", "appeal_status")
    contact.begin(
        now - 2 * SECOND,
        "alert",
        "Contact Alerting",
        queue="aid-appeals",
        department=agent.department,
        agent_id=agent.agent_id,
    )
    journey.scribe.tell(contact.truth(journey.journey_id))
    journey.strain.hops += 1
    return contact


def _call(journey: Journey, at: int, department: str, queue: str, choice: str, intent: str) -> Contact:
    """A call as far as the queue: 25 s of menus, 5 s until it is queued."""
    scribe, person = journey.scribe, journey.scribe.person
    contact = Contact(scribe, "telephony", scribe.new_id("tel"), "voice")
    contact.base = {
        "site": person.site.name,
        "language": person.language,
        "from_number": person.phone,
        "to_number": journey.company.hotline,
    }
    contact.named_by = "number"
    leg = contact.begin(at, "ivr", "IVR Menu Entered", "ivr", menu="main")
    contact.event(at + 15 * SECOND, "IVR Choice Made", leg, menu="main", choice=choice, stated_reason=intent)
    contact.finish(at + 25 * SECOND, leg, "IVR Exited", to="agent", contained=False)
    contact.offered = at + 25 * SECOND
    contact.event(contact.offered, "Contact Offered")
    contact.begin(at + 30 * SECOND, "queue", "Contact Queued", queue=queue, department=department)
    return contact


def _journey_line(journey: Journey, state: str, first: int, last: int, felt: int) -> Truth:
    return {
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
