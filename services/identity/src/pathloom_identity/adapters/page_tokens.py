"""Tokens of pages that end at numbers."""

from pathloom_kit.errors import InvalidArgument

PAGE = 50
"""Of a page whose size is not said."""


def numbers_of(token: str, count: int) -> tuple[int, ...]:
    """The numbers of a token, which are separated by points. InvalidArgument for one that was not handed out."""
    try:
        found = tuple(map(int, token.split(".")))
    except ValueError:
        found = ()
    if len(found) != count or any(abs(number) >= 1 << 63 for number in found):
        raise InvalidArgument(fields={"page_token": "was not handed out here"})
    return found
