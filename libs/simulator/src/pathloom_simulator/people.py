"""Households: people who share an address and often a telephone, and never an identifier that joins."""

from dataclasses import dataclass

from pathloom_simulator.chance import Chance
from pathloom_simulator.values import DAY, Company, Site, iso

# Area codes in use, without 402, the college's own. With the exchange 555 a number is well-formed and belongs to nobody;
# the next exchange is only for runs of many million touchpoints.
AREA_CODES = (
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234, 239,
    240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312,
    313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336, 337, 339, 346, 347, 351, 352, 360, 361, 385,
    386, 401, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 430, 432, 434, 435, 440, 443,
    469, 470, 475, 478, 479, 480, 484, 501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513, 515, 516, 517, 518, 520, 530,
    539, 540, 541, 551, 559, 561, 562, 563, 567, 570, 571, 573, 574, 575, 580, 585, 586, 601, 602, 603, 605, 606, 607, 608,
    609, 610, 612, 614, 615, 616, 617, 618, 619, 620, 623, 626, 630, 631, 636, 641, 646, 650, 651, 657, 660, 661, 662, 667,
    678, 681, 682, 701, 702, 703, 704, 706, 707, 708, 712, 713, 714, 715, 716, 717, 718, 719, 720, 724, 727, 731, 732, 734,
    737, 740, 754, 757, 760, 762, 763, 765, 770, 772, 773, 774, 775, 779, 781, 785, 786, 801, 802, 803, 804, 805, 806, 808,
    810, 812, 813, 814, 815, 816, 817, 818, 828, 830, 831, 832, 843, 845, 847, 848, 850, 856, 857, 858, 859, 860, 862, 863,
    864, 865, 870, 901, 903, 904, 906, 907, 908, 909, 910, 912, 913, 914, 915, 916, 917, 918, 919, 920, 925, 928, 929, 931,
    936, 937, 940, 941, 947, 949, 951, 952, 954, 956, 970, 971, 972, 973, 978, 979, 980, 984, 985, 989,
)  # fmt: skip
NUMBERS_OF_AN_EXCHANGE = len(AREA_CODES) * 10_000
EXCHANGES = (555, 556, 557, 558)


@dataclass(slots=True)
class Person:
    """Somebody. Ids that a person does not have are empty."""

    person_id: str
    household_id: str
    role: str
    first_name: str
    last_name: str
    born: str
    email: str
    phone: str
    address: dict[str, str]
    language: str
    site: Site
    student_id: str = ""
    crm_id: str = ""
    panel_id: str = ""
    portal_device: str = "desktop"
    patience: float = 1.0
    grumpiness: float = 0.0


def number_of(index: int) -> str:
    """A telephone number of its own for each index, spread over area codes; ValueError when they are used up."""
    exchange, place = divmod(index, NUMBERS_OF_AN_EXCHANGE)
    if exchange >= len(EXCHANGES):
        raise ValueError(
            f"there are telephone numbers for {len(EXCHANGES) * NUMBERS_OF_AN_EXCHANGE // 4} households only"
        )
    area, line = divmod((place * 7_919 + 13) % NUMBERS_OF_AN_EXCHANGE, 10_000)
    return f"+1{AREA_CODES[area]}{EXCHANGES[exchange]}{line:04d}"


def household(company: Company, chance: Chance, index: int, now_ms: int) -> list[Person]:
    """The people of one household; their numbers, ids and addresses differ from those of every other index."""
    names = company.names
    last = chance.pick(names.last)
    city, postcode = chance.pick(names.cities)
    home = f"{index % 9_000 + 1} {chance.pick(names.streets)}, Apt {index // 9_000 + 1}"
    address = {"street": home, "city": city, "postal_code": postcode, "country": "US"}
    language = chance.weighted(names.languages)
    site = chance.pick(company.sites)
    home_phone = number_of(index * 4)
    if chance.happens(0.06):
        visitor = _person(company, chance, index, 0, "visitor", last, now_ms)
        visitor.site, visitor.language, visitor.address, visitor.phone = site, language, address, home_phone
        return [visitor]
    roles = ["student"] + ["student"] * chance.happens(0.15) + ["parent"] * chance.happens(0.25)
    people = []
    used: set[str] = set()
    for place, role in enumerate(roles):
        person = _person(company, chance, index, place, role, last, now_ms)
        while person.first_name in used:
            person.first_name = chance.pick(names.first)
        used.add(person.first_name)
        person.address, person.language, person.site = address, language, site
        person.phone = home_phone if chance.happens(0.3) else number_of(index * 4 + 1 + place)
        serial = index * 4 + place
        if role == "student":
            person.student_id = f"S{1_000_000 + serial}"
            person.email = f"{person.first_name}.{last}.{serial}@{company.student_domain}".lower()
        else:
            person.email = f"{person.first_name}.{last}{serial}@{company.private_domain}".lower()
        person.crm_id = f"K{500_000 + serial}"
        person.panel_id = f"pn-{serial:x}"
        people.append(person)
    return people


def _person(
    company: Company, chance: Chance, index: int, place: int, role: str, last: str, now_ms: int
) -> Person:
    years = chance.between(38, 60) if role == "parent" else chance.between(18, 27)
    return Person(
        person_id=f"p{index}-{place}",
        household_id=f"h{index}",
        role=role,
        first_name=chance.pick(company.names.first),
        last_name=last,
        born=iso(now_ms - round(years * 365.25) * DAY)[:10],
        email="",
        phone="",
        address={},
        language="en",
        site=company.sites[0],
        portal_device="phone" if chance.happens(0.45) else "desktop",
        patience=chance.seconds(100, 0.5, 25, 400) / 100,
        grumpiness=chance.normal(0, 0.4),
    )
