"""Declarations of sources in PostgreSQL. There are few of them, so they are read whole."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from pathloom_kit.postgres import RawConnection

from pathloom_identity.adapters.codec import as_json
from pathloom_identity.domain.sources import PLATFORM, Source


async def load_sources(conn: RawConnection) -> dict[str, Source]:
    """All sources by id, the platform's own among them."""
    rows = await conn.fetch("SELECT source_id, declaration FROM source ORDER BY source_id")
    return parse_sources({r["source_id"]: r["declaration"] for r in rows})


def parse_sources(declarations: Mapping[str, str]) -> dict[str, Source]:
    """From their stored text, the platform's own added."""
    return {**{i: _parse(text) for i, text in declarations.items()}, PLATFORM.source_id: PLATFORM}


def _parse(text: str) -> Source:
    known = _PARSED.get(text)
    if known is None:
        if len(_PARSED) > 1000:
            _PARSED.clear()
        known = _PARSED[text] = msgspec.convert(json.loads(text), Source)
    return known


_PARSED: dict[str, Source] = {}


async def put_source(conn: RawConnection, source: Source) -> Source | None:
    """Stores the declaration; returns the one before."""
    before: Any = await conn.fetchval(
        "SELECT declaration FROM source WHERE source_id = $1 FOR UPDATE", source.source_id
    )
    await conn.execute(
        "INSERT INTO source AS s (source_id, declaration, version) VALUES ($1, $2, 1) "
        "ON CONFLICT (source_id) DO UPDATE SET declaration = excluded.declaration, version = s.version + 1",
        source.source_id,
        as_json(source),
    )
    return None if before is None else _parse(before)


def by_id(sources: Mapping[str, Source]) -> list[Source]:
    return [sources[source_id] for source_id in sorted(sources)]
