"""Every Cypher text there is. Parameterised, idempotent; run in managed transactions that may be tried again. What a statement is
given comes in one map, `$in` (rows.py says why)."""


class Listed(str):
    """A query that answers its rows in lists of a hundred: the driver spends more on a row than Neo4j does on what is in it. Not
    one list, which a customer of a hundred thousand touchpoints would make too long for a message."""

    columns: tuple[str, ...]


def _listed(query: str, **columns: str) -> Listed:
    """`query` up to its RETURN, and what it returns: an expression for each column."""
    found = Listed(
        f"{query}\nWITH collect([{', '.join(columns.values())}]) AS found\n"
        "UNWIND range(0, size(found) - 1, 100) AS first\nRETURN found[first..first + 100] AS rows"
    )
    found.columns = tuple(columns)
    return found


def _in_one(*parts: str) -> str:
    """Statements of which none answers anything, as one: what Neo4j and its driver spend on a statement is more than what most of
    them do. Each begins with a list, and an empty one does nothing: so the text is always the same, and planned once."""
    return "\n".join(f"CALL () {{ {part.strip()} }}" for part in parts)


SCHEMA = (
    "CREATE CONSTRAINT record_key IF NOT EXISTS FOR (r:Record) REQUIRE r.key IS UNIQUE",
    "CREATE CONSTRAINT customer_id IF NOT EXISTS FOR (c:Customer) REQUIRE c.id IS UNIQUE",
    "CREATE CONSTRAINT item_id IF NOT EXISTS FOR (i:Item) REQUIRE i.id IS UNIQUE",
    "CREATE CONSTRAINT entry_id IF NOT EXISTS FOR (e:Entry) REQUIRE e.id IS UNIQUE",
    "CREATE CONSTRAINT tie_key IF NOT EXISTS FOR (t:Tie) REQUIRE t.key IS UNIQUE",
    "CREATE CONSTRAINT cursor_id IF NOT EXISTS FOR (c:Cursor) REQUIRE c.id IS UNIQUE",
    "CREATE CONSTRAINT watermark_id IF NOT EXISTS FOR (w:Watermark) REQUIRE w.id IS UNIQUE",
    "CREATE CONSTRAINT head_id IF NOT EXISTS FOR (h:Head) REQUIRE h.id IS UNIQUE",
    "CREATE CONSTRAINT meta_id IF NOT EXISTS FOR (m:Meta) REQUIRE m.id IS UNIQUE",
    "CREATE CONSTRAINT restart_feed IF NOT EXISTS FOR (r:Restart) REQUIRE r.feed IS UNIQUE",
    "CREATE CONSTRAINT erased_hash IF NOT EXISTS FOR (e:Erased) REQUIRE e.hash IS UNIQUE",
    "CREATE CONSTRAINT parked_id IF NOT EXISTS FOR (p:Parked) REQUIRE p.id IS UNIQUE",
    "CREATE CONSTRAINT lease_name IF NOT EXISTS FOR (l:Lease) REQUIRE l.name IS UNIQUE",
    "CREATE INDEX item_time IF NOT EXISTS FOR (i:Item) ON (i.customer_id, i.start)",
    "CREATE INDEX item_holder IF NOT EXISTS FOR (i:Item) ON (i.holder)",
    "CREATE INDEX item_record IF NOT EXISTS FOR (i:Item) ON (i.record)",
    "CREATE INDEX item_record_time IF NOT EXISTS FOR (i:Item) ON (i.record, i.start)",
    "CREATE INDEX item_journey IF NOT EXISTS FOR (i:Item) ON (i.journey_id)",
    "CREATE INDEX item_waiting IF NOT EXISTS FOR (i:Item) ON (i.waiting)",
    "CREATE INDEX entry_live IF NOT EXISTS FOR (e:Entry) ON (e.partition, e.live_n)",
    "CREATE INDEX entry_bulk IF NOT EXISTS FOR (e:Entry) ON (e.partition, e.bulk_n)",
    "CREATE INDEX journey_due IF NOT EXISTS FOR (j:Journey) ON (j.due)",
    "CREATE INDEX journey_opened IF NOT EXISTS FOR (j:Journey) ON (j.goal, j.opened_at)",
    "CREATE INDEX journey_generation IF NOT EXISTS FOR (j:Journey) ON (j.generation)",
    "CREATE INDEX customer_uncut IF NOT EXISTS FOR (c:Customer) ON (c.uncut_from)",
    "CREATE INDEX entry_uncut IF NOT EXISTS FOR (e:Entry) ON (e.uncut)",
)
INDEXES_READY = "CALL db.awaitIndexes(120)"
ANSWERS = "RETURN true"
CONSTRAINTS = "SHOW CONSTRAINTS YIELD name RETURN name"
INDEXES = "SHOW INDEXES YIELD name RETURN name"
META = """
MERGE (m:Meta {id: 'graph'})
ON CREATE SET m.epoch = $in.epoch, m.secret = $in.secret, m.generation = 1, m.blueprints = ''
RETURN m.epoch AS epoch, m.secret AS secret, m.generation AS generation, m.blueprints AS blueprints
"""
READ_META = "MATCH (m:Meta {id: 'graph'}) RETURN m.epoch AS epoch, m.secret AS secret, m.generation AS generation, m.blueprints AS blueprints"
RENEW_EPOCH = """
MATCH (m:Meta {id: 'graph'}) SET m._lock = true
WITH m, m.epoch = $in.lost AS ours SET m.epoch = CASE WHEN ours THEN $in.epoch ELSE m.epoch END
RETURN m.epoch AS epoch
"""
NEW_GENERATION = """
MATCH (m:Meta {id: 'graph'}) SET m._lock = true
WITH m, m.blueprints <> $in.blueprints AS other
SET m.generation = CASE WHEN other AND m.blueprints <> '' THEN m.generation + 1 ELSE m.generation END, m.blueprints = $in.blueprints
RETURN m.generation AS generation
"""

