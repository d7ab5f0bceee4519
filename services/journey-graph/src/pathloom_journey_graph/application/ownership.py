"""Whose an item is: records are locked first, then their owner is read."""

from collections.abc import Iterable, Mapping

from pathloom_journey_graph.application.ports import GraphTx, Record


async def locked(tx: GraphTx, keys: Iterable[str]) -> dict[str, Record]:
    """The records, and the roots and bound records that they lead to, all locked. A binding that moved on between two
    locks leads further; whoever comes the other way is rolled back by the store and tried again."""
    records: dict[str, Record] = {}
    todo = set(keys)
    while todo:
        records.update(await tx.lock_records(sorted(todo)))
        leads = {key for r in records.values() for key in (r.root, r.bound_to) if key}
        todo = leads - records.keys()
    return records


def owner_of(record: str, records: Mapping[str, Record]) -> tuple[str, str | None]:
    """(the record whose customer it follows, that customer or None). `record` is the root, for a contact."""
    known = records[record]
    holder = known.bound_to or record
    return holder, records[holder].customer_id
