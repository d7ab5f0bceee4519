"""Calls: IVR, queues, rings that nobody answers, agents, holds, consults, transfers, wrap-ups."""

from typing import Any

from pathloom_simulator.attempt import UNHINTED, Journey, Result
from pathloom_simulator.contact import Contact, Leg
from pathloom_simulator.values import DAY, HOUR, MINUTE, SECOND, Agent, iso

MOST_TRANSFERS = 2
SHORT_CALL_S = 8


def telephony(journey: Journey, prefix: str, direction: str) -> Contact:
    """A new contact at the telephony of the person's site."""
    site = journey.scribe.person.site
    return Contact(
        journey.scribe,
        "branch_telephony" if site.own_leg_ids else "telephony",
        journey.scribe.new_id(prefix),
        "voice",
        direction,
        own_leg_ids=site.own_leg_ids,
        base={"site": site.name, "language": journey.scribe.person.language},
    )


def call(journey: Journey, at: int) -> Result:
    """The customer calls."""
    contact = telephony(journey, "tel", "inbound")
    chance, person = journey.chance, journey.scribe.person
    shown = chance.weighted({"own": 0.86, "switchboard": 0.06, "withheld": 0.08})
    number = {"own": person.phone, "switchboard": journey.company.switchboard, "withheld": "withheld"}[shown]
    contact.base |= {"from_number": number, "to_number": journey.company.hotline}
    contact.named_by = "number" if shown == "own" else "nothing"
    hinted = not chance.happens(UNHINTED)
    now, contained = _menus(journey, contact, at, hinted)
    if contained:
        solved = chance.happens(0.55)
        contact.end(now, "contained", "customer")
        journey.scribe.tell(contact.truth(journey.journey_id))
        return _result(journey, contact, "ivr", solved)
    contact.offered = now
    contact.event(now, "Contact Offered")
    now += chance.whole(1, 5) * SECOND
    answered = _wait(
        journey, contact, now, journey.company.first_queue, journey.company.first_department, 1.0
    )
    if answered is None:
        return _given_up(journey, contact)
    return _talk(journey, contact, answered, hinted)


def call_back(journey: Journey, at: int, of: str, by: str) -> Result:
    """The brand calls back, as promised; `of` is the root id of the contact in which it was promised."""
    contact = telephony(journey, "out", "outbound")
    person = journey.scribe.person
    contact.link = {"contact_id": contact.contact_id, "to": of, "relation": "callback_of"}
    contact.base |= {"to_number": person.phone, "from_number": journey.company.hotline}
    contact.user, contact.named_by = person.student_id, "user" if person.student_id else "number"
    agents = {agent.agent_id: agent for agent in journey.company.agents}
    agent = agents[by]
    leg = contact.begin(
        at, "agent", "Contact Answered", agent_id=by, department=agent.department, level=agent.level
    )
    over = at + journey.chance.seconds(200, 0.5, 40, 1200) * SECOND
    solved = journey.chance.happens(0.75)
    contact.end(over, "resolved" if solved else "unresolved", "agent")
    acw = journey.chance.seconds(30, 0.4, 5, 120) * SECOND
    contact.wrap(over + acw, leg, over, journey.codes(True), resolved=solved)
    journey.scribe.tell(contact.truth(journey.journey_id))
    return _result(journey, contact, "voice", solved, answered=True)


def _menus(journey: Journey, contact: Contact, at: int, hinted: bool) -> tuple[int, bool]:
    """The IVR; when the caller leaves it, and whether they were contained there."""
    chance, person = journey.chance, journey.scribe.person
    leg = contact.begin(at, "ivr", "IVR Menu Entered", "ivr", menu="main")
    now = at + chance.seconds(12, 0.4, 4, 60) * SECOND
    while chance.happens(0.12):
        contact.event(now, "IVR No Match" if chance.happens(0.5) else "IVR No Input", leg, menu="main")
        now += chance.seconds(8, 0.3, 4, 20) * SECOND
    if hinted:
        contact.event(
            now,
            "IVR Choice Made",
            leg,
            menu="main",
            choice=journey.goal.menu_choice,
            stated_reason=journey.stage.intent,
        )
    else:
        contact.event(now, "IVR Zeroed Out", leg, menu="main")
    if person.student_id and chance.happens(0.4):
        now += 3 * SECOND
        contact.event(now, "Verification Started", leg, method="pin")
        now += chance.seconds(15, 0.3, 6, 40) * SECOND
        _verify(contact, now, leg, "pin")
    contained = hinted and journey.stage is journey.goal.stages[0] and chance.happens(0.14)
    now += chance.seconds(25 if contained else 5, 0.4, 2, 90) * SECOND
    contact.finish(now, leg, "IVR Exited", to="self_service" if contained else "agent", contained=contained)
    return now, contained


