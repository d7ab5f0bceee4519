"""The statements behind the resolution store. Arrays in, rows out; `i` is the 1-based place of the asked value."""

from pathloom_identity.adapters import event_rows

_RECORD = "record_no, namespace, kind, id, own_customer_id, component, customer_id, known, bound_no, state"
BY_KEY = f"SELECT {_RECORD} FROM record WHERE key_hash = ANY($1) ORDER BY record_no FOR UPDATE"  # noqa: S608 - our own column names
MEMBERS = f"SELECT {_RECORD} FROM record WHERE component = ANY($1) ORDER BY record_no FOR UPDATE"  # noqa: S608 - our own column names
MODEL_IN_FORCE = "SELECT digest FROM model_version ORDER BY number DESC LIMIT 1"
# As a customer of its own, which nearly all are: whoever is not is assigned. The second part of the answer, from before
# it: which of the values that lead to somebody had a holder.
CREATE = """
WITH fresh AS (
    SELECT nextval(pg_get_serial_sequence('record', 'record_no')) AS no, i.*
    FROM (SELECT * FROM unnest($1::bytea[], $2::text[], $3::smallint[], $4::text[], $5::text[], $6::bigint[],
                               $7::bytea[], $8::text[], $9::boolean[]) WITH ORDINALITY
          AS t(key_hash, namespace, kind, id, own_id, first_seen, state, sources, known, o) ORDER BY o) i
), led AS (
    INSERT INTO identifier (value, namespace, contact, record_no, joins, type)
    SELECT i.value, i.namespace, i.contact, f.no, i.joins, i.type
    FROM unnest($10::bigint[], $11::bytea[], $12::text[], $13::boolean[], $14::boolean[], $15::text[])
         AS i(o, value, namespace, contact, joins, type) JOIN fresh f USING (o)
), says AS (
    INSERT INTO said SELECT f.no, i.said FROM unnest($16::bigint[], $17::bytea[]) AS i(o, said) JOIN fresh f USING (o)
), blocked AS (
    INSERT INTO block SELECT i.key, f.no FROM unnest($18::bigint[], $19::bigint[]) AS i(o, key) JOIN fresh f USING (o)
    ORDER BY i.key ON CONFLICT DO NOTHING
), made AS (
    INSERT INTO record (record_no, key_hash, namespace, kind, id, own_customer_id, first_seen, sources, component,
                        customer_id, known, state)
    OVERRIDING SYSTEM VALUE
    SELECT no, key_hash, namespace, kind, id, own_id, first_seen, string_to_array(sources, ','), no, own_id, known, state
    FROM fresh ORDER BY no
    RETURNING key_hash, record_no
)
SELECT key_hash, record_no, NULL AS held FROM made
UNION ALL
SELECT NULL, NULL, i.at FROM unnest($11::bytea[], $12::text[]) WITH ORDINALITY AS i(value, namespace, at)
WHERE (SELECT true FROM identifier x WHERE x.value = i.value AND x.namespace = i.namespace LIMIT 1)
"""
SAVE = """
UPDATE record r SET first_seen = i.first_seen, state = i.state, sources = string_to_array(i.sources, ',')
FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::text[]) AS i(no, first_seen, state, sources)
WHERE r.record_no = i.no
"""
ASSIGN = """
UPDATE record r SET component = i.component, customer_id = i.customer_id, known = i.known, bound_no = i.bound_no
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::boolean[], $5::bigint[])
     AS i(no, component, customer_id, known, bound_no)
WHERE r.record_no = i.no AND (r.component, r.customer_id, r.known, r.bound_no)
      IS DISTINCT FROM (i.component, i.customer_id, i.known, i.bound_no)
"""
INDEX = """
INSERT INTO identifier (value, namespace, contact, record_no, joins, type)
SELECT * FROM unnest($1::bytea[], $2::text[], $3::boolean[], $4::bigint[], $5::boolean[], $6::text[])
ON CONFLICT (value, namespace, contact, record_no) DO UPDATE SET joins = excluded.joins
"""
UNINDEX = """
DELETE FROM identifier x USING unnest($1::bytea[], $2::text[], $3::boolean[], $4::bigint[])
       AS i(value, namespace, contact, no)
WHERE (x.value, x.namespace, x.contact, x.record_no) = (i.value, i.namespace, i.contact, i.no)
"""
HOLDERS = """
SELECT w.i, h.component FROM unnest($1::bytea[], $2::text[]) WITH ORDINALITY AS w(value, namespace, i)
CROSS JOIN LATERAL (
    SELECT r.component FROM identifier x JOIN record r USING (record_no)
    WHERE x.value = w.value AND x.namespace = w.namespace AND x.contact = $3 AND x.joins LIMIT $4
) h
"""
SAY = """
WITH said AS (
    INSERT INTO said SELECT * FROM unnest($1::bigint[], $2::bytea[])
    ON CONFLICT (record_no) DO UPDATE SET said = excluded.said
), unsaid AS (DELETE FROM said WHERE record_no = ANY($3)
), came AS (INSERT INTO block SELECT * FROM unnest($4::bigint[], $5::bigint[]) ON CONFLICT DO NOTHING)
DELETE FROM block b USING unnest($6::bigint[], $7::bigint[]) AS i(key, no) WHERE (b.key, b.record_no) = (i.key, i.no)
"""
SAID = "SELECT record_no, said FROM said WHERE record_no = ANY($1)"
UNDOUBT = (
    "DELETE FROM doubt WHERE left_no = ANY($1) OR right_no = ANY($1) RETURNING left_no, right_no, weight"
)
UNDOUBT_PAIRS = "DELETE FROM doubt d USING unnest($1::bigint[], $2::bigint[]) AS i(a, b) WHERE (d.left_no, d.right_no) = (i.a, i.b)"
DOUBTS = "SELECT left_no, right_no, weight FROM doubt WHERE left_no = ANY($1) AND right_no = ANY($1)"
# Whoever is of one component is mostly of one part: so the walk asks once.
NEAR = """
WITH asked AS MATERIALIZED (
    SELECT record_no, component FROM record
    WHERE component = ANY(ARRAY(SELECT component FROM record WHERE record_no = ANY($1)))
)
SELECT a.record_no, a.component, d.other, d.weight FROM asked a LEFT JOIN LATERAL (
    SELECT right_no AS other, weight FROM doubt WHERE left_no = a.record_no AND weight > $2
    UNION ALL SELECT left_no, weight FROM doubt WHERE right_no = a.record_no AND weight > $2
) d ON true
"""
DOUBT = """
INSERT INTO doubt SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
ON CONFLICT (left_no, right_no) DO UPDATE SET weight = excluded.weight
"""
CHANGED = """
INSERT INTO change (record_no, from_id, into_id, split, changed_at, text, actor)
SELECT r.record_no, i.from_id, i.into_id, i.split, $5, i.text, i.actor
FROM unnest($1::bytea[], $2::text[], $3::text[], $4::boolean[], $6::text[], $7::text[])
     AS i(key_hash, from_id, into_id, split, text, actor) JOIN record r USING (key_hash)
"""
BLOCKS = """
SELECT w.i, CASE WHEN count(*) < w.most THEN array_agg(h.record_no) END AS members
FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS w(key, most, i)
CROSS JOIN LATERAL (SELECT b.record_no FROM block b WHERE b.key = w.key LIMIT w.most) h GROUP BY w.i, w.most
"""
# One by one through the index, however many the planner takes a block for.
MATES = f"""
WITH found AS MATERIALIZED ({BLOCKS})
SELECT i, members, NULL::bigint, NULL::bytea FROM found
UNION ALL
SELECT NULL, NULL, m.no, h.said FROM (SELECT DISTINCT unnest(members) AS no FROM found) m
CROSS JOIN LATERAL (SELECT s.said FROM said s WHERE s.record_no = m.no LIMIT 1) h
"""  # noqa: S608 - our own statements
HOMES = """
SELECT w.i, EXISTS (SELECT FROM feed_thing WHERE feed = 'customers' AND partition = 0 AND key = w.household) AS published,
       coalesce(array_agg(h.customer_id) FILTER (WHERE h.state IS NOT NULL), '{}') AS customers,
       coalesce(array_agg(h.state) FILTER (WHERE h.state IS NOT NULL), '{}') AS states
FROM unnest($1::bytea[], $2::text[], $3::text[]) WITH ORDINALITY AS w(value, namespace, household, i)
LEFT JOIN LATERAL (
    SELECT r.customer_id, r.state FROM identifier x JOIN record r USING (record_no)
    WHERE x.value = w.value AND x.namespace = w.namespace AND NOT x.contact ORDER BY x.record_no LIMIT $4
) h ON true GROUP BY w.i, w.household
"""
OWNERS = """
SELECT w.i, h.* FROM unnest($1::bytea[], $2::text[]) WITH ORDINALITY AS w(value, namespace, i)
CROSS JOIN LATERAL (
    SELECT r.namespace, r.kind, r.id, r.customer_id, r.first_seen FROM identifier x JOIN record r USING (record_no)
    WHERE x.value = w.value AND x.namespace = w.namespace AND NOT x.contact ORDER BY x.record_no LIMIT $3
) h
"""
CONTACTS = """
SELECT w.i, h.* FROM unnest($1::bytea[], $2::text[]) WITH ORDINALITY AS w(value, namespace, i)
CROSS JOIN LATERAL (
    SELECT x.record_no, r.component FROM identifier x JOIN record r USING (record_no)
    WHERE x.value = w.value AND x.namespace = w.namespace AND x.contact ORDER BY x.record_no DESC LIMIT $3
) h ORDER BY w.i, h.record_no DESC
"""
# OFFSET 0: its records are looked up, whatever it is planned for. Joined, all records were read.
DECISIONS = """
SELECT d.same, d.actor, l.namespace AS left_namespace, l.kind AS left_kind, l.id AS left_id, l.component AS left_component,
       r.namespace AS right_namespace, r.kind AS right_kind, r.id AS right_id, r.component AS right_component
FROM decision d
CROSS JOIN LATERAL (SELECT namespace, kind, id, component FROM record WHERE record_no = d.left_no OFFSET 0) l
CROSS JOIN LATERAL (SELECT namespace, kind, id, component FROM record WHERE record_no = d.right_no OFFSET 0) r
WHERE d.left_no = ANY($1) OR d.right_no = ANY($1)
"""
MODEL_TEXT = "SELECT text FROM model_version WHERE digest = $1 LIMIT 1"
PINS = """
SELECT r.namespace, r.kind, r.id, p.field, p.source_id, p.seq FROM pin p JOIN record r USING (record_no)
WHERE p.record_no = ANY($1)
"""
LATER = """
INSERT INTO task (kind, key, after) VALUES ('bind', $1, $2)
ON CONFLICT (kind, key) DO UPDATE SET after = greatest(task.after, excluded.after)
"""
# Upwards: who withdraws them, and who withdraws those. Downwards: whom they withdraw, and so on.
WITHDRAWALS = """
WITH RECURSIVE up AS (
    SELECT target, by_event FROM withdrawal WHERE target = ANY($1)
    UNION SELECT w.target, w.by_event FROM withdrawal w JOIN up ON w.target = up.by_event
), down AS (
    SELECT target, by_event FROM withdrawal WHERE by_event = ANY($1)
    UNION SELECT w.target, w.by_event FROM withdrawal w JOIN down ON w.by_event = down.target
)
SELECT * FROM up UNION SELECT * FROM down
UNION SELECT w.target, w.by_event FROM withdrawal w JOIN down ON w.target = down.target
"""
# Only what is resolved already (the cursor has moved first in this transaction): what comes later is applied when it
# comes, to records that exist by then.
EVENTS_OF = f"""
SELECT {event_rows.COLUMNS} FROM event
WHERE (record_hash = ANY($1) OR contact_hash = ANY($1)) AND NOT erased AND n <= (
    SELECT c.n FROM feed_cursor c WHERE c.feed = 'events' AND c.partition = 0 AND c.lane = event.lane
)
"""  # noqa: S608 - our own column names
EVENTS_BY_ID = f"SELECT {event_rows.COLUMNS} FROM event WHERE event_id = ANY($1) AND NOT erased"  # noqa: S608 - our own column names