# What a relationship leads to has no label in what follows, and where there is more than one way to begin (a relationship, a second
# label, a second property with an index) the text says which: planned at the wrong moment (a thousand records, no customer yet)
# Neo4j would read a whole index for each row, and keep that plan.

# Records and customers: the lock first, then what is read is what holds.
# With the records come those that they lead to: a contact's root, and whom that is bound to.
_LEADS = """
CALL ({these}) {{
    UNWIND {these} AS r UNWIND [k IN [r.root, r.bound_to] WHERE k IS NOT NULL] AS key
    WITH DISTINCT key ORDER BY key
    MERGE (lead:Record {{key: key}}) SET lead._lock = true
    RETURN collect(lead) AS {leads}
}}"""
LOCK_RECORDS = _listed(
    f"""
UNWIND $in.keys AS key MERGE (r:Record {{key: key}}) SET r._lock = true
WITH collect(r) AS records
{_LEADS.format(these="records", leads="roots")}
{_LEADS.format(these="roots", leads="bound")}
UNWIND records + roots + bound AS r
WITH DISTINCT r""",
    key="r.key",
    customer_id="r.customer_id",
    root="r.root",
    bound_to="r.bound_to",
    version="coalesce(r.version, 0)",
    epoch="coalesce(r.epoch, '')",
)
SAVE_RECORDS = """
UNWIND $in.rows AS row
MATCH (r:Record {key: row.key})
SET r.customer_id = row.customer_id, r.root = row.root, r.bound_to = row.bound_to, r.version = row.version, r.epoch = row.epoch
"""
ERASED_AT = "UNWIND $in.hashes AS hash MATCH (e:Erased {hash: hash}) RETURN e.hash AS hash, e.at AS at"
LOCK_CUSTOMERS = _listed(
    """
UNWIND $in.rows AS row
MERGE (c:Customer {id: row.id}) SET c._lock = true
WITH c, row, coalesce(c.longest, 0) AS longest
SET c.longest = CASE WHEN longest < row.longest THEN row.longest ELSE longest END""",
    id="c.id",
    version="coalesce(c.version, 0)",
    longest="c.longest",
)
# What history has touched and nobody has cut yet: a customer's span, journeys that lost an item, and (one node, `uncut`) how
# far each follower of the lane had read when the first of it was left, which is how far everything is cut.
UNCUT_SINCE = """
MERGE (m:Meta {id: $in.id}) SET m._lock = true
WITH m, m.feeds IS NULL AS first
OPTIONAL MATCH (c:Cursor) WHERE first AND c.lane = $in.lane AND c.epoch <> ''
WITH m, first, collect(c) AS found
SET m.gap = timestamp() - coalesce(m.at, timestamp()), m.at = timestamp(),
    m.feeds = CASE WHEN first THEN [c IN found | c.feed] ELSE m.feeds END,
    m.epochs = CASE WHEN first THEN [c IN found | c.epoch] ELSE m.epochs END,
    m.places = CASE WHEN first THEN [c IN found | c.n] ELSE m.places END
"""
READ_UNCUT = """
MATCH (m:Meta {id: $in.id})
RETURN m.feeds AS feeds, m.epochs AS epochs, m.places AS places, timestamp() - m.at AS quiet_ms, m.gap AS gap_ms
"""
LEAVE_CUSTOMERS = """
UNWIND $in.rows AS row
MERGE (c:Customer {id: row.id}) SET c._lock = true
WITH c, row, coalesce(c.longest, 0) AS longest
SET c.longest = CASE WHEN longest < row.longest THEN row.longest ELSE longest END,
    c.uncut_from = CASE WHEN c.uncut_from < row.first THEN c.uncut_from ELSE row.first END,
    c.uncut_to = CASE WHEN c.uncut_to > row.last THEN c.uncut_to ELSE row.last END
"""
LEAVE_JOURNEYS = "UNWIND $in.ids AS id MATCH (e:Entry {id: id}) SET e.uncut = true"
UNCUT_CUSTOMERS = "MATCH (c:Customer) WHERE c.uncut_from IS NOT NULL RETURN c.id AS id LIMIT $in.limit"
UNCUT_JOURNEYS = "MATCH (e:Entry) WHERE e.uncut = true RETURN e.id AS id LIMIT $in.limit"
TAKE_CUSTOMERS = """
UNWIND $in.ids AS id
MATCH (c:Customer {id: id}) SET c._lock = true
WITH c, c.uncut_from AS first, c.uncut_to AS last WHERE first IS NOT NULL
REMOVE c.uncut_from, c.uncut_to
RETURN c.id AS id, first, last
"""
TAKE_JOURNEYS_OF = """
UNWIND $in.ids AS id
MATCH (c:Customer {id: id})-[:ON]->(e) USING INDEX SEEK c:Customer(id) WHERE e.uncut = true
REMOVE e.uncut
RETURN e.id AS id
"""
TAKE_JOURNEYS = """
UNWIND $in.ids AS id
MATCH (e:Entry {id: id}) USING INDEX SEEK e:Entry(id) WHERE e.uncut = true
REMOVE e.uncut
RETURN e.id AS id
"""
ALL_CUT = """
MATCH (m:Meta {id: $in.id}) SET m._lock = true
WITH m WHERE NOT EXISTS { MATCH (c:Customer) WHERE c.uncut_from IS NOT NULL }
         AND NOT EXISTS { MATCH (e:Entry) WHERE e.uncut = true }
DELETE m
RETURN true AS done
"""
READ_CUSTOMERS = _listed(
    "UNWIND $in.ids AS id MATCH (c:Customer {id: id})",
    id="c.id",
    version="coalesce(c.version, 0)",
    epoch="coalesce(c.epoch, '')",
    claims="[(c)-[:KNOWN_AS]->(r) | r.key]",
)
CLAIMANTS = _listed(
    """
UNWIND $in.keys AS key
MATCH (r:Record {key: key})<-[:KNOWN_AS]-(c) USING INDEX SEEK r:Record(key)
WITH key, max(c.id) AS id""",
    key="key",
    id="id",
)
SAVE_CUSTOMERS = _in_one(
    """
UNWIND $in.rows AS row
MERGE (c:Customer {id: row.id})
SET c.version = row.version, c.epoch = row.epoch
WITH c, row
OPTIONAL MATCH (c)-[k:KNOWN_AS]->(r) WHERE NOT r.key IN row.claims
DELETE k""",
    """
UNWIND $in.rows AS row
MATCH (c:Customer {id: row.id})
UNWIND row.claims AS key
MERGE (r:Record {key: key})
MERGE (c)-[:KNOWN_AS]->(r)""",
)

