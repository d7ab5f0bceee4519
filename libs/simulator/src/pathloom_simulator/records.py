"""What the company's systems know about people before anything happens: clean in one, dirty in the other."""

from pathloom_simulator.scribe import PLACEHOLDERS, Scribe
from pathloom_simulator.values import DAY, HOUR


def introduce(scribe: Scribe, begin_ms: int, placeholders: float) -> None:
    """The student information system's record of a student, and what customer relations made of the person."""
    person, chance = scribe.person, scribe.chance
    if person.role == "visitor":
        return
    if person.student_id:
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
        scribe.identify("sis", begin_ms - chance.whole(1, 20) * DAY, traits, person.student_id)
    if person.role == "parent" or chance.happens(0.8):
        _crm(scribe, begin_ms - chance.whole(1, 400) * HOUR, placeholders)


def _crm(scribe: Scribe, ms: int, placeholders: float) -> None:
    """Typed in by hand: nicknames, typos, swapped dates; the student number mostly, else an e-mail, else neither."""
    person, chance, names = scribe.person, scribe.chance, scribe.company.names
    first, last, born = person.first_name, person.last_name, person.born
    if chance.happens(0.25):
        first = names.nicknames.get(first, first[0] + ".")
    if chance.happens(0.12):
        place = chance.whole(0, len(last) - 2)
        last = last[:place] + last[place + 1] + last[place] + last[place + 2 :]
    if chance.happens(0.1):
        year, month, day = born.split("-")
        born = f"{year}-{day}-{month}" if int(day) <= 12 else f"{year}-{month}-{day[::-1]}"
    traits = {
        "first_name": first,
        "last_name": last,
        "date_of_birth": born,
        "phone": person.phone.removeprefix("+1") if chance.happens(0.3) else person.phone,
        "address": person.address["street"].upper() if chance.happens(0.2) else person.address["street"],
        "city": person.address["city"],
        "language": person.language,
    }
    if person.role == "parent":
        traits["email"] = person.email
    elif chance.happens(placeholders):
        traits["student_id"] = chance.pick(PLACEHOLDERS)
    else:
        known_by = chance.weighted({"student_id": 0.84, "email": 0.11, "neither": 0.05})
        if known_by != "neither":
            traits[known_by] = person.student_id if known_by == "student_id" else person.email
    scribe.identify("crm", ms, traits, person.crm_id)
