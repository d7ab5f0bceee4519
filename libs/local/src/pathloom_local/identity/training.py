"""Training by Splink: expectation-maximisation on DuckDB over records nobody has labelled.

Needs the extra `pathloom[train]`. What it makes is a model file that is served without either.
"""

import importlib.util
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow
from pathloom_identity.domain.evidence.blocking import candidates
from pathloom_identity.domain.evidence.comparators import (
    COMPARISONS,
    Pairs,
    compared,
    comparison_of,
    levels_of,
)
from pathloom_identity.domain.evidence.learning import with_frequencies
from pathloom_identity.domain.evidence.model import Level, Model, Weights
from pathloom_identity.domain.evidence.table import Table
from pathloom_identity.domain.evidence.vetoes import HOUSEHOLDS_FROM, household_share

from pathloom_local.errors import LocalError
from pathloom_local.identity.splink_sql import conditions, prepared, sql_columns

#: Rules by which Splink blocks for a pass of EM; each pass trains what its rule does not use.
PERSONAL_PASSES: tuple[tuple[str, ...], ...] = (("given_name", "surname"), ("date_of_birth",), ("email",))
#: Not where households are among the records: who shares a home would be taken for one person there.
HOME_PASSES: tuple[tuple[str, ...], ...] = (("phone",), ("address",), ("postcode", "surname"))
#: What the model knew of a level counts like so many pairs, so that a level that was never seen keeps a weight.
KNOWN_SHARE = 0.01
LEAST_SHARE = 1e-6
#: Pairs taken by chance, for u.
CHANCE_PAIRS = 500_000


class CannotTrain(LocalError):
    """Training cannot begin or teaches nothing; the text says why."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The model, and the rules by which EM could be run."""

    model: Model
    passes: tuple[str, ...]


def is_there() -> bool:
    """Whether Splink and DuckDB are installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("splink", "duckdb"))


def train(
    records: Table, base: Model, version: str, seed: int, trained_on: dict[str, Any], now: datetime
) -> Trained:
    """A model trained on `records`; `base` gives what training does not touch. Raises CannotTrain."""
    if not is_there():
        raise CannotTrain("training needs Splink and DuckDB: pip install 'pathloom[train]'")
    base = with_frequencies(base, records)
    found = candidates(records, base.block_cap)
    pairs = Pairs(records, found.left, found.right)
    share = household_share(pairs, levels_of(pairs))
    households = share >= HOUSEHOLDS_FROM
    possible = PERSONAL_PASSES if households else PERSONAL_PASSES + HOME_PASSES
    passes = [rule for rule in possible if records.columns.keys() >= set(rule)]
    if not passes:
        wanted = "; ".join(" and ".join(rule) for rule in possible)
        raise CannotTrain(f"the mapping names none of what a pass of training needs: {wanted}")
    linker = linker_of(records, base, trained=False)
    linker.training.estimate_u_using_random_sampling(max_pairs=CHANCE_PAIRS, seed=seed)
    done = []
    for rule in passes:
        sql = " and ".join(f'l."{name}" = r."{name}"' for name in rule)
        if _run_pass(linker, sql):
            done.append("+".join(rule))
    if not done:
        raise CannotTrain("no two records agree on anything that a pass of training blocks on")
    model = _taken(linker, records, base)
    said = {
        **trained_on,
        "records": records.size,
        "passes": done,
        "household_share": round(share, 4),
        "at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "by": "Splink, expectation-maximisation on DuckDB, no labels",
    }
    return Trained(replace(model, version=version, households=households, trained_on=said), tuple(done))


def linker_of(records: Table, model: Model, trained: bool) -> Any:
    """A Splink linker over the records, with the model's levels (and, when `trained`, its m, u and frequencies)."""
    from splink import DuckDBAPI, Linker, SettingsCreator

    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI()
    data = api.register(pyarrow.table(_typed(prepared(records))))
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(name, records, model, trained) for name in sql_columns(records)],
        probability_two_random_records_match=1 / (1 + 2**-model.log2_prior),
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    linker = Linker(data, settings, log_level=logging.ERROR)
    if trained:
        for name in sql_columns(records):
            terms = api.register(pyarrow.table(_terms(name, records, model)))
            linker.table_management.register_term_frequency_lookup(terms, name)
    return linker


