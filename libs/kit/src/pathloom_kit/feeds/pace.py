"""How many entries go into one transaction: few while nothing waits, many when catching up, never so many that others wait long."""

_GROWTH = 2.0  # at most so much more, or less, than the step before
_TELLING = 0.5  # a step of a smaller share of the size says little about the cost of a full one


class Pace:
    """The size of steps that take about `target_s` each, between `least` and `most` entries."""

    def __init__(self, least: int, most: int, target_s: float) -> None:
        self._least, self._most, self._target_s = min(least, most), most, target_s
        self.size = self._least
        """Entries of the next step, at most."""

    def took(self, entries: int, seconds: float) -> None:
        """A step of so many entries took so long."""
        if entries < self.size * _TELLING and seconds <= self._target_s:
            return
        fits = entries * self._target_s / max(seconds, 1e-6)
        fits = min(max(fits, self.size / _GROWTH), self.size * _GROWTH)
        self.size = round(min(max(fits, self._least), self._most))

    def failed(self) -> None:
        """A step was rolled back: perhaps it was too much for the store."""
        self.size = max(self._least, round(self.size / _GROWTH))