# Items, and whole items: with their pieces.
_ITEM = {
    "id": "i.id", "kind": "i.kind", "record": "i.record", "thread": "i.thread", "holder": "i.holder",
    "customer_id": "i.customer_id", "start": "i.start", "last": "i.last", "refs": "i.refs", "contacts": "i.contacts",
    "journey_id": "i.journey_id", "next_id": "i.next_id",
}  # fmt: skip
_WHOLE = {**_ITEM, "pieces": "i.pieces"}
_SPAN = {"id": "i.id", "customer_id": "i.customer_id", "start": "i.start", "last": "i.last"}
ITEMS = _listed("UNWIND $in.ids AS id MATCH (i:Item {id: id})", **_WHOLE)
VISITS_NEAR = _listed(
    """
UNWIND $in.rows AS row
MATCH (i:Item) USING INDEX SEEK i:Item(record, start)
WHERE i.record = row.record AND i.start <= row.hi AND i.last >= row.lo AND i.kind = 'visit'""",
    **_WHOLE,
)
HELD = _listed(
    """
CALL () {
    UNWIND $in.holders AS key MATCH (i:Item) WHERE i.holder = key RETURN i
    UNION UNWIND $in.records AS key MATCH (i:Item) WHERE i.record = key RETURN i
}""",
    **_ITEM,
)
OF_RECORDS = _listed("UNWIND $in.keys AS key MATCH (i:Item) WHERE i.record = key", **_ITEM)
WHOLE_OF_RECORDS = _listed("UNWIND $in.keys AS key MATCH (i:Item) WHERE i.record = key", **_WHOLE)
OF_JOURNEYS = _listed("UNWIND $in.ids AS id MATCH (i:Item) WHERE i.journey_id = id", **_ITEM)
WHOLE_OF_JOURNEYS = _listed("UNWIND $in.ids AS id MATCH (i:Item) WHERE i.journey_id = id", **_WHOLE)
JOURNEY_SPANS = _listed(
    "UNWIND $in.ids AS id MATCH (i:Item) WHERE i.journey_id = id AND i.customer_id IS NOT NULL",
    customer_id="i.customer_id",
    start="i.start",
    last="i.last",
)
# Whoever overlaps begins no earlier than the customer's longest item before.
AROUND = _listed(
    """
UNWIND $in.rows AS row
MATCH (i:Item) USING INDEX SEEK i:Item(customer_id, start)
WHERE i.customer_id = row.customer_id AND i.start >= row.earliest AND i.start <= row.hi AND i.last >= row.lo
WITH DISTINCT i""",
    **_ITEM,
    folded="i.folded",
    folded_by="i.folded_by",
)
TIED = _listed(
    """
CALL () {
    UNWIND $in.naming AS row
    MATCH (t:Tie {key: row.tie})<-[:TIED]-(i) USING INDEX SEEK t:Tie(key) WHERE i.customer_id = row.customer_id
    RETURN i
    UNION UNWIND $in.named AS row
    MATCH (r:Record {key: row.tie})
    WITH row, coalesce(r.root, r.key) AS root
    MATCH (i:Item) WHERE i.record = root AND i.kind = 'contact' AND i.customer_id = row.customer_id
    RETURN i
}""",
    **_SPAN,
)
SAVE_ITEMS = _in_one(
    """
UNWIND $in.rows AS row
MERGE (i:Item {id: row.id})
SET i.kind = row.kind, i.record = row.record, i.thread = row.thread, i.holder = row.holder, i.customer_id = row.customer_id,
    i.start = row.start, i.last = row.last, i.refs = row.refs, i.contacts = row.contacts, i.pieces = row.pieces,
    i.waiting = row.waiting, i.folded = row.folded, i.folded_by = row.folded_by,
    i.journey_id = coalesce(i.journey_id, ''), i.next_id = coalesce(i.next_id, '')
FOREACH (_ IN CASE WHEN row.touch THEN [1] ELSE [] END | SET i:Touchpoint)
FOREACH (_ IN CASE WHEN row.touch THEN [] ELSE [1] END | SET i:Mark)""",
    """
UNWIND $in.untied AS row
MATCH (i:Item {id: row.id})-[t:TIED]->(k) USING INDEX SEEK i:Item(id) WHERE k.key IN row.refs DELETE t""",
    """
UNWIND $in.tied AS row
MATCH (i:Item {id: row.id})
UNWIND row.refs AS key
MERGE (t:Tie {key: key})
MERGE (i)-[:TIED]->(t)""",
)
HAND_OVER = """
UNWIND $in.rows AS row
MATCH (i:Item {id: row.id})
SET i.holder = row.holder, i.customer_id = row.customer_id, i.waiting = row.waiting
"""
DELETE_ITEMS = """
UNWIND $in.ids AS id
MATCH (i:Item {id: id})
OPTIONAL MATCH (i)-[:TIED]->(t)
WITH i, collect(t) AS ties
DETACH DELETE i
WITH ties UNWIND ties AS t
WITH DISTINCT t WHERE NOT EXISTS { (t)<-[:TIED]-() }
DELETE t
"""

