"""E-mail threads: turns that lie hours or days apart."""

from pathloom_simulator.attempt import Journey, Result
from pathloom_simulator.contact import Contact
from pathloom_simulator.values import HOUR, SECOND


def email(journey: Journey, at: int) -> Result:
    """The customer writes; most threads have one turn, some come back. An answer that lies after now leaves it open."""
    chance, person = journey.chance, journey.scribe.person
    now_ms = journey.scribe.now_ms
    first = journey.scribe.new_id("em")
    contact = Contact(
        journey.scribe,
        "mailbox",
        first,
        "email",
        base={"from_email": person.email, "language": person.language},
    )
    contact.named_by = "address"
    stated = journey.stated()
    apart = chance.happens(0.3)
    now, solved, header = at, False, ""
    leg = None
    for turn in range(3):
        if turn and apart:
            contact.new_id(journey.scribe.new_id("em"), "reply_to")
        received = {
            "message_id_header": f"<{first}.{turn}@{journey.company.private_domain}>",
            "thread_id": first,
        }
        if header:
            received["in_reply_to"] = header
        contact.event(
            now,
            "Email Received",
            None,
            **received,
            **({"stated_reason": stated} if stated and not turn else {}),
        )
        opened = now + chance.seconds(16 * 3600, 0.6, 600, 60 * 3600) * SECOND
        sent = opened + chance.seconds(240, 0.5, 40, 1800) * SECOND
        if sent + HOUR > now_ms:
            journey.scribe.tell(contact.truth(journey.journey_id))
            return Result(now, False, "email", contact.root, "mailbox", ongoing=True)
        agent = journey.agent(journey.goal.department)
        leg = contact.begin(
            opened,
            "agent",
            "Contact Answered",
            agent_id=agent.agent_id,
            department=agent.department,
            level=agent.level,
        )
        header = f"<{first}.{turn}r@{journey.company.student_domain}>"
        contact.event(
            sent,
            "Email Sent",
            leg,
            message_id_header=header,
            in_reply_to=received["message_id_header"],
            thread_id=first,
            first_response=not turn,
        )
        contact.finish(sent, leg, "Contact Leg Ended")
        solved = chance.happens(journey.goal.solve["email"])
        again = sent + chance.seconds(20 * 3600, 0.5, 1800, 60 * 3600) * SECOND
        if solved or turn == 2 or not chance.happens(0.45) or again + HOUR > now_ms:
            now = sent
            break
        now = again
    contact.end(now + SECOND, "resolved" if solved else "unresolved", "agent")
    if leg:
        contact.wrap(now + 20 * SECOND, leg, now, journey.codes(bool(stated)), resolved=solved)
    journey.scribe.tell(contact.truth(journey.journey_id))
    return Result(now + SECOND, solved, "email", contact.root, "mailbox", answered=True)
