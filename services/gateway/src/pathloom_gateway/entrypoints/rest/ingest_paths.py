"""The paths that events come in by."""

CALLS = ("track", "identify", "page", "screen", "group", "alias")
BATCH = "/v1/batch"
EVENTS = "/v1/events"
INGEST_PATHS = frozenset({BATCH, EVENTS, "/v1/import", *(f"/v1/{call}" for call in CALLS)})
