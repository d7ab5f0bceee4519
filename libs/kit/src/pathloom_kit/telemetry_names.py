"""Every name that spans, metrics and their attributes may use. None may carry a person."""

# Metrics
RPC_SERVER_DURATION = "rpc.server.duration"  # histogram, s: rate, errors and duration by method and status
FEED_LAG = (
    "pathloom.feed.lag"  # gauge: numbers between the head and what was applied, by feed, partition, lane
)
FEED_SILENCE = "pathloom.feed.silence"  # gauge, s: since the upstream was last heard
FEED_PARKED = (
    "pathloom.feed.parked"  # counter: entries set aside since the start (now: see the gateway's names)
)
FEED_APPLIED = "pathloom.feed.applied"  # counter: entries applied, by feed and lane
FEED_STALE = "pathloom.feed.stale"  # counter: pages refused because another replica had moved the cursor
PROCESS_CPU = "process.cpu.time"  # counter, s
PROCESS_MEMORY = "process.memory.usage"  # gauge, bytes resident
LOOP_DELAY = (
    "pathloom.loop.delay"  # histogram, s: how late the event loop is; it grows when a process is full
)

# Attributes
RPC_SERVICE = "rpc.service"
RPC_METHOD = "rpc.method"
RPC_STATUS = "rpc.grpc.status_code"
ERROR_REASON = "error.type"
FEED = "pathloom.feed.name"
PARTITION = "pathloom.feed.partition"
LANE = "pathloom.feed.lane"
ENTRIES = "pathloom.feed.entries"
STORE = "db.system.name"

# Spans
SPAN_APPLY = "feed.apply"
SPAN_STORE = "store.write"  # one transaction on a service's own store
