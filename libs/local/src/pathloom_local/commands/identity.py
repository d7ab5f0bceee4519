"""`pathloom identity`: who is who in a file, without the platform; and the model of a platform (`models.py`)."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pathloom_identity.domain.evidence.resolution import Resolution, resolve
from rich.markup import escape

from pathloom_local.commands.console import err, out
from pathloom_local.commands.models import activate, models, rollback
from pathloom_local.commands.options import JsonOption
from pathloom_local.errors import LocalError
from pathloom_local.identity.judging import judge
from pathloom_local.identity.mapping import read_person_map
from pathloom_local.identity.models import open_model, save_model
from pathloom_local.identity.output import write_clusters, write_evidence
from pathloom_local.identity.persons import BadPerson, Persons, Source, read_persons
from pathloom_local.identity.showing import as_object, as_table, chart, mistake_lines, svg
from pathloom_local.identity.truth import read_truth

SHOWN = 20

identity = typer.Typer(
    help="Who is who in a file of persons, without the platform (link, evaluate, train); and the model by which a platform decides "
    "(activate, rollback, models). How it decides: docs/identity.md.\n\n"
    "Exit codes: 0 done; 1 some rows are bad (the others are done); 2 a mapping, a file, a truth or a model is wrong; "
    "3 the platform does not answer; 6 it refused.",
    no_args_is_help=True,
)
identity.command()(activate)
identity.command()(rollback)
identity.command()(models)

MapOption = Annotated[Path, typer.Option("--map", help="Mapping: which column is which attribute.")]
ModelOption = Annotated[
    Path | None, typer.Option("--model", help="Model file.", show_default="the one that comes with pathloom")
]
LearnOption = Annotated[
    bool | None,
    typer.Option(
        "--learn/--frozen",
        help="Learn frequencies and errors from the file first, without any truth; or take the model as it stands.",
        show_default="learn, unless --model names one",
    ),
]
ModelOutOption = Annotated[
    Path | None, typer.Option("--model-out", help="Write the model that decided, with what it learnt.")
]


class BadRows(LocalError):
    """Some rows were left out; the good ones were taken."""


@dataclass(frozen=True, slots=True)
class _Done:
    persons: Persons
    found: Resolution
    seconds: float
    cpu_seconds: float

    def said(self) -> dict[str, Any]:
        """What both verbs tell a program."""
        return {
            "records": self.persons.records.size,
            "clusters": len(set(self.found.cluster.tolist())),
            "bad_rows": len(self.persons.bad),
            "nothing_usable": len(self.persons.empty),
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "phone_parser_seconds": round(self.persons.parsing_s, 3),
            "records_per_second": round(self.persons.records.size / max(self.seconds, 1e-9)),
            "pairs_weighed": len(self.found.pairs.left),
            "left_out_by_the_cap": [
                {"rule": each.rule, "blocks": each.blocks, "pairs": each.pairs}
                for each in self.found.left_out
            ],
            "model": {"version": self.found.model.version, "households": self.found.model.households},
        }


@identity.command()
def link(
    file: Annotated[Path, typer.Argument(help="CSV, JSON lines or Parquet; gzip or not.")],
    map_file: MapOption,
    output: Annotated[
        Path | None,
        typer.Option("--out", help="CSV, or Parquet by its name.", show_default="standard output"),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            help="Write the evidence of every pair of one person, and of the doubtful, as JSON lines."
        ),
    ] = None,
    model: ModelOption = None,
    learn: LearnOption = None,
    model_out: ModelOutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which records of a file are one person.

    Each record gets a person: the record that stands for it. The model that comes with pathloom first learns from the file, without
    any truth, how frequent names are, how often values are in error and whether households are among the records; --model-out keeps
    what it learnt, and the same model gives the same answer on the same records in any order. A row that cannot be read is told by its
    line, the others are done.
    """

    def work() -> None:
        done = _resolved([Source(file, read_person_map(map_file))], model, learn)
        if output is not None or not as_json:
            write_clusters(done.persons, done.found, output)
        if evidence is not None:
            write_evidence(done.persons, done.found, evidence)
        if model_out is not None:
            save_model(done.found.model, model_out)
        said = done.said()
        if as_json:
            out.print_json(json.dumps(said))
        else:
            err.print(
                f"{said['records']} records, {said['clusters']} persons, {said['records_per_second']} records/s"
            )
            _tell_left_out(said)
        _tell_bad(done.persons.bad)

    _run(work)


