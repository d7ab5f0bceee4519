"""Every name that spans, metrics and their attributes may use. None may carry a person."""

# Metrics
RPC_SERVER_DURATION = "rpc.server.duration"  # histogram, s: rate, errors and duration by method and status
RPC_CLIENT_DURATION = "rpc.client.duration"  # histogram, s
FEED_LAG = (
    "pathloom.feed.lag"  # gauge: numbers between the head and what was applied, by feed, partition, lane
)
FEED_SILENCE = "pathloom.feed.silence"  # gauge, s: since the upstream was last heard
FEED_PARKED = "pathloom.feed.parked"  # gauge: entries set aside; above 0 needs an operator
FEED_APPLIED = "pathloom.feed.applied"  # counter: entries applied, by feed and lane
FEED_STALE = "pathloom.feed.stale"  # counter: pages refused because another replica had moved the cursor

# Attributes
RPC_SERVICE = "rpc.service"
RPC_METHOD = "rpc.method"
RPC_STATUS = "rpc.grpc.status_code"
ERROR_REASON = "error.type"
FEED = "pathloom.feed.name"
PARTITION = "pathloom.feed.partition"
LANE = "pathloom.feed.lane"
ENTRIES = "pathloom.feed.entries"

# Spans
SPAN_APPLY = "feed.apply"
