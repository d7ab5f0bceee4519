"""The service weighs every pair as Splink does: 1e-6 in log2, over ten thousand pairs. And what Splink trains serves."""

from datetime import UTC, datetime

import numpy as np
import pytest
from pathloom_identity.domain.evidence.comparators import COMPARISONS, Pairs, levels_of
from pathloom_identity.domain.evidence.measures import b_cubed
from pathloom_identity.domain.evidence.model import BIT
from pathloom_identity.domain.evidence.model_file import read_model, write_model
from pathloom_identity.domain.evidence.resolution import resolve
from pathloom_identity.domain.evidence.table import Table
from pathloom_identity.domain.evidence.weighing import total, weigh
from pathloom_identity.models import general
from pathloom_local.identity import training
from pathloom_local.identity.training import is_there, splink_weights

from tests.unit.identity.persons import world

PAIRS = 10_000


@pytest.mark.skipif(not is_there(), reason="Splink and DuckDB are not installed: the extra pathloom[train]")
def test_the_native_weights_are_splinks() -> None:
    records: Table = world(5, persons=400, dirt=0.5).table()
    found = resolve(records, general(), learn=True)
    packed = found.pairs.left * records.size + found.pairs.right
    chance = np.random.default_rng(5)
    strangers = chance.integers(0, records.size, (2 * PAIRS, 2))
    strangers.sort(axis=1)
    strangers = strangers[strangers[:, 0] < strangers[:, 1]]
    both = np.unique(np.concatenate([packed, strangers[:, 0] * records.size + strangers[:, 1]]))
    picked = np.sort(chance.permutation(both)[:PAIRS])
    left, right = picked // records.size, picked % records.size
    pairs = Pairs(records, left, right)
    levels = levels_of(pairs)
    native = total(weigh(pairs, levels, found.model), found.model, PAIRS) / BIT
    theirs = splink_weights(records, found.model, left.tolist(), right.tolist())
    assert len(theirs) == PAIRS
    apart = [abs(theirs[a, b] - w) for a, b, w in zip(left.tolist(), right.tolist(), native, strict=True)]
    assert max(apart) < 1e-6
    # The comparison has met every level of every column that errors of typing lead to.
    met = {name: set(found_levels.tolist()) for name, found_levels in levels.items()}
    assert all(0 in met[name] and len(COMPARISONS[name].levels) - 1 in met[name] for name in met)


@pytest.mark.skipif(not is_there(), reason="Splink and DuckDB are not installed: the extra pathloom[train]")
def test_a_weight_that_differs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from pathloom_local.identity import splink_sql

    monkeypatch.setitem(
        splink_sql._LEVELS, "postcode", lambda name, there: ["false", f'"{name}__area_l" = "{name}__area_r"']
    )
    records = world(5, persons=15, dirt=0.5).table()
    left, right = np.triu_indices(records.size, 1)
    pairs = Pairs(records, left, right)
    native = total(weigh(pairs, levels_of(pairs), general()), general(), len(left)) / BIT
    theirs = splink_weights(records, general(), left.tolist(), right.tolist())
    assert (
        max(abs(theirs[a, b] - w) for a, b, w in zip(left.tolist(), right.tolist(), native, strict=True))
        > 0.1
    )


@pytest.mark.soak
@pytest.mark.skipif(not is_there(), reason="Splink and DuckDB are not installed: the extra pathloom[train]")
def test_what_is_trained_is_a_model_that_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "CHANCE_PAIRS", 20_000)
    made = world(3, persons=120)
    records = made.table()
    trained = training.train(
        records, general(), "t-1", 1, {"file": "p.csv"}, datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert trained.passes == ("given_name+surname", "date_of_birth", "email")
    model = read_model(write_model(trained.model))
    assert model == trained.model
    assert model.households
    assert model.trained_on["records"] == records.size
    cluster = resolve(records, model).cluster
    assert b_cubed(cluster, np.array(made.truth)).f1 > 0.9