def splink_weights(
    records: Table, model: Model, left: Sequence[int], right: Sequence[int]
) -> dict[tuple[int, int], float]:
    """Splink's match weight of each pair under the model, in log2: for the test that both weigh the same."""
    linker = linker_of(records, model, trained=True)
    asked = pyarrow.table(
        {"join_key_l": list(left), "join_key_r": list(right), "match_key": ["0"] * len(left)}
    )
    linker.table_management.register_blocked_pairs_for_predict(linker._db_api.register(asked))
    found = linker.inference.predict(warning_mode="never").as_record_list()
    return {(row["unique_id_l"], row["unique_id_r"]): float(row["match_weight"]) for row in found}


def _comparison(name: str, records: Table, model: Model, trained: bool) -> dict[str, Any]:
    column = records.columns[name]
    weights = model.of(name, column)
    by_value = COMPARISONS[comparison_of(name, column)].by_value
    levels: list[dict[str, Any]] = [
        {
            "sql_condition": f'"{name}_l" IS NULL OR "{name}_r" IS NULL',
            "label_for_charts": "null",
            "is_null_level": True,
        }
    ]
    for level, sql in zip(weights.levels, [*conditions(name, records), "ELSE"], strict=True):
        said: dict[str, Any] = {"sql_condition": sql, "label_for_charts": level.name}
        if trained:
            said |= {"m_probability": level.m, "u_probability": level.u}
            if level.name in by_value:
                said |= {
                    "tf_adjustment_column": name,
                    "tf_adjustment_weight": 1.0,
                    "tf_minimum_u_value": weights.frequencies.least,
                }
        levels.append(said)
    return {"output_column_name": name, "comparison_levels": levels, "comparison_description": name}


def _terms(name: str, records: Table, model: Model) -> dict[str, list[Any]]:
    column = records.columns[name]
    frequencies = model.of(name, column).frequencies
    texts = sorted(set(column.words.texts))
    return {name: texts, f"tf_{name}": [frequencies.of(text) for text in texts]}


def _run_pass(linker: Any, rule: str) -> bool:
    """One pass of EM; False where the rule brings no records together."""
    from splink.internals.exceptions import EMTrainingException

    try:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    except EMTrainingException:
        return False
    return True


def _taken(linker: Any, records: Table, base: Model) -> Model:
    """What Splink learnt, in the model's words; what it could not learn stays as it was."""
    made = dict(base.comparisons)
    for said in linker.misc.save_model_to_json()["comparisons"]:
        name = said["output_column_name"]
        column = compared(records)[name]
        weights = base.of(name, column)
        given = {each.get("label_for_charts"): each for each in said["comparison_levels"]}
        m = _shares(
            [given[level.name].get("m_probability") for level in weights.levels],
            [x.m for x in weights.levels],
        )
        u = _shares(
            [given[level.name].get("u_probability") for level in weights.levels],
            [x.u for x in weights.levels],
        )
        levels = tuple(Level(x.name, a, b) for x, a, b in zip(weights.levels, m, u, strict=True))
        made[name] = Weights(levels, weights.frequencies)
    return replace(base, comparisons=made)


def _shares(learnt: Sequence[float | None], known: Sequence[float]) -> list[float]:
    """Learnt shares where there are any, a little of the known ones mixed in, together 1."""
    mixed = [
        max(k if x is None else (1 - KNOWN_SHARE) * x + KNOWN_SHARE * k, LEAST_SHARE)
        for x, k in zip(learnt, known, strict=True)
    ]
    whole = sum(mixed)
    return [share / whole for share in mixed]


def _typed(rows: dict[str, list[Any]]) -> dict[str, Any]:
    """Columns that hold nothing but None still have a type, and lists of text are that also when all are empty."""
    made: dict[str, Any] = {}
    for name, values in rows.items():
        if name.endswith(("__related", "__words")):
            made[name] = pyarrow.array(values, type=pyarrow.list_(pyarrow.string()))
        elif all(value is None or isinstance(value, str) for value in values):
            made[name] = pyarrow.array(values, type=pyarrow.string())
        else:
            made[name] = pyarrow.array(values, type=pyarrow.int64())
    return made
