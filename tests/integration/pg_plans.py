"""How PostgreSQL plans a statement once, for whatever values: which tables it would read as a whole."""

import re
from collections.abc import Collection

from pathloom_kit.postgres import RawConnection


async def read_whole(
    conn: RawConnection, text: str, large: Collection[str], few: Collection[str] = ()
) -> set[str]:
    """Of the `large` tables those that the statement would read all of, or all of an index of, in the settings of this transaction.
    An index of a `few` rows may be."""
    # Explained as it is, it would be planned for the values that explaining it needs.
    await conn.execute(f"PREPARE looked_at AS {text}")
    count = max((int(number) for number in re.findall(r"\$(\d+)", text)), default=0)
    values = f"({', '.join(['NULL'] * count)})" if count else ""
    plan = "\n".join(row[0] for row in await conn.fetch(f"EXPLAIN EXECUTE looked_at{values}"))
    await conn.execute("DEALLOCATE looked_at")
    scans = re.finditer(
        rf"(?:Seq Scan|Bitmap Heap Scan|Index Scan|Index Only Scan)[^\n]* on ({'|'.join(large)})\b[^\n]*\n([^\n]*)",
        plan,
    )
    return {
        scan[1]
        for scan in scans
        if "Seq Scan" in scan[0] or not ("Cond:" in scan[2] or any(index in scan[0] for index in few))
    }
