"""Names of the gateway's own measures. None may carry a person."""

INGEST_EVENTS = "pathloom.ingest.events"  # counter: events by what became of them
INGEST_DURATION = "pathloom.ingest.duration"  # histogram, s: from receipt to the durable commit
OUTCOME = "pathloom.ingest.outcome"  # accepted, repeated, or the reason of a refusal
LANE = "pathloom.feed.lane"
