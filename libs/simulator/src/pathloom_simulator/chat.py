"""Chats: most begin with the bot; some end there, some wait for a human and give up."""

from pathloom_simulator.attempt import UNHINTED, Journey, Result
from pathloom_simulator.contact import Contact
from pathloom_simulator.values import SECOND


def chat(journey: Journey, at: int) -> Result:
    """The customer opens the chat window."""
    chance, person = journey.chance, journey.scribe.person
    signed_in = bool(person.student_id) and chance.happens(0.6)
    contact = Contact(
        journey.scribe,
        "chat",
        journey.scribe.new_id("ch"),
        "chat",
        user=person.student_id if signed_in else "",
        anonymous=f"w-{person.person_id}-{journey.scribe.run}",
        base={"language": person.language, "device": person.portal_device},
    )
    contact.named_by = "user" if signed_in else "device"
    hinted = not chance.happens(UNHINTED)
    now = at
    if chance.happens(0.75):
        now, contained = _bot(journey, contact, now, hinted)
        if contained:
            solved = chance.happens(0.5)
            contact.finish(now, contact.legs[-1], "Bot Contained", resolved=solved)
            contact.end(now + SECOND, "contained", "customer")
            journey.scribe.tell(contact.truth(journey.journey_id))
            return Result(contact.ended, solved, "bot", contact.root, "chat")
        contact.finish(
            now,
            contact.legs[-1],
            "Bot Handed Over",
            summary=f"Asked about: {journey.goal.label}." if hinted else "Did not say what it is about.",
            to_queue=journey.goal.queue,
        )
        if chance.happens(0.3):
            contact.new_id(journey.scribe.new_id("ch"), "handover_from")
        now += SECOND
    contact.offered = now
    stated = {"stated_reason": chance.pick(journey.stage.stated)} if hinted else {}
    contact.event(now, "Contact Offered", None, **stated)
    now += chance.whole(0, 2) * SECOND
    begin = now
    contact.begin(
        now, "queue", "Contact Queued", queue=journey.goal.queue, department=journey.goal.department
    )
    wait = chance.seconds(130, 0.8, 4, 1800) * SECOND
    patience = chance.seconds(320 * person.patience, 0.5, 20, 2400) * SECOND
    if patience < wait:
        journey.strain.wait_s += patience / 1000
        journey.strain.abandoned += 1
        contact.end(begin + patience, "abandoned", "customer", abandoned=True)
        journey.scribe.tell(contact.truth(journey.journey_id))
        return Result(contact.ended, False, "chat", contact.root, "chat")
    return _with_agent(journey, contact, begin, begin + wait, hinted)


def _bot(journey: Journey, contact: Contact, now: int, hinted: bool) -> tuple[int, bool]:
    chance = journey.chance
    fallbacks = 0
    if hinted and not chance.happens(0.2):
        contact.begin(
            now,
            "bot",
            "Bot Intent Recognised",
            "bot",
            intent=journey.stage.intent,
            confidence=round(chance.between(0.55, 0.98), 2),
        )
    else:
        leg = contact.begin(now, "bot", "Bot Fallback", "bot", count=1)
        fallbacks = 1
        now += chance.seconds(15, 0.4, 5, 60) * SECOND
        if hinted:
            contact.event(
                now,
                "Bot Intent Recognised",
                leg,
                intent=journey.stage.intent,
                confidence=round(chance.between(0.5, 0.9), 2),
            )
        else:
            contact.event(now, "Bot Fallback", leg, count=2)
            fallbacks = 2
    now += chance.seconds(70, 0.5, 15, 500) * SECOND
    return now, fallbacks < 2 and journey.stage is journey.goal.stages[0] and chance.happens(0.4)


def _with_agent(journey: Journey, contact: Contact, begin: int, ready: int, hinted: bool) -> Result:
    chance = journey.chance
    agent = journey.agent(journey.goal.department)
    contact.begin(
        ready,
        "alert",
        "Contact Alerting",
        queue=journey.goal.queue,
        department=agent.department,
        agent_id=agent.agent_id,
    )
    now = ready + chance.whole(2, 12) * SECOND
    journey.strain.wait_s += (now - begin) / 1000
    leg = contact.begin(
        now,
        "agent",
        "Contact Answered",
        agent_id=agent.agent_id,
        department=agent.department,
        level=agent.level,
    )
    for turn in range(1, chance.whole(2, 6)):
        now += chance.seconds(35, 0.6, 4, 240) * SECOND
        contact.event(now, "Message Sent", leg, turn=turn, sender="customer" if turn % 2 else "agent")
        if turn == 1 and journey.told_before and chance.happens(0.4):
            now += 5 * SECOND
            contact.event(now, "Information Repeated", leg, what="what happened so far")
            journey.strain.repeats += 1
    now += chance.seconds(30, 0.5, 5, 200) * SECOND
    solved = chance.happens(journey.goal.solve["chat"])
    contact.end(now, "resolved" if solved else "unresolved", "customer" if chance.happens(0.6) else "agent")
    done = now + chance.seconds(25, 0.5, 5, 120) * SECOND
    contact.wrap(done, leg, now, journey.codes(hinted), resolved=solved)
    journey.scribe.tell(contact.truth(journey.journey_id))
    return Result(now, solved, "chat", contact.root, "chat", answered=True)