# Journeys and their feed. An entry outlives its journey: it says that it is no more.
ENTRIES = "UNWIND $in.ids AS id MATCH (e:Entry {id: id}) RETURN e.id AS id, e.entry AS entry"
PRINTS = _listed(
    "UNWIND $in.ids AS id MATCH (e:Entry {id: id})",
    id="e.id",
    print="e.print",
    version="e.version",
    live_version="e.live_version",
)
# The head is locked here, last in the transaction: others wait on it only until that commits.
PUBLISH = _in_one(
    """
WITH $in.entries AS entries WHERE size(entries) > 0
MERGE (h:Head {id: $in.head}) ON CREATE SET h.n = 0
SET h._lock = true
WITH h, entries
SET h.n = h.n + size(entries)
WITH h.n - size(entries) AS before, entries
UNWIND entries AS row
MERGE (e:Entry {id: row.id})
SET e.partition = $in.partition, e.version = row.version, e.entry = row.entry, e.print = row.print, e.traceparent = row.traceparent,
    e.live_n = CASE WHEN $in.live THEN before + row.nth ELSE e.live_n END,
    e.bulk_n = CASE WHEN $in.live THEN e.bulk_n ELSE before + row.nth END,
    e.live_version = CASE WHEN $in.live THEN row.version ELSE e.live_version END""",
    """
UNWIND $in.journeys AS row
MATCH (j:Entry {id: row.id})
SET j:Journey, j += row.properties, j.due = row.due
WITH j, row
MATCH (c:Customer {id: row.customer_id})
OPTIONAL MATCH (other)-[o:ON]->(j) WHERE other.id <> row.customer_id
DELETE o
WITH DISTINCT c, j
MERGE (c)-[:ON]->(j)""",
    """
UNWIND $in.ended AS id
MATCH (j:Entry {id: id})
OPTIONAL MATCH (j)-[r]-()
DELETE r
WITH DISTINCT j
REMOVE j:Journey, j.customer_id, j.goal, j.state, j.stage, j.opened_at, j.last_at, j.due, j.test, j.blueprint, j.generation,
       j.by_channel, j.by_department, j.by_stage, j.closed""",
    """
UNWIND $in.links AS row
MATCH (i:Item {id: row.id})
SET i.journey_id = row.journey_id, i.next_id = row.next_id
WITH i, row
OPTIONAL MATCH (i)<-[h:HAS]-(old) WHERE old.id <> row.journey_id
DELETE h
WITH DISTINCT i, row
OPTIONAL MATCH (i)-[n:NEXT]->(after) WHERE after.id <> row.next_id
DELETE n""",
    """
UNWIND $in.links AS row
MATCH (i:Item {id: row.id}) USING INDEX SEEK i:Item(id) WHERE i:Touchpoint
MATCH (j:Entry {id: row.journey_id})
MERGE (j)-[:HAS]->(i)""",
    "UNWIND $in.links AS row MATCH (i:Item {id: row.id}), (n:Item {id: row.next_id}) MERGE (i)-[:NEXT]->(n)",
)

