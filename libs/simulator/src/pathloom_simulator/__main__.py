"""Writes a company's history and the truth about it to a folder.

    python -m pathloom_simulator --seed 1 --touchpoints 3000 --out DIR

DIR/events.jsonl.gz has a line for each message in order of delivery: source_id, method, occurred_ms, delay_s, message.
DIR/truth.jsonl.gz has a line for each person, journey, touchpoint, promise, survey and planted cause. Exit code 0; 2 for
wrong arguments.
"""

import argparse
import gzip
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

import msgspec

from pathloom_simulator import Config, Truth, college, simulate

EVERY = 5_000


@contextmanager
def packed(path: Path) -> Iterator[IO[bytes]]:
    """A gzip file whose bytes depend on its content only."""
    with path.open("wb") as plain, gzip.GzipFile("", "wb", 5, plain, mtime=0) as packer:
        yield cast("IO[bytes]", packer)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; the exit code."""
    parser = argparse.ArgumentParser(
        prog="pathloom_simulator", description="Simulate a contact centre, with the truth."
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed and now give the same bytes")
    parser.add_argument(
        "--touchpoints", type=int, default=3000, help="how many at least (households are made whole)"
    )
    parser.add_argument("--weeks", type=int, default=8, help="how long the history is")
    parser.add_argument(
        "--now", type=datetime.fromisoformat, help="end of the history, ISO 8601 (default: this moment)"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for events.jsonl.gz and truth.jsonl.gz"
    )
    given = parser.parse_args(arguments)
    if given.touchpoints < 1 or given.weeks < 1 or given.seed < 0:
        parser.error("--touchpoints and --weeks are 1 or more, --seed is 0 or more")
    now = (given.now or datetime.now(UTC).replace(microsecond=0)).astimezone(UTC)
    config = Config(college(), now, given.seed, given.touchpoints, given.weeks)
    given.out.mkdir(parents=True, exist_ok=True)
    encoder = msgspec.json.Encoder()
    people = touchpoints = messages = 0
    with packed(given.out / "truth.jsonl.gz") as truth, packed(given.out / "events.jsonl.gz") as events:

        def tell(line: Truth) -> None:
            nonlocal people, touchpoints
            truth.write(encoder.encode(line) + b"\n")
            people += line["is"] == "person"
            touchpoints += line["is"] in ("touchpoint", "survey")
            if people % 500 == 0 and line["is"] == "person":
                _progress(f"{people} people, {touchpoints} touchpoints")

        for sent in simulate(config, tell):
            events.write(encoder.encode(sent) + b"\n")
            messages += 1
            if messages % EVERY == 0:
                _progress(f"{people} people, {touchpoints} touchpoints, {messages} messages written")
    _progress(f"{people} people, {touchpoints} touchpoints, {messages} messages in {given.out}", last=True)
    return 0


def _progress(text: str, last: bool = False) -> None:
    print(f"\r{text}\x1b[K", end="\n" if last else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
