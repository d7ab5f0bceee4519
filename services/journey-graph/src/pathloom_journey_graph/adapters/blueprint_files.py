"""Blueprints from YAML files, checked field by field. docs/blueprint.md is the reference."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pathloom_journey_graph.domain.blueprint import Blueprint, Blueprints, Completion, Goal, Match, Stage
from pathloom_journey_graph.domain.names import event_key
from pathloom_journey_graph.domain.values import DAY, HOUR, MINUTE, SECOND

SHIPPED = ("college", "shop")
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}


class BlueprintError(ValueError):
    """A blueprint that cannot be used; its text names the file and each field at fault."""


def _duration(value: Any) -> Any:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw])", value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError("is no duration: write a number and one of s, m, h, d, w, e.g. 14d")
    return round(float(found[1]) * _UNITS[found[2]])


def _texts(value: Any) -> Any:
    """A single value stands for a list of one; numbers are texts."""
    values = value if isinstance(value, list) else [value]
    return [str(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v for v in values]


Duration = Annotated[int, BeforeValidator(_duration), Field(gt=0, le=3650 * DAY)]
Texts = Annotated[list[str], BeforeValidator(_texts)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MatchFile(_Part):
    """Words of which one is enough."""

    stated: Texts = []
    intents: Texts = []
    codes: Texts = []
    pages: Texts = []
    steps: Texts = []
    steps_done: Texts = []
    steps_failed: Texts = []
    events: Texts = []
    properties: dict[str, Texts] = {}

    def to_domain(self) -> Match:
        """As the domain has it."""
        plain = {
            "stated": self.stated, "intent": self.intents, "code": self.codes, "page": self.pages, "step": self.steps,
            "step_done": self.steps_done, "step_failed": self.steps_failed, "event": [event_key(e) for e in self.events],
            **{f"property:{name}": values for name, values in self.properties.items()},
        }  # fmt: skip
        return Match({kind: frozenset(values) for kind, values in plain.items() if values})


class CompletionFile(MatchFile):
    """An end of the journey."""

    quiet: Duration | None = None

    def to_completion(self) -> Completion:
        """As the domain has it."""
        return Completion(self.to_domain(), self.quiet or 0)


class StageFile(_Part):
    """A phase."""

    key: Key
    label: str = ""
    match: MatchFile


class GoalFile(_Part):
    """A goal."""

    key: Key
    label: str
    match: MatchFile
    begins: MatchFile | None = None
    silence: Duration | None = None
    reached: list[CompletionFile] = []
    given_up: list[CompletionFile] = []
    stages: list[StageFile] = []
    not_first_contact_resolvable: bool = False

    def to_domain(self, silence: int) -> Goal:
        """As the domain has it."""
        match = self.match.to_domain()
        return Goal(
            self.key,
            self.label,
            match,
            self.begins.to_domain() if self.begins else match,
            self.silence or silence,
            tuple(c.to_completion() for c in self.reached),
            tuple(c.to_completion() for c in self.given_up),
            tuple(Stage(s.key, s.label or s.key, s.match.to_domain()) for s in self.stages),
            self.not_first_contact_resolvable,
        )


class BlueprintFile(_Part):
    """A whole file."""

    key: Key
    version: Annotated[int, Field(ge=1)]
    namespaces: Annotated[Texts, Field(min_length=1)] = ["*"]
    silence: Duration = 14 * DAY
    hop_within: Duration = 7 * DAY
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    unit_cost: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = {}
    reasons: dict[str, str] = {}
    goals: list[GoalFile] = []

    def to_domain(self) -> Blueprint:
        """As the domain has it."""
        return Blueprint(
            self.key, self.version, frozenset(self.namespaces), tuple(g.to_domain(self.silence) for g in self.goals),
            self.silence, self.hop_within, self.currency, self.unit_cost, self.reasons,
        )  # fmt: skip


def parse_blueprint(text: str, name: str) -> Blueprint:
    """One file's content. BlueprintError naming `name` and each field that is wrong."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise BlueprintError(f"{name}: no YAML" + (f", line {mark.line + 1}" if mark else "")) from error
    if not isinstance(raw, Mapping):
        raise BlueprintError(f"{name}: holds no mapping")
    try:
        found = BlueprintFile.model_validate(raw).to_domain()
    except ValidationError as error:
        wrong = [
            f"{_path(e['loc'])}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_url=False)
        ]
        raise BlueprintError(f"{name}: " + "; ".join(wrong)) from error
    _once(name, "goals", [goal.key for goal in found.goals])
    for i, goal in enumerate(found.goals):
        _once(name, f"goals[{i}].stages", [stage.key for stage in goal.stages])
        if not goal.match.values:
            raise BlueprintError(f"{name}: goals[{i}].match: names nothing by which the goal could be told")
    return found


def load_blueprints(paths: Sequence[Path] = ()) -> Blueprints:
    """The files named, beside those shipped. A named file goes before a shipped one: it replaces one of its key and
    takes from it the namespaces that both name (`*` among them).

    BlueprintError for a file that cannot be used, for two named ones of one key or with one namespace.
    """
    named = [parse_blueprint(_read(path), str(path)) for path in paths]
    _once("blueprints", "key", [b.key for b in named])
    _once("blueprints", "namespaces", [n for b in named for n in sorted(b.namespaces)])
    taken = frozenset[str]().union(*(b.namespaces for b in named))
    shipped = [b for name in SHIPPED if (b := _shipped(name)).key not in {n.key for n in named}]
    left = [replace(b, namespaces=b.namespaces - taken) for b in shipped if b.namespaces - taken]
    if not any("*" in b.namespaces for b in (*named, *left)):
        left.append(Blueprint("none", 1, frozenset({"*"}), ()))
    return Blueprints((*named, *left))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BlueprintError(f"{path}: {error.strerror}") from error


def _shipped(name: str) -> Blueprint:
    source = files("pathloom_journey_graph.blueprints").joinpath(f"{name}.yaml")
    return parse_blueprint(source.read_text(encoding="utf-8"), f"{name}.yaml")


def _path(place: Iterable[str | int]) -> str:
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place)
    return text.lstrip(".") or "file"


def _once(name: str, field: str, values: Sequence[str]) -> None:
    twice = sorted({v for v in values if values.count(v) > 1})
    if twice:
        raise BlueprintError(f"{name}: {field}: {', '.join(twice)} is there twice")