@identity.command()
def evaluate(
    files: Annotated[
        list[Path], typer.Argument(help="One file, or two to link: LEFT RIGHT.", metavar="FILE [RIGHT]")
    ],
    map_file: Annotated[Path | None, typer.Option("--map", help="Mapping of the file, or of both.")] = None,
    truth: Annotated[
        str | None,
        typer.Option(
            help="COLUMN that says who a row is, or COLUMN=REGEX whose first group does: rec_id=rec-(\\d+)-"
        ),
    ] = None,
    map_left: Annotated[Path | None, typer.Option(help="Mapping of LEFT.")] = None,
    map_right: Annotated[Path | None, typer.Option(help="Mapping of RIGHT.")] = None,
    truth_left: Annotated[str | None, typer.Option(help="Truth of LEFT.")] = None,
    truth_right: Annotated[str | None, typer.Option(help="Truth of RIGHT.")] = None,
    household: Annotated[
        str | None,
        typer.Option(
            help="COLUMN that says which household: tells how many links confuse two persons of one."
        ),
    ] = None,
    model: ModelOption = None,
    learn: LearnOption = None,
    model_out: ModelOutOption = None,
    mistakes: Annotated[int, typer.Option(min=0, help="How many of each sort of mistake to show.")] = 5,
    show_values: Annotated[
        bool,
        typer.Option("--show-values", help="Show what the records of a mistake say, not only their lines."),
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(help="Write precision and recall over the threshold as SVG.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Hold the outcome against a truth: pairwise and B³ precision, recall and F1 over the final clusters.

    With two files, LEFT and RIGHT, only pairs across them count. The truth is never used to decide anything. Shown besides: records a
    second, the worst mistakes with their evidence, and precision and recall of single pairs over the threshold.
    """

    def work() -> None:
        across = len(files) == 2
        sources = _sources(
            files, (map_file, map_left, map_right), (truth, truth_left, truth_right), household or ""
        )
        done = _resolved(sources, model, learn)
        judgement = judge(done.persons, done.found, across, mistakes)
        if model_out is not None:
            save_model(done.found.model, model_out)
        if picture is not None:
            picture.write_text(svg(judgement.curve), encoding="utf-8")
        said = done.said()
        if as_json:
            out.print_json(json.dumps(as_object(said, judgement, done.persons, show_values)))
        else:
            out.print(as_table(said, judgement))
            if judgement.household is not None:
                out.print(f"links between two persons of one household: {judgement.household:.2%}")
            out.print(
                f"{judgement.joined_wrongly} pairs joined wrongly, {judgement.left_apart} left apart; of those that belong together "
                f"{judgement.never_weighed} were never weighed",
                soft_wrap=True,
            )
            floor = (
                f"; of it the phone parser {said['phone_parser_seconds']} s" if done.persons.parsing_s else ""
            )
            out.print(
                f"{said['records_per_second']} records/s ({said['seconds']} s, {said['cpu_seconds']} s of CPU{floor})",
                soft_wrap=True,
            )
            _tell_left_out(said)
            for mistake in judgement.mistakes:
                for line in mistake_lines(mistake, done.persons, show_values):
                    out.print(line, soft_wrap=True)
            out.print("precision (P) and recall (R) of single pairs over the threshold; B: both")
            for line in chart(judgement.curve):
                out.print(escape(line), soft_wrap=True)
        _tell_bad(done.persons.bad)

    _run(work)


@identity.command()
def train(
    file: Annotated[Path, typer.Argument(help="CSV, JSON lines or Parquet; gzip or not.")],
    map_file: MapOption,
    output: Annotated[Path, typer.Option("--out", help="Write the model here.")],
    version: Annotated[str, typer.Option(help="Name of the model.", show_default="trained-DATE")] = "",
    model: ModelOption = None,
    seed: Annotated[int, typer.Option(help="Of the pairs taken by chance.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Train a model on records nobody has labelled: Splink's expectation-maximisation on DuckDB.

    Needs the extra pathloom[train]; what it writes is served without it. Term frequencies hold only values of ten records and more, so
    the file names nobody. --model gives what training does not touch: the cut, the cap, what a pair weighs that was never compared.
    """

    def work() -> None:
        from pathloom_local.identity.training import train as train_model

        base = open_model(model)
        persons = read_persons([Source(file, read_person_map(map_file))])
        now = datetime.now(UTC)
        name = version or f"trained-{now:%Y-%m-%d}"
        trained = train_model(persons.records, base, name, seed, {"file": file.name}, now)
        save_model(trained.model, output)
        said = {
            "model": str(output),
            "version": name,
            "records": persons.records.size,
            "passes": list(trained.passes),
            "households": trained.model.households,
            "bad_rows": len(persons.bad),
        }
        if as_json:
            out.print_json(json.dumps(said))
        else:
            out.print(
                f"{output}: {name}, from {said['records']} records, by {', '.join(trained.passes)}",
                soft_wrap=True,
            )
        _tell_bad(persons.bad)

    _run(work)


def _sources(
    files: Sequence[Path],
    maps: tuple[Path | None, Path | None, Path | None],
    truths: tuple[str | None, str | None, str | None],
    household: str,
) -> list[Source]:
    if len(files) > 2:
        raise _Usage(f"{len(files)} files: there is one to look through, or two to link")
    made = []
    sides = ("",) if len(files) == 1 else ("-left", "-right")
    for at, (file, side) in enumerate(zip(files, sides, strict=True), start=0):
        own = 0 if not side else at + 1
        map_file, said = maps[own] or maps[0], truths[own] or truths[0]
        if map_file is None:
            raise _Usage(f"--map{side}: is missing; it says which column is which attribute")
        if said is None:
            raise _Usage(f"--truth{side}: is missing; it says who each row really is")
        made.append(Source(file, read_person_map(map_file), read_truth(said, f"--truth{side}"), household))
    return made


class _Usage(LocalError):
    exit_code = 2


def _resolved(sources: Sequence[Source], model_file: Path | None, learn: bool | None) -> _Done:
    model = open_model(model_file)
    began, cpu = time.perf_counter(), time.process_time()
    persons = read_persons(sources)
    found = resolve(persons.records, model, learn=model_file is None if learn is None else learn)
    return _Done(persons, found, time.perf_counter() - began, time.process_time() - cpu)


def _tell_left_out(said: dict[str, Any]) -> None:
    left_out = said["left_out_by_the_cap"]
    if left_out:
        pairs = sum(each["pairs"] for each in left_out)
        rules = ", ".join(f"{each['rule']} ({each['blocks']})" for each in left_out)
        err.print(
            f"left out by the cap on blocks: {pairs} pairs of {escape(rules)}; other rules may have found them",
            soft_wrap=True,
        )


def _tell_bad(bad: Sequence[BadPerson]) -> None:
    for row in bad[:SHOWN]:
        err.print(f"  {escape(row.file)} line {row.line}: {escape(row.what)}", soft_wrap=True)
    if len(bad) > SHOWN:
        err.print(f"  and {len(bad) - SHOWN} more")
    if bad:
        raise BadRows(f"{len(bad)} rows are bad; the others are done")


def _run(work: Callable[[], None]) -> None:
    try:
        work()
    except LocalError as error:
        err.print(f"[red]pathloom:[/red] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