FORGET_RECORDS = "UNWIND $in.keys AS key MATCH (r:Record {key: key}) DETACH DELETE r"
FORGET_CUSTOMERS = "UNWIND $in.ids AS id MATCH (c:Customer {id: id}) DETACH DELETE c"
REMEMBER_ERASED = """
UNWIND $in.hashes AS hash
MERGE (e:Erased {hash: hash}) SET e.at = CASE WHEN e.at > $in.at THEN e.at ELSE $in.at END
"""
FORGET_PARKED = "MATCH (p:Parked) WHERE any(hash IN p.about WHERE hash IN $in.hashes) DELETE p"

# All that a page promises, in this order: how far identity had resolved, how far the followers have read, and what of it is
# not cut yet (what was left and is cut by now is in the page, which is read after this).
FEED_STATE = """
OPTIONAL MATCH (w:Watermark) WHERE w.feed = 'customers'
WITH collect({by_lane: w.by_lane, of_feed: w.of_feed, partition: w.partition, lane: w.lane, epoch: w.epoch, n: w.n}) AS said
OPTIONAL MATCH (c:Cursor) WHERE c.epoch <> ''
WITH said, collect({feed: c.feed, partition: c.partition, lane: c.lane, epoch: c.epoch, n: c.n}) AS cursors
OPTIONAL MATCH (u:Meta {id: $in.uncut})
WITH said, cursors, CASE WHEN u IS NULL THEN NULL ELSE {feeds: u.feeds, epochs: u.epochs, places: u.places} END AS uncut
MATCH (g:Meta {id: 'graph'})
OPTIONAL MATCH (r:Restart) WHERE r.filled_in = g.epoch
WITH said, cursors, uncut, g, collect({feed: r.feed, epoch: r.filled}) AS filled
OPTIONAL MATCH (h:Head {id: $in.head})
RETURN said, cursors, uncut, filled, g.epoch AS epoch, coalesce(h.n, 0) AS head
"""
# The feed of journeys.
LOCK_HEAD = "MATCH (h:Head {id: $in.id}) SET h._lock = true WITH h RETURN h.n AS n"
_ENTRY = {"version": "e.version", "entry": "e.entry", "traceparent": "e.traceparent"}
READ_LIVE = _listed(
    """
MATCH (e:Entry) WHERE e.partition = $in.partition AND e.live_n > $in.after AND e.live_n <= $in.head
WITH e ORDER BY e.live_n LIMIT $in.limit""",
    n="e.live_n",
    **_ENTRY,
)
READ_BULK = _listed(
    """
MATCH (e:Entry) WHERE e.partition = $in.partition AND e.bulk_n > $in.after AND e.bulk_n <= $in.head
WITH e ORDER BY e.bulk_n LIMIT $in.limit""",
    n="e.bulk_n",
    **_ENTRY,
)

