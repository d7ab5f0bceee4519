"""Names of the gateway's own measures. None may carry a person."""

INGEST_EVENTS = "pathloom.ingest.events"  # counter: events by what became of them
INGEST_DURATION = "pathloom.ingest.duration"  # histogram, s: from receipt to the durable commit
OUTCOME = "pathloom.ingest.outcome"  # accepted, repeated, or the reason of a refusal
LANE = "pathloom.feed.lane"

HTTP_SERVER_DURATION = "http.server.request.duration"  # histogram, s: REST calls by method, route and status
HTTP_METHOD = "http.request.method"
HTTP_ROUTE = "http.route"  # the template, never the path
HTTP_STATUS = "http.response.status_code"

VIEW_FRESHNESS = (
    "pathloom.view.freshness"  # histogram, s: from accepted until shown with its scores (live lane)
)
VIEW_AGE = "pathloom.view.age"  # gauge, s: since the read model last heard from each upstream, the largest

# Of the whole platform, as one gateway sees it: equal in every replica, so take the maximum.
PLATFORM_PARKED = (
    "pathloom.platform.parked"  # gauge: entries set aside now, by service; above 0 needs an operator
)
PLATFORM_QUARANTINED = "pathloom.platform.quarantined"  # gauge: refused events that wait for an operator
PLATFORM_WAITING = "pathloom.platform.waiting"  # gauge: entries of records not yet known, by service
PLATFORM_REACHABLE = "pathloom.platform.reachable"  # gauge: 1 if the gateway reaches the service, else 0
PLATFORM_SERVICE = "pathloom.service"