def _verify(contact: Contact, ms: int, leg: Leg, method: str) -> None:
    """Passed: from here the telephony knows who is calling, and says so on this event."""
    student_id = contact.scribe.person.student_id
    contact.user = student_id
    contact.event(ms, "Verification Passed", leg, method=method, student_id=student_id)
    contact.user = ""
    contact.named_by = "user"


def _wait(
    journey: Journey, contact: Contact, at: int, queue: str, department: str, factor: float
) -> tuple[int, Agent] | None:
    """Queues and rings until an agent answers; None when the caller gives up, with the contact ended."""
    chance, person = journey.chance, journey.scribe.person
    site = person.site
    patience = chance.seconds(480 * person.patience, 0.5, 20, 3600) * SECOND
    until = at + chance.seconds(110 * site.wait_factor * factor, 0.95, 3, 2700) * SECOND
    if site.wait_factor > 2 and until - at > 5 * MINUTE:
        journey.strain.causes.add(f"understaffed:{site.name}")
    now, begin = at, at
    while True:
        contact.begin(now, "queue", "Contact Queued", queue=queue, department=department)
        if begin + patience < until:
            gone = max(begin + patience, now + SECOND)
            short = gone - contact.offered < SHORT_CALL_S * SECOND
            journey.strain.wait_s += (gone - begin) / 1000
            contact.end(
                gone, "abandoned", "customer", abandoned=True, **({"short_call": True} if short else {})
            )
            return None
        agent = journey.agent(department)
        alert = contact.begin(
            until, "alert", "Contact Alerting", queue=queue, department=department, agent_id=agent.agent_id
        )
        ring = chance.seconds(6, 0.4, 2, 18)
        if not chance.happens(0.1):
            picked_up = until + ring * SECOND
            journey.strain.wait_s += (picked_up - begin) / 1000
            return picked_up, agent
        alert.unanswered = True
        now = until + 20 * SECOND
        until = now + chance.seconds(30, 0.5, 5, 240) * SECOND


