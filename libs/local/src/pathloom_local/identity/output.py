"""What `pathloom identity link` writes: a person for each record, and on request the evidence of each pair."""

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow
import pyarrow.parquet as parquet
from pathloom_identity.domain.evidence.model import BIT
from pathloom_identity.domain.evidence.resolution import Resolution

from pathloom_local.errors import LocalError
from pathloom_local.identity.persons import Persons
from pathloom_local.identity.showing import piece_object

NOTHING_USABLE = "nothing usable in it: stays alone"
#: Pairs that nearly are one, or nearly are not, are told too where evidence is asked for.
DOUBTFUL_BITS = 8.0


class CannotWrite(LocalError):
    """The output cannot be written."""


def write_clusters(persons: Persons, found: Resolution, path: Path | None) -> None:
    """record, line, person (the record that stands for it), records (of that person), note; Parquet by the file's
    name, else CSV. Without a path on standard output."""
    rows = _columns(persons, found)
    if path is not None and path.suffix == ".parquet":
        try:
            parquet.write_table(pyarrow.table(rows), path)
        except OSError as error:
            raise CannotWrite(f"{path}: {error}") from None
        return
    with _opened(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows)
        writer.writerows(zip(*rows.values(), strict=True))


def write_evidence(persons: Persons, found: Resolution, path: Path) -> None:
    """JSON lines: every pair within a person, and every other that is doubtful or vetoed, with its waterfall."""
    joined = found.cluster[found.pairs.left] == found.cluster[found.pairs.right]
    weight = found.weight / BIT
    told = joined | (weight > -DOUBTFUL_BITS)
    with _opened(path) as file:
        for at in told.nonzero()[0].tolist():
            said = {
                "left": persons.keys[int(found.pairs.left[at])],
                "right": persons.keys[int(found.pairs.right[at])],
                "same": bool(joined[at]),
                "vetoed": bool(found.vetoed[at]),
                "weight": round(float(weight[at]), 6),
                "evidence": [piece_object(piece) for piece in found.evidence(at)],
            }
            file.write(json.dumps(said, ensure_ascii=False) + "\n")


def _columns(persons: Persons, found: Resolution) -> dict[str, list[Any]]:
    cluster = found.cluster.tolist()
    sizes: dict[int, int] = {}
    for each in cluster:
        sizes[each] = sizes.get(each, 0) + 1
    empty = set(persons.empty)
    return {
        "record": persons.keys,
        "line": persons.lines,
        "person": [persons.keys[each] for each in cluster],
        "records": [sizes[each] for each in cluster],
        "note": [NOTHING_USABLE if at in empty else "" for at in range(len(cluster))],
    }


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[str]]:
    if path is None:
        yield sys.stdout
        return
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise CannotWrite(f"{path}: {error.strerror}") from None
    with file:
        yield file
