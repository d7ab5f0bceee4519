"""Who a row really is, from a column of the file: `COLUMN`, or `COLUMN=REGEX` whose first group is the person."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pathloom_local.errors import LocalError
from pathloom_local.send.expressions import BadValue, found


class BadTruth(LocalError):
    """The truth that was asked for cannot be read so."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Truth:
    """A column and, perhaps, what of it names the person."""

    column: str
    pattern: re.Pattern[str] | None

    def person(self, row: Mapping[str, Any]) -> str:
        """Raises BadValue where the row does not say."""
        value = found(row, self.column)
        if value is None:
            raise BadValue(f"{self.column}: is empty, so who it is is not known")
        text = str(value).strip()
        if self.pattern is None:
            return text
        match = self.pattern.search(text)
        if match is None or match[1] is None:
            raise BadValue(f"{self.column}: does not match {self.pattern.pattern}")
        return match[1]


def read_truth(said: str, option: str = "--truth") -> Truth:
    """Raises BadTruth, naming the option."""
    column, equals, pattern = said.partition("=")
    if not column:
        raise BadTruth(f"{option}: names no column")
    if not equals:
        return Truth(column, None)
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise BadTruth(f"{option}: {pattern} is no regular expression: {error}") from None
    if not compiled.groups:
        raise BadTruth(f"{option}: {pattern} has no group; the first one is the person")
    return Truth(column, compiled)
