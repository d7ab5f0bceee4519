"""What leads to a customer: its members, its identifiers and the words of its name."""

from collections.abc import Mapping, Sequence

from pathloom.identity.v1.customers_pb2 import Customer
from pathloom_kit.postgres import RawConnection

from pathloom_gateway.adapters.read_model.keys import record_key
from pathloom_gateway.domain.customer_view import golden_values, name_of
from pathloom_gateway.domain.names import words_of

_MEMBERS, _IDENTIFIERS, _NAMES = "view_member", "view_identifier", "view_name"
# All of them text.
_COLUMNS = {
    _MEMBERS: ("record_key", "customer_id", "own_customer_id"),
    _IDENTIFIERS: ("type", "value", "namespace", "customer_id"),
    _NAMES: ("word", "customer_id"),
}
_THERE = " UNION ALL ".join(
    f"SELECT '{table}' AS kind, ARRAY[{', '.join(columns)}] AS lead FROM {table} WHERE customer_id = ANY($1)"  # noqa: S608 - our own words
    for table, columns in _COLUMNS.items()
)
_DROP = {table: f"DELETE FROM {table} WHERE customer_id = ANY($1)" for table in _COLUMNS}  # noqa: S608 - our own words
_DROP_MEMBERS = f"{_DROP[_MEMBERS]} RETURNING record_key"


def _given(table: str) -> str:
    columns = _COLUMNS[table]
    arrays = ", ".join(f"${number}::text[]" for number, _ in enumerate(columns, 1))
    return f"unnest({arrays}) AS i({', '.join(columns)})"


def _take(table: str) -> str:
    same = " AND ".join(f"t.{name} = i.{name}" for name in _COLUMNS[table])
    return f"DELETE FROM {table} t USING {_given(table)} WHERE {same}"  # noqa: S608 - our own words


_TAKE = {table: _take(table) for table in _COLUMNS}
_ADD = {table: f"INSERT INTO {table} SELECT * FROM {_given(table)}" for table in _COLUMNS}  # noqa: S608 - our own words


async def put_leads(conn: RawConnection, customers: Mapping[str, Customer]) -> set[str]:
    """What leads to these customers is from now on what they say; most of it was there already, and stays. Returns the keys
    of their records, before and after."""
    if not customers:
        return set()
    wanted: dict[str, set[tuple[str, ...]]] = {
        _MEMBERS: {
            (record_key(one.key), key, one.own_customer_id)
            for key, customer in customers.items()
            for one in customer.records
        },
        _IDENTIFIERS: {
            (one.type, one.value, one.namespace, key)
            for key, customer in customers.items()
            for one in customer.identifiers
        },
        _NAMES: {(word, key) for key, customer in customers.items() for word in _words(customer)},
    }
    there: dict[str, set[tuple[str, ...]]] = {table: set() for table in _COLUMNS}
    for row in await conn.fetch(_THERE, list(customers)):
        there[row["kind"]].add(tuple(row["lead"]))
    for table in _COLUMNS:
        if gone := there[table] - wanted[table]:
            await conn.execute(_TAKE[table], *map(list, zip(*sorted(gone), strict=True)))
        if new := wanted[table] - there[table]:
            await conn.execute(_ADD[table], *map(list, zip(*sorted(new), strict=True)))
    return {record for record, *_ in there[_MEMBERS] | wanted[_MEMBERS]}


async def drop_leads(conn: RawConnection, customer_ids: Sequence[str]) -> set[str]:
    """Nothing leads to these customers any more. Returns the keys of the records that were theirs."""
    if not customer_ids:
        return set()
    ids = list(customer_ids)
    members = await conn.fetch(_DROP_MEMBERS, ids)
    for table in (_IDENTIFIERS, _NAMES):
        await conn.execute(_DROP[table], ids)
    return {row["record_key"] for row in members}


def _words(customer: Customer) -> set[str]:
    golden = golden_values(customer)
    return set(words_of(name_of(golden), golden.get("name", "")))
