"""Models that come with the software, so that the first day works.

`general.json` is where learning from a file begins. `cautious.json` is what the service begins with: the same weights but
for towns, of which it takes there to be thirty, and it joins by itself only from 14 bits on (16,000 to 1: a name and a town
alone are not enough). It cannot know how frequent a company's names and towns are; of people in few towns with few names,
the general one would make strangers one.
"""

from functools import lru_cache
from importlib.resources import files

from pathloom_identity.domain.evidence.model import Model
from pathloom_identity.domain.evidence.model_file import read_model


@lru_cache(maxsize=1)
def general() -> Model:
    """What learning from a file begins with."""
    return _shipped("general.json")


@lru_cache(maxsize=1)
def cautious() -> Model:
    """The service's on a blank install."""
    return _shipped("cautious.json")


def _shipped(name: str) -> Model:
    return read_model(files(__package__).joinpath(name).read_text(encoding="utf-8"))
