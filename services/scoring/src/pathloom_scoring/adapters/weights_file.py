"""The shipped weights, read from the package."""

from __future__ import annotations

from importlib.resources import files

import yaml

from pathloom_scoring.domain.weights import Weights, parse_weights


def shipped_weights() -> Weights:
    """models/shipped.yaml. Raises BadWeights when it is not whole."""
    text = files("pathloom_scoring").joinpath("models/shipped.yaml").read_text(encoding="utf-8")
    return parse_weights(yaml.safe_load(text))
