"""The model as a file that a person can read: JSON, with a schema, and a checksum over what it says.

Reading refuses what is damaged, of an older or newer schema, or no model at all, and says what is wrong and where.
"""

import json
import math
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pathloom_identity.domain.evidence.model import Frequencies, Level, Model, Weights, kind_of

FORMAT = "pathloom identity model"
SCHEMA = 1
_TOP = ("version", "log2_prior", "cut", "unseen", "block_cap", "households", "comparisons", "trained_on")


class BadModel(ValueError):
    """The file cannot serve; the text says what is wrong and where, and never holds a value of a person."""


def write_model(model: Model) -> str:
    """The file's text: equal models give equal texts."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "schema": SCHEMA,
        "version": model.version,
        "trained_on": dict(model.trained_on),
        "log2_prior": model.log2_prior,
        "cut": model.cut,
        "unseen": model.unseen,
        "block_cap": model.block_cap,
        "households": model.households,
        "comparisons": {name: _said(model.comparisons[name]) for name in sorted(model.comparisons)},
    }
    said["checksum"] = _checksum(said)
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


def read_model(text: str) -> Model:
    """Raises BadModel."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadModel(f"is no JSON: damaged, or another file ({_brief(error)})") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise BadModel(f'is no identity model: it does not say "format": "{FORMAT}"')
    schema = said.get("schema")
    if schema != SCHEMA:
        age = "an older" if isinstance(schema, int) and schema < SCHEMA else "another"
        raise BadModel(
            f"schema: is {schema}, of {age} version of this software; this one reads {SCHEMA}: train it anew"
        )
    if missing := [name for name in (*_TOP, "checksum") if name not in said]:
        raise BadModel(f"{missing[0]}: is missing")
    if said["checksum"] != _checksum({name: value for name, value in said.items() if name != "checksum"}):
        raise BadModel("checksum: does not belong to what the file says: damaged, or changed by hand")
    return _model(said)


def _model(said: Mapping[str, Any]) -> Model:
    cut, unseen = _number(said["cut"], "cut"), _number(said["unseen"], "unseen")
    if unseen > cut:
        raise BadModel("unseen: is above cut: records never compared would be joined")
    cap = said["block_cap"]
    if not isinstance(cap, int) or isinstance(cap, bool) or cap < 2:
        raise BadModel("block_cap: is no whole number of at least 2")
    if not isinstance(said["households"], bool):
        raise BadModel("households: is neither true nor false")
    if not isinstance(said["comparisons"], dict) or not said["comparisons"]:
        raise BadModel("comparisons: is no object with at least one")
    trained_on = said["trained_on"]
    if not isinstance(trained_on, dict):
        raise BadModel("trained_on: is no object")
    comparisons = {name: _weights(name, each) for name, each in said["comparisons"].items()}
    return Model(
        str(said["version"]),
        _number(said["log2_prior"], "log2_prior"),
        cut,
        unseen,
        cap,
        said["households"],
        comparisons,
        trained_on,
    )


def _weights(name: str, said: Any) -> Weights:
    place = f"comparisons.{name}"
    if not isinstance(said, dict) or not isinstance(said.get("levels"), list):
        raise BadModel(f"{place}.levels: is no list")
    levels = tuple(_level(each, f"{place}.levels[{at}]") for at, each in enumerate(said["levels"]))
    for share, which in ((sum(x.m for x in levels), "m"), (sum(x.u for x in levels), "u")):
        if abs(share - 1) > 1e-3:
            raise BadModel(f"{place}: the {which} of its levels sum to {share:.4f}, not to 1")
    given = said.get("frequencies")
    if not isinstance(given, dict) or not isinstance(given.get("values"), dict):
        raise BadModel(f"{place}.frequencies: is no object with values")
    least = _share(given.get("least"), f"{place}.frequencies.least")
    other = _share(given.get("other"), f"{place}.frequencies.other")
    values = {text: _share(share, f"{place}.frequencies.values") for text, share in given["values"].items()}
    weights = Weights(levels, Frequencies(least, other, values))
    if kind_of(name, weights) is None:
        raise BadModel(
            f"{place}.levels: {', '.join(x.name for x in levels)} are not levels that this version compares at"
        )
    return weights


def _level(said: Any, place: str) -> Level:
    if not isinstance(said, dict):
        raise BadModel(f"{place}: is no object")
    return Level(
        str(said.get("name", "")), _share(said.get("m"), f"{place}.m"), _share(said.get("u"), f"{place}.u")
    )


def _said(weights: Weights) -> dict[str, Any]:
    frequencies = weights.frequencies
    values = sorted(frequencies.values.items(), key=lambda held: (-held[1], held[0]))
    return {
        "levels": [
            {"name": level.name, "m": level.m, "u": level.u, "weight": round(level.weight, 3)}
            for level in weights.levels
        ],
        "frequencies": {"least": frequencies.least, "other": frequencies.other, "values": dict(values)},
    }


def _share(said: Any, place: str) -> float:
    number = _number(said, place)
    if not 0 < number <= 1:
        raise BadModel(f"{place}: is not above 0 and at most 1")
    return number


def _number(said: Any, place: str) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said):
        raise BadModel(f"{place}: is no number")
    return float(said)


def _checksum(said: Mapping[str, Any]) -> str:
    return sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


def _brief(error: Exception) -> str:
    return f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else type(error).__name__
