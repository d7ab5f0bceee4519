"""Rows of CSV, JSON lines and Parquet, gzip or not: the same rows, and bad ones told by line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from pathloom_local.send.mapping import FileMap, compile_map
from pathloom_local.send.reading import BadFile, check_columns, rows, with_names

WANTED = [{"id": "1", "name": "Zoë"}, {"id": "2", "name": "two\nlines"}]


def mapping(user: str = "{id}", **top: Any) -> FileMap:
    rule = {"message_id": "{id}", "user_id": user, "name": "X"}
    return compile_map(
        {"source": {"source_id": "s", "namespace": "s"}, "time": "{id}", "events": [rule], **top}
    )


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def parquet_bytes(folder: Path, content: list[dict[str, Any]]) -> bytes:
    path = folder / "made"
    parquet.write_table(pa.Table.from_pylist(content), path)
    return path.read_bytes()


CSV = 'id,name\r\n1,Zoë\r\n2,"two\nlines"\r\n'.encode()
JSONL = b"".join(json.dumps(row).encode() + b"\n\n" for row in WANTED)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.jsonl.gz", "a.parquet", "a.parquet.gz"])
def test_the_same_rows_from_every_format(tmp_path: Path, name: str) -> None:
    kinds = {"csv": CSV, "jsonl": JSONL, "parquet": parquet_bytes(tmp_path, WANTED)}
    path = write(tmp_path, name, kinds[name.split(".")[1]])
    found = list(rows(path, mapping()))
    assert [dict(row.values) for row in found] == WANTED
    assert [row.number for row in found] == [1, 2]
    assert not any(row.problem for row in found)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", b"\xef\xbb\xbf" + CSV)
    check_columns(path, mapping())
    assert next(rows(path, mapping())).values["id"] == "1"


def test_bad_rows_are_told_by_line_and_the_others_read(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", b'id,name\n1,"x\ny"\n2\n3,\xff\n4,z\n')
    found = list(rows(path, mapping()))
    assert [(row.line, row.problem) for row in found] == [
        (2, ""),
        (4, "has 1 columns where the header has 2"),
        (5, "is not utf-8-sig"),
        (6, ""),
    ]
    path = write(tmp_path, "a.jsonl", b'{"id": 1}\nnope\n[1]\n\xff\n{"id": 2}\n')
    found = list(rows(path, mapping()))
    assert [(row.line, row.problem) for row in found] == [
        (1, ""),
        (2, "is no JSON"),
        (3, "is no JSON object"),
        (4, "is not utf-8-sig"),
        (5, ""),
    ]


def test_other_encodings_and_delimiters(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "id;name\n1;Zoë\n".encode("latin-1"))
    assert next(rows(path, mapping(encoding="latin-1", delimiter=";"))).values["name"] == "Zoë"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_column_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    kinds = {"csv": CSV, "jsonl": JSONL, "parquet": parquet_bytes(tmp_path, WANTED)}
    path = write(tmp_path, name, kinds[name.split(".")[1]])
    with pytest.raises(BadFile, match=r"there is no customer and no where\.from"):
        check_columns(path, mapping("{customer}{name}{where.from}"))


def test_a_path_that_some_row_has_is_there(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", b'{"id": "1"}\n{"id": "2", "who": {"id": "u"}}\n')
    check_columns(path, mapping("{who.id}"))
    with pytest.raises(BadFile, match=r"no who\.name"):
        check_columns(path, mapping("{who.name}"))


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="No such file"):
        check_columns(tmp_path / "none.csv", mapping())
    with pytest.raises(BadFile, match="tells no format"):
        check_columns(write(tmp_path, "a.xls", CSV), mapping())
    with pytest.raises(BadFile, match="is no Parquet"):
        check_columns(write(tmp_path, "a.parquet", CSV), mapping())
    with pytest.raises(BadFile):
        list(rows(write(tmp_path, "cut.csv", gzip.compress(CSV * 1000)[:-20]), mapping()))


def test_the_hash_depends_on_the_content_alone(tmp_path: Path) -> None:
    first, second = (with_names(row) for row in rows(write(tmp_path, "a.csv", CSV), mapping()))
    again = [
        with_names(row)
        for row in rows(write(tmp_path, "b.csv", b"name,id\nextra,9\n" + "Zoë,1\n".encode()), mapping())
    ]
    assert first["#hash"] == again[1]["#hash"] != second["#hash"]
    assert (first["#row"], again[1]["#row"]) == (1, 2)
