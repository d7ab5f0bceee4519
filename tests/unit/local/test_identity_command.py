"""`pathloom identity`: files in, persons out; what is wrong is named by its place; any order of rows, one answer."""

import csv
import json
import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest
from pathloom_identity.domain.evidence.model_file import write_model
from pathloom_identity.domain.evidence.resolution import resolve
from pathloom_identity.models import general
from pathloom_local.__main__ import app
from pathloom_local.identity.mapping import compile_person_map, read_person_map
from pathloom_local.identity.persons import Source, read_persons
from pathloom_local.send.expressions import BadMapping
from typer.testing import CliRunner

from tests.unit.identity.persons import COLUMNS, World, world

DATA = Path(__file__).parents[4] / "shared/data/identity"
EXAMPLES = Path(__file__).parents[3] / "examples"
MAP = 'record: "{id}"\nattributes:\n' + "".join(f'  {name}: "{{{name}}}"\n' for name in COLUMNS)


@pytest.fixture
def run() -> CliRunner:
    return CliRunner()


def _file(folder: Path, made: World, order: list[int], name: str = "persons.csv") -> tuple[Path, Path]:
    path, map_file = folder / name, folder / "map.yaml"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        # Names apart by a comma and a space, as Febrl has them.
        writer.writerow(["id", "who", *(f" {column}" for column in COLUMNS)])
        writer.writerows([f"r{k:05}", made.truth[k], *(made.rows[k][c] for c in COLUMNS)] for k in order)
    map_file.write_text(MAP)
    return path, map_file


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_of_rows_gives_the_same_persons(tmp_path: Path, seed: int) -> None:
    made = world(seed, persons=90, dirt=0.5)
    order = list(range(len(made.rows)))
    found = []
    for _ in range(2):
        path, map_file = _file(tmp_path, made, order)
        persons = read_persons([Source(path, read_person_map(map_file))])
        cluster = resolve(persons.records, general(), learn=True).cluster.tolist()
        found.append({key: persons.keys[at] for key, at in zip(persons.keys, cluster, strict=True)})
        random.Random(seed).shuffle(order)
    assert found[0] == found[1]


def test_link_writes_persons_evidence_and_the_model_that_decided(tmp_path: Path, run: CliRunner) -> None:
    made = world(3, persons=90)
    path, map_file = _file(tmp_path, made, list(range(len(made.rows))))
    names = {name: tmp_path / name for name in ("out.parquet", "why.jsonl", "model.json", "again.csv")}
    args = ["identity", "link", str(path), "--map", str(map_file)]
    more = ["--evidence", str(names["why.jsonl"]), "--model-out", str(names["model.json"]), "--json"]
    done = run.invoke(app, [*args, "--out", str(names["out.parquet"]), *more])
    assert done.exit_code == 0, done.output
    rows = parquet.read_table(names["out.parquet"]).to_pylist()
    assert [row["record"] for row in rows] == [f"r{k:05}" for k in range(len(made.rows))]
    for line in names["why.jsonl"].read_text().splitlines():
        pair = json.loads(line)
        assert sum(piece["weight"] for piece in pair["evidence"]) == pytest.approx(pair["weight"], abs=1e-4)
    again = run.invoke(app, [*args, "--model", str(names["model.json"]), "--out", str(names["again.csv"])])
    assert again.exit_code == 0, again.output
    with names["again.csv"].open() as file:
        assert [row["person"] for row in csv.DictReader(file)] == [row["person"] for row in rows]