# One writer of claims at a time, whichever lane: two lanes may hold the same customer.
LOCK_GATES = "UNWIND $in.gates AS id MERGE (m:Meta {id: id}) SET m._lock = true"
# Following. Lock, then compare: comparing in the MATCH lets two racing transactions both win.
LOCK_CURSORS = f"""
{_in_one(LOCK_GATES)}
UNWIND $in.rows AS row
MERGE (c:Cursor {{id: row.id}})
ON CREATE SET c.feed = row.feed, c.partition = row.partition, c.lane = row.lane, c.epoch = '', c.n = 0
SET c._lock = true
WITH c RETURN c.id AS id, c.epoch AS epoch, c.n AS n, EXISTS {{ MATCH (p:Parked) WHERE p.feed = c.feed }} AS parked
"""
MOVE_CURSORS = """
UNWIND $in.rows AS moved
MATCH (c:Cursor {id: moved.id}) SET c.epoch = moved.epoch, c.n = moved.n
WITH c, moved UNWIND moved.watermarks AS row
MERGE (w:Watermark {id: row.id})
SET w.feed = c.feed, w.by_lane = c.lane, w.of_feed = row.of_feed, w.partition = row.partition, w.lane = row.lane,
    w.epoch = row.epoch, w.n = row.n
"""
CURSORS = "MATCH (c:Cursor) WHERE c.feed = $in.feed AND c.epoch <> '' RETURN c.partition AS partition, c.lane AS lane, c.epoch AS epoch, c.n AS n"
DROP_WATERMARKS = "MATCH (w:Watermark) WHERE w.feed = $in.feed DELETE w"
PARK = """
MERGE (p:Parked {id: $in.id})
SET p.feed = $in.feed, p.key = $in.key, p.n = $in.n, p.lane = $in.lane, p.epoch = $in.epoch, p.reason = $in.reason, p.entry = $in.entry, p.at = $in.at,
    p.about = $in.about
"""
RELEASE = "MATCH (p:Parked) WHERE p.feed = $in.feed AND p.key IN $in.keys DELETE p"
LIST_PARKED = """
MATCH (p:Parked) WHERE p.feed = $in.feed
RETURN p.id AS id, p.entry AS entry, p.epoch AS epoch, p.lane AS lane, p.n AS n ORDER BY p.at, p.n
"""
DROP_ONE_PARKED = "MATCH (p:Parked {id: $in.id}) DELETE p"
COUNT_PARKED = "MATCH (p:Parked) RETURN count(p) AS n"
COUNT_WAITING = "MATCH (i:Item) WHERE i.waiting = true RETURN count(i) AS n"
FIND_PARKED = "MATCH (p:Parked) WHERE p.feed = $in.feed AND p.key = $in.key RETURN p.reason AS reason"
LOCK_RESTART = "MERGE (r:Restart {feed: $in.feed}) SET r._lock = true RETURN r.epoch AS epoch"
SET_RESTART = "MATCH (r:Restart {feed: $in.feed}) SET r.epoch = $in.epoch"
# Up to which epoch of the feed, and in which of the graph's own, all there was has once been read and cut.
NOTE_FILLED = """
MATCH (g:Meta {id: 'graph'}), (r:Restart {feed: $in.feed})
WHERE (r.filled = $in.epoch AND r.filled_in = g.epoch) OR NOT EXISTS { MATCH (:Meta {id: $in.uncut}) }
SET r.filled = $in.epoch, r.filled_in = g.epoch
RETURN true
"""
DROP_PARKED = "MATCH (p:Parked) WHERE p.feed = $in.feed DELETE p"
STALE_ITEMS = _listed("MATCH (i:Item) WHERE i.id > $in.after WITH i ORDER BY i.id LIMIT $in.limit", **_WHOLE)
STALE_CUSTOMERS = """
MATCH (c:Customer) WHERE c.epoch <> $in.epoch AND EXISTS { (c)-[:KNOWN_AS]->() }
RETURN c.id AS id ORDER BY id LIMIT $in.limit
"""
STALE_CONTACTS = """
MATCH (r:Record) WHERE r.root IS NOT NULL AND r.epoch <> $in.epoch
RETURN r.key AS key ORDER BY key LIMIT $in.limit
"""
# Only of the graph that we opened: where it was emptied, nothing may be written before it is prepared again.
TAKE_LEASE = """
MATCH (:Meta {id: 'graph', secret: $in.secret})
MERGE (l:Lease {name: $in.name})
SET l._lock = true
WITH l WHERE l.holder IS NULL OR l.holder = $in.holder OR l.expires_at < timestamp()
SET l.holder = $in.holder, l.expires_at = timestamp() + $in.ttl_ms
RETURN true AS taken
"""
GIVE_BACK_LEASE = "MATCH (l:Lease {name: $in.name}) WHERE l.holder = $in.holder DELETE l"

