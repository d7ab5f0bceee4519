"""Models that come with the software: `general.json`, so that the first day works."""

from functools import lru_cache
from importlib.resources import files

from pathloom_identity.domain.evidence.model import Model
from pathloom_identity.domain.evidence.model_file import read_model


@lru_cache(maxsize=1)
def general() -> Model:
    """The model of a blank install."""
    return read_model(files(__package__).joinpath("general.json").read_text(encoding="utf-8"))