def test_bad_rows_are_told_by_line_and_the_others_are_done(tmp_path: Path, run: CliRunner) -> None:
    path, map_file = tmp_path / "p.csv", tmp_path / "map.yaml"
    path.write_text("id,given_name,surname\n1,Anna,Novak\n2,Anna\n1,Anna,Novak\n3,Anna,Novak\n4,,\n")
    map_file.write_text('record: "{id}"\nattributes: {given_name: "{given_name}", surname: "{surname}"}\n')
    done = run.invoke(
        app, ["identity", "link", str(path), "--map", str(map_file), "--out", str(tmp_path / "o.csv")]
    )
    assert done.exit_code == 1
    assert "line 3: has 2 columns" in done.output
    assert "line 4: record: names a record that an earlier row already is" in done.output
    with (tmp_path / "o.csv").open() as file:
        notes = {row["record"]: row["note"] for row in csv.DictReader(file)}
    assert notes == {"1": "", "3": "", "4": "nothing usable in it: stays alone"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("attributes: {given_name: '{first}'}", "there is no first; it has id, given_name"),
        ("attributes: {hobby: '{id}'}", "attributes.hobby.kind: is none of text, code, category"),
        (
            "attributes: {given_name: {from: '{id}', kind: code}}",
            "attributes.given_name.kind: given_name has its own",
        ),
        ("attributes: {date_of_birth: {from: '{id}', order: ydm}}", "attributes.date_of_birth.order"),
        ("attributes: {}", "attributes: is no object with at least one"),
        ("events: []", "this is a mapping of `pathloom send`"),
        ("attributes: {given_name: '{id'}", "attributes.given_name: a brace has no partner"),
        ("colour: red", "colour is not known"),
        ("[", "is no YAML"),
    ],
)
def test_a_mapping_that_is_wrong_is_told_by_its_place(
    tmp_path: Path, run: CliRunner, text: str, says: str
) -> None:
    path, map_file = tmp_path / "p.csv", tmp_path / "map.yaml"
    path.write_text("id,given_name\n1,Anna\n")
    map_file.write_text(text)
    done = run.invoke(app, ["identity", "link", str(path), "--map", str(map_file)])
    assert done.exit_code == 2
    assert says in done.output.replace("\n", " ")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--truth", "who"], "--map: is missing"),
        (["--map", "{map}"], "--truth: is missing"),
        (["--map", "{map}", "--truth", "whom"], "there is no whom"),
        (["--map", "{map}", "--truth", "who=("], "is no regular expression"),
        (["--map", "{map}", "--truth", "who=x"], "has no group"),
        (["--map", "{map}", "--truth", "who", "--model", "{map}"], "is no JSON"),
        (["--map", "{map}", "--truth", "who", "--model", "{model}"], "checksum"),
        (["--map", "{map}", "--truth", "who", "--household", "home"], "there is no home"),
    ],
)
def test_what_evaluate_cannot_do_is_said(tmp_path: Path, run: CliRunner, args: list[str], says: str) -> None:
    made = world(3, persons=3)
    path, map_file = _file(tmp_path, made, list(range(len(made.rows))))
    model = tmp_path / "model.json"
    model.write_text(write_model(general()).replace("-4.0", "-3.0"))
    filled = [arg.format(map=map_file, model=model) for arg in args]
    done = run.invoke(app, ["identity", "evaluate", str(path), *filled])
    assert done.exit_code == 2
    assert says in done.output.replace("\n", " ")


def test_dates_are_read_in_the_order_that_is_said() -> None:
    said = compile_person_map({"attributes": {"date_of_birth": {"from": "{born}", "order": "dmy"}}})
    assert said.date_order == "dmy"
    with pytest.raises(BadMapping):
        compile_person_map({"attributes": {"city": {"from": "{born}", "order": "dmy"}}})


def _evaluated(run: CliRunner, *args: str) -> dict[str, Any]:
    if not DATA.is_dir():
        pytest.skip(f"the public sets are not there: {DATA}")
    done = run.invoke(app, ["identity", "evaluate", *args, "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.output)
    return found


def test_fake_1000(run: CliRunner) -> None:
    found = _evaluated(
        run, f"{DATA}/fake_1000.csv", "--map", f"{EXAMPLES}/people/persons.yaml", "--truth", "cluster"
    )
    assert found["b_cubed"]["f1"] >= 0.970
    assert found["pairwise"]["f1"] >= 0.960


def test_febrl(run: CliRunner) -> None:
    common = ("--map", f"{EXAMPLES}/febrl/persons.yaml", "--truth", r"rec_id=rec-(\d+)-")
    assert _evaluated(run, f"{DATA}/dataset3.csv", *common)["b_cubed"]["f1"] >= 0.9995
    assert (
        _evaluated(run, f"{DATA}/dataset4a.csv", f"{DATA}/dataset4b.csv", *common)["pairwise"]["f1"] >= 0.9999
    )


def test_pseudopeople(run: CliRunner) -> None:
    maps = (
        "--map-left",
        f"{EXAMPLES}/pseudopeople/census.yaml",
        "--map-right",
        f"{EXAMPLES}/pseudopeople/w2.yaml",
    )
    files = (f"{DATA}/pseudopeople_census2020.csv", f"{DATA}/pseudopeople_w2.csv")
    found = _evaluated(run, *files, *maps, "--truth", "simulant_id", "--household", "household_id")
    assert found["pairwise"]["f1"] >= 0.93
    assert found["household_confusion"] <= 0.03