# Time.
DUE = "MATCH (j:Journey) WHERE j.due <= $in.now RETURN j.id AS id ORDER BY j.due LIMIT $in.limit"
OLD_GENERATION = "MATCH (j:Journey) WHERE j.generation < $in.generation RETURN j.id AS id LIMIT $in.limit"

# Reading.
ROOTS = "UNWIND $in.keys AS key MATCH (r:Record {key: key}) RETURN r.key AS key, r.root AS root"
PATHS = """
MATCH (j:Journey)
WHERE ($in.goal = '' OR j.goal = $in.goal) AND j.opened_at >= $in.from AND j.opened_at < $in.to AND ($in.test OR NOT j.test)
RETURN j[$in.by] AS steps, j.closed AS closed, count(*) AS journeys, collect(j.id)[..3] AS examples
"""
COUNT_TOUCHPOINTS = "MATCH (i:Item) USING INDEX SEEK i:Item(customer_id, start) WHERE i.customer_id = $in.id AND i.start IS NOT NULL AND i:Touchpoint AND i.journey_id <> '' RETURN count(i) AS n"
TOUCHPOINTS_PAGE = _listed(
    """
MATCH (i:Item) USING INDEX SEEK i:Item(customer_id, start) WHERE i.customer_id = $in.id AND i:Touchpoint AND i.journey_id <> '' AND i.start <= $in.start
  AND (i.start < $in.start OR i.id < $in.before)
WITH i ORDER BY i.start DESC, i.id DESC LIMIT $in.limit""",
    **_ITEM,
)
