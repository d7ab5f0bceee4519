"""Surveys: some are asked, a few answer, and the angry and the happy more than the rest."""

from pathloom_simulator.attempt import Journey, Result
from pathloom_simulator.chance import Chance
from pathloom_simulator.values import DAY, HOUR, MINUTE, iso

# Probability that somebody asked answers, by true satisfaction 1..5.
ANSWERS = {1: 0.4, 2: 0.22, 3: 0.12, 4: 0.18, 5: 0.34}
CONTACT_RATE = 0.35
JOURNEY_RATE = 0.5
WORDS = {
    "wait": "I waited far too long.",
    "hold": "Always on hold.",
    "abandoned": "Nobody picks up.",
    "transfers": "I was passed around.",
    "repeats": "I had to tell my story again and again.",
    "hops": "I had to start over everywhere.",
    "failed_steps": "The portal does not work.",
    "policy_blocks": "They would not even talk to me.",
    "broken_promises": "Nobody called me back.",
    "attempts": "It takes so many tries.",
    "": "Quick and friendly, thank you.",
}


def ask_about_contact(journey: Journey, result: Result, felt: int) -> None:
    """A question about one contact, soon after it."""
    if result.contact_id and result.answered and journey.chance.happens(CONTACT_RATE):
        _ask(
            journey, result.end_ms + 10 * MINUTE, "contact", result.contact_id, result.namespace, "csat", felt
        )


def ask_about_journey(journey: Journey, at: int, felt: int) -> None:
    """A question about the whole, the day after."""
    if journey.chance.happens(JOURNEY_RATE):
        _ask(journey, at + DAY, "journey", journey.journey_id, "", "nps", felt)


def nps_of(felt: int, chance: Chance) -> int:
    """An answer from 0 to 10 of somebody who feels 1 to 5."""
    low, high = {1: (0, 3), 2: (2, 6), 3: (5, 8), 4: (7, 9), 5: (9, 10)}[felt]
    return chance.whole(low, high)


def _ask(journey: Journey, at: int, about: str, about_id: str, namespace: str, scale: str, felt: int) -> None:
    chance, scribe = journey.chance, journey.scribe
    person = scribe.person
    if not person.panel_id or at > scribe.now_ms:
        return
    survey_id = scribe.new_id("sv")
    said = {"survey_id": survey_id, "survey": f"{about}-{scale}", "about": about, "channel": "survey"}
    if about == "contact":
        said |= {"about_id": about_id, "about_namespace": namespace}
    else:
        said["goal"] = journey.goal.key
    user = person.panel_id
    traits = {"student_id": person.student_id} if person.student_id else {"crm_id": person.crm_id}
    scribe.identify("survey", at, traits, user)
    rate = CONTACT_RATE if about == "contact" else JOURNEY_RATE
    scribe.track("survey", at, "Survey Invited", {**said, "rule": "random", "probability": rate}, user)
    scribe.track("survey", at + 5_000, "Survey Delivered", said, user)
    value: int | None = None
    if chance.happens(ANSWERS[felt]):
        answered = at + chance.seconds(3 * 3600, 1.0, 60, 100 * 3600) * 1000
        value = felt if scale == "csat" else nps_of(felt, chance)
        low, high = (1, 5) if scale == "csat" else (0, 10)
        answer = {
            **said,
            "question": "overall",
            "scale": scale,
            "scale_min": low,
            "scale_max": high,
            "value": value,
        }
        if chance.happens(0.6):
            worst = "" if felt >= 4 else journey.strain.worst()
            answer["verbatim"] = WORDS[worst]
        scribe.track("survey", answered - MINUTE, "Survey Started", said, user)
        if not scribe.track("survey", answered, "Survey Answered", answer, user):
            value = None
    else:
        scribe.track("survey", at + 5 * DAY + HOUR, "Survey Expired", said, user)
    scribe.tell(
        {
            "is": "survey",
            "journey": journey.journey_id,
            "survey_id": survey_id,
            "about": about,
            "about_id": about_id,
            "asked_at": iso(at),
            "scale": scale,
            "value": value,
        }
    )
