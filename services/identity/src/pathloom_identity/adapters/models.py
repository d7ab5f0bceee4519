"""Which model is in force: the latest that was sent, else the setting's; everybody is weighed anew where it is another one
than before."""

import json
import logging
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from pathloom_kit import telemetry
from pathloom_kit.clock import Clock, SystemClock
from pathloom_kit.postgres import Database, RawConnection

from pathloom_identity.adapters.step import alone
from pathloom_identity.adapters.tasks import MODEL
from pathloom_identity.application.times import micros
from pathloom_identity.domain.evidence.model import Model
from pathloom_identity.domain.evidence.model_file import BadModel, write_model
from pathloom_identity.domain.evidence.serving import serving_model
from pathloom_identity.domain.golden import Survivorship
from pathloom_identity.models import cautious
from pathloom_identity.telemetry_names import BLOCK_LEFT_OUT, RULE

_log = logging.getLogger(__name__)
_LATEST = "SELECT number, digest, version, text, actor FROM model_version ORDER BY number DESC LIMIT 1"
_KEEP = """
INSERT INTO model_version (digest, version, text, actor, reason, since) VALUES ($1, $2, $3, $4, $5, $6) RETURNING number
"""
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
        return serving_model(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadModel(f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BadModel("is no text: damaged, or another file") from None


async def put_in_force(
    database: Database, model: Model, survivorship: Survivorship | None = None, clock: Clock | None = None
) -> bool:
    """At a start: the setting's model decides unless one was sent, and golden values are chosen like this. True where
    others did before: then everybody is settled anew, in the background. BadModel where the one that was sent is of a
    version that this one cannot read."""
    async with database.asyncpg() as conn, conn.transaction():
        await alone(conn)
        latest = await conn.fetchrow(_LATEST)
        text = write_model(model)
        if latest is not None and latest["actor"]:
            serving_model(latest["text"])
            _log.info("a model that was sent goes before the setting's", extra={"number": latest["number"]})
            text, version = latest["text"], latest["version"]
        else:
            version = model.version
            if latest is None or latest["digest"] != _digest(text):
                now = micros((clock or SystemClock()).now())
                await conn.fetchval(_KEEP, _digest(text), version, text, "", "", now)
        return await _settle_by(conn, text, version, survivorship)


async def activate(
    conn: RawConnection, model: Model, survivorship: Survivorship, actor: str, reason: str, now: int
) -> int:
    """From the end of this transaction, which must be alone in the partition, the model decides. Its number."""
    latest, text = await conn.fetchrow(_LATEST), write_model(model)
    if latest is not None and latest["actor"] and latest["digest"] == _digest(text):
        return int(latest["number"])
    number = int(await conn.fetchval(_KEEP, _digest(text), model.version, text, actor, reason, now))
    await _settle_by(conn, text, model.version, survivorship)
    return number


async def _settle_by(conn: RawConnection, text: str, version: str, survivorship: Survivorship | None) -> bool:
    declared = json.dumps(survivorship or {}, sort_keys=True)
    if await conn.fetchval(_PUT, _digest(text + declared), version) is None:
        return False
    await conn.execute(_ANEW, MODEL)
    return True


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def count_left_out() -> Callable[[Counter[str]], None]:
    """Counts what the cap on blocks leaves to other keys, by rule."""
    counter = telemetry.meter().create_counter(BLOCK_LEFT_OUT)

    def left_out(found: Counter[str]) -> None:
        for rule, records in found.items():
            counter.add(records, {RULE: rule})

    return left_out
