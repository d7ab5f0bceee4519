"""What a pair of records can weigh at most, told at a fraction of what weighing it costs.

Of those whom a block brings together nearly all are strangers; who cannot weigh enough need not be weighed. A ceiling is
never below what the pair weighs (a law of the tests), so it decides nothing: it spares work.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import log2

from rapidfuzz.distance import OSA, JaroWinkler

from pathloom_identity.domain.evidence.attributes import FURTHER, STANDARD, Attribute
from pathloom_identity.domain.evidence.comparators import CLOSE, COMPARISONS, SIMILAR, postcode_area
from pathloom_identity.domain.evidence.model import BIT, Model, Weights
from pathloom_identity.domain.evidence.nicknames import relatives

Texts = Mapping[str, str]
"""What a record says, by the name of the attribute."""
_Step = tuple[Callable[[Texts], float], float]
"""What an attribute of the one record can add with another, and with any."""

_similarity, _distance = JaroWinkler.similarity, OSA.distance
#: How far years are apart where dates are near.
_YEARS = frozenset((0, 1, 9, 10, 11))
_STANDARD = frozenset(kind.value for kind in STANDARD)
#: Weights are rounded to BITs before they are added, here they are not.
_ROUNDED = 1e-6


class Ceiling:
    """By one model."""

    def __init__(self, model: Model) -> None:
        self._prior = model.log2_prior
        self._of = {name: _Levels(name, weights) for name, weights in model.comparisons.items()}

    def of(self, said: Sequence[tuple[Attribute, str]], wanted: int) -> Callable[[Texts], bool]:
        """False of another record only where it certainly weighs no more than `wanted` BITs with this one."""
        own = {attribute.name: text for attribute, text in said}
        # What tells most at least cost first; names cost most.
        steps = [*self._further(said), *self._standard(own)]
        least, left = wanted / BIT - _ROUNDED - self._prior, sum(most for _, most in steps)
        thresholds: list[_Step] = []
        for step, most in steps:
            left -= most
            # So much must be there by then: all the rest cannot add more.
            thresholds.append((step, least - left))

        def reaches(other: Texts) -> bool:
            most = 0.0
            for step, enough in thresholds:
                most += step(other)
                if most <= enough:
                    return False
            return True

        return reaches

    def _standard(self, own: Texts) -> Iterator[_Step]:
        of = self._of
        for name, compare in _COMPARED.items():
            if name in own:
                yield _alone(of[name], own[name], compare)
        if "street" in own:
            yield _address(of["address"], own)
        if "locality" in own:
            yield _locality(of["locality"], own)
        if "given_name" in own or "surname" in own:
            yield _names(of["given_name"], of["surname"], own)

    def _further(self, said: Sequence[tuple[Attribute, str]]) -> Iterator[_Step]:
        for attribute, text in said:
            if attribute.kind in FURTHER and attribute.name not in _STANDARD:
                levels = self._of.get(attribute.name) or self._of[attribute.kind]
                yield _alone(levels, text, _anything, attribute.name)


class _Levels:
    """What the levels of one comparison weigh at most, by any value."""

    def __init__(self, name: str, weights: Weights) -> None:
        self.name = name
        frequencies, exact = weights.frequencies, weights.levels[0].u
        self._rare = {
            text: log2(exact / max(share, frequencies.least)) for text, share in frequencies.values.items()
        }
        self._other = log2(exact / max(frequencies.other, frequencies.least))
        rarest = max(0.0, self._other, *self._rare.values())
        by_value = COMPARISONS[name].by_value if name in COMPARISONS else ("exact", "close")
        self._plain = weights.levels[0].weight
        self._of = {
            level.name: level.weight + (rarest if level.name in by_value else 0.0) for level in weights.levels
        }
        self.none = self._of["none"]
        self.below = max(most for level, most in self._of.items() if level != "exact")
        self.most = max(0.0, *self._of.values())

    def of(self, name: str) -> float:
        """Of a level."""
        return self._of[name]

    def exactly(self, text: str) -> float:
        """Of two that both say this."""
        return self._plain + self._rare.get(text, self._other)


def _like(x: str | None, y: str | None) -> bool:
    """Equal, or a typing error apart."""
    if not x or not y:
        return False
    return x == y or _similarity(x, y) >= CLOSE or _distance(x, y, score_cutoff=1) <= 1


_Compare = Callable[[_Levels, str], Callable[[str], float]]
"""Of an attribute that is compared by itself: what it adds where the other value is not the same."""


def _alone(levels: _Levels, own: str, compare: _Compare, name: str = "") -> _Step:
    name = name or levels.name
    exact, below = levels.exactly(own), compare(levels, own)

    def step(other: Texts) -> float:
        text = other.get(name)
        if text is None:
            return 0.0
        return exact if text == own else below(text)

    return step, max(exact, levels.below, 0.0)


def _date(levels: _Levels, own: str) -> Callable[[str], float]:
    turned, parts, none = levels.of("turned"), levels.of("parts"), levels.none
    near, about = max(levels.of("near"), levels.of("year"), none), max(levels.of("year"), none)
    own_year, own_month, own_day = own[:4], own[4:6], own[6:8]

    def below(text: str) -> float:
        year, month, day = text[:4] == own_year, text[4:6] == own_month, text[6:8] == own_day
        if year or month or day:
            swapped = year and text[4:6] == own_day and text[6:8] == own_month
            if swapped or _distance(own, text, score_cutoff=1) <= 1:
                return turned
            if year + month + day == 2:
                return parts
        # A year beside it, or two where months go beyond twelve, as they do where digits are turned.
        years = abs(int(own_year) - int(text[:4]))
        return near if years in _YEARS else about if years < 10 else none

    return below


def _postcode(levels: _Levels, own: str) -> Callable[[str], float]:
    turned, area, none, own_area = levels.of("turned"), levels.of("area"), levels.none, postcode_area(own)

    def below(text: str) -> float:
        if _distance(own, text, score_cutoff=1) <= 1:
            return turned
        return area if postcode_area(text) == own_area else none

    return below


def _text(levels: _Levels, own: str) -> Callable[[str], float]:
    close, similar, none = levels.of("close"), levels.of("similar"), levels.none

    def below(text: str) -> float:
        alike = _similarity(own, text)
        return close if alike >= 0.88 else similar if alike >= 0.75 else none

    return below


def _phone(levels: _Levels, own: str) -> Callable[[str], float]:
    tail, turned, none, own_tail = levels.of("tail"), levels.of("turned"), levels.none, own[-7:]

    def below(text: str) -> float:
        if text.endswith(own_tail):
            return tail
        return turned if _distance(own, text, score_cutoff=1) <= 1 else none

    return below


def _email(levels: _Levels, own: str) -> Callable[[str], float]:
    same, close, similar, none = levels.of("user"), levels.of("close"), levels.of("similar"), levels.none
    own_user = own.partition("@")[0]

    def below(text: str) -> float:
        user = text.partition("@")[0]
        if user == own_user:
            return same
        # An alignment in which no part is edited twice may cost one more edit than the distance.
        apart = _distance(own_user, user, score_cutoff=4)
        if apart > 4:
            return none
        alike = _similarity(own, text)
        if apart <= 3 and alike >= 0.92:
            return max(close, similar)
        return similar if alike >= 0.8 else none

    return below


def _anything(levels: _Levels, own: str) -> Callable[[str], float]:
    return lambda text: levels.below


_COMPARED: Mapping[str, _Compare] = {
    "date_of_birth": _date, "postcode": _postcode, "city": _text, "phone": _phone, "email": _email,
}  # fmt: skip


def _address(levels: _Levels, own: Texts) -> _Step:
    exact, number, none = levels.of("exact"), levels.of("number"), levels.none
    same_number = max(levels.of("close"), levels.of("crossed"))
    other_number = max(levels.of("turned"), levels.of("street"))
    own_street, own_number, own_locality = own["street"], own.get("street_number"), own.get("locality")

    def step(other: Texts) -> float:
        street = other.get("street")
        if street is None:
            return 0.0
        same = other.get("street_number") == own_number
        if same and street == own_street:
            return exact
        if (
            _like(own_street, street)
            or _like(own_street, other.get("locality"))
            or _like(own_locality, street)
        ):
            return same_number if same else other_number
        return number if same and own_number else none

    return step, levels.most


def _locality(levels: _Levels, own: Texts) -> _Step:
    exact, close, crossed, none = (levels.of(name) for name in ("exact", "close", "crossed", "none"))
    own_locality, own_street = own["locality"], own.get("street")

    def step(other: Texts) -> float:
        locality = other.get("locality")
        if locality is None:
            return 0.0
        if locality == own_locality:
            return exact
        if _like(own_locality, locality):
            return close
        return crossed if _like(own_locality, other.get("street")) or _like(own_street, locality) else none

    return step, levels.most


def _names(given: _Levels, surname: _Levels, own: Texts) -> _Step:
    """Both, because one may stand for the other."""
    own_given, own_surname = own.get("given_name"), own.get("surname")
    of_given, most_given = _name(given, own_given, "nickname")
    of_surname, most_surname = _name(surname, own_surname, "part")

    def step(other: Texts) -> float:
        x, y = other.get("given_name"), other.get("surname")
        # Where one of the two agrees nothing was swapped.
        crossed = x != own_given and y != own_surname and (_like(own_given, y) or _like(own_surname, x))
        return of_given(x, crossed) + of_surname(y, crossed)

    return step, most_given + most_surname


def _name(
    levels: _Levels, own: str | None, special: str
) -> tuple[Callable[[str | None, bool], float], float]:
    """`special`: the level that this name alone has."""
    if own is None:
        return lambda text, crossed: 0.0, 0.0
    exact, of_special = levels.exactly(own), levels.of(special)
    close, initial, swapped, similar, none = (
        levels.of(name) for name in ("close", "initial", "crossed", "similar", "none")
    )
    short_forms = relatives(own) if special == "nickname" else frozenset()
    several = special == "part" and " " in own

    def below(text: str | None, crossed: bool) -> float:
        if text is None:
            return 0.0
        if text == own:
            return exact
        most, alike = none, _similarity(own, text)
        if alike >= CLOSE or _distance(own, text, score_cutoff=1) <= 1:
            most = close
        if alike >= SIMILAR:
            most = max(most, similar)
        if crossed:
            most = max(most, swapped)
        if text.startswith(own) or own.startswith(text):
            most = max(most, initial)
        if text in short_forms or several or (special == "part" and " " in text):
            most = max(most, of_special)
        return most

    return below, max(exact, levels.below, 0.0)
