"""Rows of a file, one after the other, whatever its format: CSV, JSON lines or Parquet, gzip or not."""

import csv
import gzip
import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, cast

import pyarrow.parquet as parquet

from pathloom_local.errors import LocalError
from pathloom_local.send.expressions import HASH, ROW, found

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
_GZIP = b"\x1f\x8b"
_PAGE = 5_000


class Readable(Protocol):
    """What reading a file asks of a mapping of it."""

    @property
    def format(self) -> str:
        """csv, jsonl or parquet; empty: told by the file's name."""

    @property
    def delimiter(self) -> str:
        """Between the cells of a CSV file."""

    @property
    def encoding(self) -> str:
        """Of a text file."""

    def names(self) -> list[str]:
        """Every column and path that the file must have."""


class BadFile(LocalError):
    """The file cannot be read as the mapping says."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row and where it stands: `number` counts rows from 1, `line` is the line a person finds it at.

    `problem` says what is wrong where it is no row at all; `values` is empty then.
    """

    number: int
    line: int
    values: Mapping[str, Any]
    problem: str = ""


def fingerprint(*paths: Path) -> str:
    """A hash of the files' bytes."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:32]


def format_of(path: Path, said: str) -> str:
    """As the mapping says, else by the file's name without .gz. Raises BadFile."""
    if said:
        return said
    names = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    known = _SUFFIXES.get(names[-1]) if names else None
    if known is None:
        raise BadFile(
            f"{path}: its name tells no format; say `format: csv`, `jsonl` or `parquet` in the mapping"
        )
    return known


def check_columns(path: Path, mapping: Readable) -> None:
    """Raises BadFile that names every column or path of the mapping that the file does not have.

    In JSON lines a path is there when any row has it: the file is read until all have been seen.
    """
    wanted = mapping.names()
    missing = list(wanted)
    if format_of(path, mapping.format) == "jsonl":
        for row in rows(path, mapping):
            missing = [name for name in missing if not _has(row.values, name)]
            if not missing:
                return
        there: Sequence[str] = ()
    else:
        there = columns(path, mapping)
        missing = [name for name in wanted if name not in there and name.split(".")[0] not in there]
        # A dotted name is a path only where the file has structures.
        if format_of(path, mapping.format) == "csv":
            missing = [name for name in wanted if name not in there]
    if missing:
        has = f"; it has {', '.join(there)}" if there else ""
        raise BadFile(f"{path}: there is no {' and no '.join(missing)}{has}")


def columns(path: Path, mapping: Readable) -> list[str]:
    """The columns of a CSV or Parquet file. Raises BadFile."""
    with _opened(path) as file:
        if format_of(path, mapping.format) == "parquet":
            return [str(name) for name in _parquet(file, path).schema_arrow.names]
        reader = csv.reader(_text(file, mapping), delimiter=mapping.delimiter)
        try:
            return _header(next(reader))
        except (StopIteration, csv.Error):
            raise BadFile(f"{path}: has no header line") from None


def rows(path: Path, mapping: Readable) -> Iterator[FileRow]:
    """Every row in order. Raises BadFile for a file that cannot be read at all."""
    readers = {"csv": _csv_rows, "jsonl": _json_rows, "parquet": _parquet_rows}
    with _opened(path) as file:
        try:
            yield from readers[format_of(path, mapping.format)](file, path, mapping)
        except (gzip.BadGzipFile, EOFError, OSError) as error:
            raise BadFile(f"{path}: {error}") from None


def with_names(row: FileRow) -> Mapping[str, Any]:
    """The row's values with `#row` and `#hash`."""
    said = json.dumps(row.values, sort_keys=True, default=str, ensure_ascii=False)
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return {**row.values, ROW: row.number, HASH: digest}


def _csv_rows(file: IO[bytes], path: Path, mapping: Readable) -> Iterator[FileRow]:
    reader = csv.reader(_text(file, mapping), delimiter=mapping.delimiter)
    try:
        header = _header(next(reader))
    except StopIteration:
        return
    number = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield FileRow(number, line, {}, f"is no CSV: {error}")
            continue
        if not cells:
            continue
        number += 1
        if len(cells) != len(header):
            yield FileRow(number, line, {}, f"has {len(cells)} columns where the header has {len(header)}")
        elif not _readable(cells):
            yield FileRow(number, line, {}, f"is not {mapping.encoding}")
        else:
            yield FileRow(number, line, dict(zip(header, cells, strict=True)))


def _header(cells: list[str]) -> list[str]:
    # `a, b` is a header of a and b: what stands around a name cannot be said in a mapping.
    return [cell.strip() for cell in cells]


def _json_rows(file: IO[bytes], path: Path, mapping: Readable) -> Iterator[FileRow]:
    number = 0
    for line, text in enumerate(file, start=1):
        if not text.strip():
            continue
        number += 1
        try:
            said = json.loads(text.decode(mapping.encoding))
        except UnicodeDecodeError:
            yield FileRow(number, line, {}, f"is not {mapping.encoding}")
        except (ValueError, RecursionError):
            yield FileRow(number, line, {}, "is no JSON")
        else:
            ok = isinstance(said, dict)
            yield FileRow(number, line, said if ok else {}, "" if ok else "is no JSON object")


def _parquet_rows(file: IO[bytes], path: Path, mapping: Readable) -> Iterator[FileRow]:
    number = 0
    for batch in _parquet(file, path).iter_batches(batch_size=_PAGE):
        for values in batch.to_pylist():
            number += 1
            yield FileRow(number, number, values)


def _parquet(file: IO[bytes], path: Path) -> Any:
    try:
        return parquet.ParquetFile(file)
    except (ValueError, OSError) as error:
        raise BadFile(f"{path}: is no Parquet: {error}") from None


def _has(values: Mapping[str, Any], name: str) -> bool:
    return name in values or found(values, name) is not None


def _readable(cells: Sequence[str]) -> bool:
    return not any("\udc80" <= char <= "\udcff" for cell in cells if not cell.isascii() for char in cell)


def _text(file: IO[bytes], mapping: Readable) -> io.TextIOWrapper:
    # Undecodable bytes are carried through, so that their row alone is bad.
    return io.TextIOWrapper(file, encoding=mapping.encoding, errors="surrogateescape", newline="")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, inflated. Parquet needs to seek, so that an inflated one goes by a temporary file."""
    try:
        plain = path.open("rb")
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from None
    with plain:
        packed = plain.read(2) == _GZIP
        plain.seek(0)
        if not packed:
            yield plain
            return
        with gzip.open(plain, "rb") as inflated:
            if ".parquet" not in path.suffixes:
                yield cast("IO[bytes]", inflated)
                return
            with tempfile.TemporaryFile() as seekable:
                shutil.copyfileobj(inflated, seekable)
                seekable.seek(0)
                yield seekable