def _talk(journey: Journey, contact: Contact, answered: tuple[int, Agent], hinted: bool) -> Result:
    """Handlings, one after the other, until it is over."""
    chance, person = journey.chance, journey.scribe.person
    transfers = 0
    wraps: list[tuple[int, Leg, int]] = []
    while True:
        now, agent = answered
        leg = contact.begin(
            now,
            "agent",
            "Contact Answered",
            agent_id=agent.agent_id,
            department=agent.department,
            level=agent.level,
        )
        now += 10 * SECOND
        if (transfers or journey.told_before) and chance.happens(0.45):
            contact.event(now, "Information Repeated", leg, what="student number and what happened so far")
            journey.strain.repeats += 1
            now += 20 * SECOND
        if person.student_id and contact.named_by != "user" and chance.happens(0.75):
            contact.event(now, "Verification Started", leg, method="knowledge")
            now += chance.seconds(25, 0.3, 8, 60) * SECOND
            _verify(contact, now, leg, "knowledge")
        if person.role == "parent" and not transfers and chance.happens(0.4):
            contact.event(now, "Policy Blocked", leg, policy=journey.company.guardian_policy, said_by="agent")
            journey.strain.policy_blocks += 1
        now += chance.seconds(170, 0.6, 20, 1500) * SECOND
        now = _hold(journey, contact, now, leg)
        if transfers >= MOST_TRANSFERS or not chance.happens(agent.passes_on):
            break
        transfers += 1
        journey.strain.transfers += 1
        if agent.passes_on > 0.5:
            journey.strain.causes.add(f"passes-on:{agent.agent_id}")
        queue, department = _where_to(journey, agent)
        kind = "consult" if chance.happens(0.3) else "blind"
        contact.finish(now, leg, "Contact Transferred", kind=kind, to_queue=queue, to_department=department)
        wraps.append((now + chance.seconds(20, 0.4, 4, 90) * SECOND, leg, now))
        if contact.own_leg_ids:
            contact.new_id(journey.scribe.new_id("tel"), "transfer_of")
        begin = now + SECOND
        answered_next = _wait(journey, contact, begin, queue, department, 0.6)
        if answered_next is None:
            for done, wrapped, since in wraps:
                contact.wrap(done, wrapped, since, journey.codes(hinted))
            return _given_up(journey, contact)
        answered = answered_next
    blocked = journey.strain.policy_blocks > 0 and person.role == "parent"
    solved = not blocked and chance.happens(journey.goal.solve["voice"] + (0.12 if transfers else 0))
    promise: dict[str, Any] = {}
    if not solved and not blocked and chance.happens(0.4):
        promise = _promise(journey, contact, now, leg, agent)
        now += 20 * SECOND
    ended_by = chance.weighted({"customer": 0.7, "agent": 0.27, "network": 0.03})
    contact.end(now, "resolved" if solved else "unresolved", ended_by)
    wraps.append((now + chance.seconds(35, 0.5, 5, 240) * SECOND, leg, now))
    for done, wrapped, since in sorted(wraps, key=lambda wrap: wrap[0]):
        last = wrapped is leg
        note: dict[str, Any] = {"resolved": solved} if last else {}
        if last and chance.happens(0.5):
            note["note"] = f"{journey.goal.label}: " + ("done." if solved else "could not settle it today.")
        contact.wrap(done, wrapped, since, journey.codes(hinted), **note)
    journey.scribe.tell(contact.truth(journey.journey_id))
    return _result(journey, contact, "voice", solved, answered=True, **promise)


def _hold(journey: Journey, contact: Contact, now: int, leg: Leg) -> int:
    """Some are put on hold, some of these while the agent asks a colleague."""
    chance = journey.chance
    if not chance.happens(0.28):
        return now
    begin = now
    contact.hold(begin, leg)
    now += chance.seconds(60, 0.6, 10, 600) * SECOND
    if chance.happens(0.35):
        colleague = journey.agent(journey.goal.department)
        before, link = contact.contact_id, contact.link
        if contact.own_leg_ids:
            contact.new_id(journey.scribe.new_id("tel"), "consult_for")
        consult = contact.begin(
            begin + 5 * SECOND,
            "consult",
            "Contact Answered",
            agent_id=colleague.agent_id,
            department=colleague.department,
            level=colleague.level,
        )
        contact.finish(now - 2 * SECOND, consult, "Contact Leg Ended")
        contact.contact_id, contact.link = before, link
    contact.resume(now, leg)
    journey.strain.hold_s += (now - begin) / 1000
    return now + chance.seconds(40, 0.5, 5, 300) * SECOND


def _where_to(journey: Journey, agent: Agent) -> tuple[str, str]:
    """The department of the goal, or, where the caller is there already or somebody errs, another one."""
    if agent.department == journey.goal.department or journey.chance.happens(0.15):
        return journey.company.other_queue, journey.company.other_department
    return journey.goal.queue, journey.goal.department


def _promise(journey: Journey, contact: Contact, now: int, leg: Leg, agent: Agent) -> dict[str, Any]:
    due = now - now % HOUR + DAY * journey.chance.whole(1, 2)
    promise_id = journey.scribe.new_id("pr")
    contact.event(
        now, "Promise Made", leg, promise_id=promise_id, what="call back", due_at=iso(due), by=agent.agent_id
    )
    return {"promise_id": promise_id, "promise_due_ms": due, "promise_by": agent.agent_id}


def _given_up(journey: Journey, contact: Contact) -> Result:
    journey.strain.abandoned += 1
    journey.scribe.tell(contact.truth(journey.journey_id))
    return _result(journey, contact, "voice", solved=False)


def _result(journey: Journey, contact: Contact, channel: str, solved: bool, **more: Any) -> Result:
    namespace = journey.company.source(contact.source_id).namespace
    return Result(contact.ended, solved, channel, contact.root, namespace, **more)
