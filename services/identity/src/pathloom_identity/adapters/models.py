"""Which model is in force: read at the start, and everybody weighed anew where it is another one than before."""

import json
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from pathloom_kit import telemetry
from pathloom_kit.postgres import Database

from pathloom_identity.adapters.tasks import EVIDENCE
from pathloom_identity.domain.evidence.comparators import COMPARISONS
from pathloom_identity.domain.evidence.model import Model
from pathloom_identity.domain.evidence.model_file import BadModel, read_model, write_model
from pathloom_identity.domain.golden import Survivorship
from pathloom_identity.models import cautious
from pathloom_identity.telemetry_names import BLOCK_LEFT_OUT, RULE

_PUT = """
INSERT INTO model AS m (digest, version) VALUES ($1, $2)
ON CONFLICT (one) DO UPDATE SET digest = excluded.digest, version = excluded.version WHERE m.digest <> excluded.digest
RETURNING digest
"""
_ANEW = """
INSERT INTO task SELECT $1, '', 0 WHERE EXISTS (SELECT FROM record)
ON CONFLICT (kind, key) DO UPDATE SET after = excluded.after
"""


def load_model(path: Path | None) -> Model:
    """The model of the file, else the one that comes with the software. Raises BadModel, saying what is wrong."""
    if path is None:
        return cautious()
    try:
        model = read_model(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadModel(f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BadModel("is no text: damaged, or another file") from None
    if missing := sorted(COMPARISONS.keys() - model.comparisons.keys()):
        raise BadModel(f"comparisons.{missing[0]}: is missing, and records may say something to it")
    return model


async def put_in_force(database: Database, model: Model, survivorship: Survivorship | None = None) -> bool:
    """From now on this model decides, and golden values are chosen like this. True where others did before: then everybody
    is settled anew, in the background."""
    declared = json.dumps(survivorship or {}, sort_keys=True)
    digest = sha256((write_model(model) + declared).encode()).hexdigest()
    async with database.asyncpg() as conn, conn.transaction():
        if await conn.fetchval(_PUT, digest, model.version) is None:
            return False
        await conn.execute(_ANEW, EVIDENCE)
    return True


def count_left_out() -> Callable[[Counter[str]], None]:
    """Counts what the cap on blocks leaves to other keys, by rule."""
    counter = telemetry.meter().create_counter(BLOCK_LEFT_OUT)

    def left_out(found: Counter[str]) -> None:
        for rule, records in found.items():
            counter.add(records, {RULE: rule})

    return left_out
