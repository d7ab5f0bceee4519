"""The campus desk: take a number, wait, be served or walk away."""

from pathloom_simulator.attempt import Journey, Result
from pathloom_simulator.contact import Contact
from pathloom_simulator.values import SECOND


def desk(journey: Journey, at: int) -> Result:
    """The customer comes in person."""
    chance, person = journey.chance, journey.scribe.person
    known = bool(person.student_id) and chance.happens(0.9)
    contact = Contact(
        journey.scribe,
        "desk",
        journey.scribe.new_id("tk"),
        "in_store",
        user=person.student_id if known else "",
        base={"site": person.site.name, "language": person.language},
    )
    contact.named_by = "user" if known else "nothing"
    stated = journey.stated()
    contact.begin(
        at,
        "queue",
        "Ticket Taken",
        queue="desk",
        department=journey.company.first_department,
        ticket_number=f"{chance.pick('ABC')}{chance.whole(1, 99)}",
        **({"stated_reason": stated} if stated else {}),
    )
    wait = chance.seconds(420, 0.7, 20, 3600) * SECOND
    patience = chance.seconds(1200 * person.patience, 0.4, 120, 3600) * SECOND
    journey.strain.wait_s += min(wait, patience) / 1000
    if patience < wait:
        gone = at + patience
        contact.event(gone, "Ticket Left")
        journey.strain.abandoned += 1
        contact.end(gone, "abandoned", "customer", abandoned=True)
        journey.scribe.tell(contact.truth(journey.journey_id))
        return Result(gone, False, "in_store", contact.root, "desk")
    agent = journey.agent(journey.company.first_department)
    called = at + wait
    contact.begin(
        called, "alert", "Ticket Called", queue="desk", department=agent.department, agent_id=agent.agent_id
    )
    now = called + chance.whole(10, 40) * SECOND
    journey.strain.wait_s += (now - called) / 1000
    leg = contact.begin(
        now, "agent", "Ticket Served", agent_id=agent.agent_id, department=agent.department, level=agent.level
    )
    now += chance.seconds(320, 0.5, 45, 1800) * SECOND
    solved = chance.happens(journey.goal.solve["in_store"])
    contact.end(now, "resolved" if solved else "unresolved", "customer")
    contact.wrap(now + chance.whole(10, 90) * SECOND, leg, now, journey.codes(bool(stated)), resolved=solved)
    journey.scribe.tell(contact.truth(journey.journey_id))
    return Result(now, solved, "in_store", contact.root, "desk", answered=True)
