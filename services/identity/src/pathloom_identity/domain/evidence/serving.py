"""Which models can serve: those that compare all that a record may say."""

from pathloom_identity.domain.evidence.comparators import COMPARISONS
from pathloom_identity.domain.evidence.model import Model
from pathloom_identity.domain.evidence.model_file import BadModel, read_model


def serving_model(text: str) -> Model:
    """The model of a file's text. Raises BadModel, saying what is wrong."""
    model = read_model(text)
    if missing := sorted(COMPARISONS.keys() - model.comparisons.keys()):
        raise BadModel(f"comparisons.{missing[0]}: is missing, and records may say something to it")
    return model
