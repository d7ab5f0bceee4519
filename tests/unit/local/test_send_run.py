"""A run of `pathloom send` against a door that answers as told: batches, resuming, refusals, patience."""

import json
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathloom_local.api.client import PublicApi
from pathloom_local.api.sender import MOST_BYTES, MOST_EVENTS, Outgoing, batches
from pathloom_local.errors import NotRunning, Refused
from pathloom_local.send.mapping import FileMap, compile_map
from pathloom_local.send.progress import Ledger, Sent
from pathloom_local.send.run import Run


class Door:
    """The ingest door: keeps what it took by message id; `answer` may answer something else first."""

    def __init__(self) -> None:
        self.taken: dict[str, Any] = {}
        self.calls = 0
        self.headers: list[httpx.Headers] = []
        self.answer: Callable[[int], httpx.Response | Exception | None] = lambda call: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        self.headers.append(request.headers)
        special = self.answer(self.calls)
        if isinstance(special, Exception):
            raise special
        if special is not None:
            return special
        errors, accepted = [], 0
        for index, event in enumerate(json.loads(request.content)["batch"]):
            if event["userId"] == "bad":
                errors.append({"index": index, "reason": "MALFORMED", "field": "userId", "detail": "is bad"})
            else:
                accepted += 1
                self.taken[event["messageId"]] = event
        return httpx.Response(
            200, json={"position": f"p{self.calls}", "accepted": accepted, "errors": errors}
        )


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def api(door: Door, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PublicApi]:
    monkeypatch.setattr("pathloom_local.api.client._pause", _no_pause)
    async with PublicApi("http://127.0.0.1:1", "key", patience_s=0.5) as made:
        await made._client.aclose()
        made._client = httpx.AsyncClient(base_url="http://127.0.0.1:1", transport=httpx.MockTransport(door))
        yield made


async def _no_pause(seconds: float) -> None: ...


def file_map() -> FileMap:
    rule = {"message_id": "{id}", "user_id": "{user}", "name": "X"}
    return compile_map(
        {
            "source": {"source_id": "s", "namespace": "s"},
            "time": {"from": "{at}", "format": "epoch_s"},
            "events": [rule],
        }
    )


def make_run(folder: Path, count: int, special: dict[int, str] | None = None) -> Run:
    lines = [
        f"{number},{(special or {}).get(number, f'u{number}')},{number}" for number in range(1, count + 1)
    ]
    path = folder / "a.csv"
    path.write_text("id,user,at\n" + "\n".join(lines) + "\n")
    return Run(path, file_map(), "secret", True, Ledger.open(folder / "ledger.json"))


async def test_every_row_is_in_once_and_remembered(api: PublicApi, door: Door, tmp_path: Path) -> None:
    run = make_run(tmp_path, 1300)
    await run(api)
    assert sorted(map(int, door.taken)) == list(range(1, 1301))
    assert door.calls == 3
    assert door.headers[0]["pathloom-lane"] == "bulk"
    assert door.headers[0]["authorization"] == "Bearer secret"
    assert Ledger.open(tmp_path / "ledger.json").sent == Sent(
        rows=1300, events=1300, bad_rows=0, finished=True
    )


async def test_bad_rows_are_told_by_line_and_the_good_ones_are_in(
    api: PublicApi, door: Door, tmp_path: Path
) -> None:
    run = make_run(tmp_path, 10, {3: "", 7: "bad"})
    await run(api)
    assert sorted(map(int, door.taken)) == [1, 2, 4, 5, 6, 8, 9, 10]
    assert sorted((bad.line, bad.what) for bad in run.bad) == [
        (4, "user_id, anonymous_id and properties.contact_id are all empty: whose it is is not known"),
        (8, "refused: MALFORMED userId is bad"),
    ]
    assert run.ledger.sent == Sent(rows=10, events=8, bad_rows=2, finished=True)


async def test_a_run_that_broke_goes_on_where_it_stopped(api: PublicApi, door: Door, tmp_path: Path) -> None:
    door.answer = lambda call: httpx.Response(403, json={}) if call == 3 else None
    with pytest.raises(Refused):
        await make_run(tmp_path, 2600)(api, under_way=1)
    stopped = Ledger.open(tmp_path / "ledger.json").sent
    assert stopped.rows == 1000
    assert not stopped.finished
    door.answer, door.calls = lambda call: None, 0
    await make_run(tmp_path, 2600)(api, under_way=1)
    assert len(door.taken) == 2600
    assert door.calls == 4
    assert Ledger.open(tmp_path / "ledger.json").sent.finished


async def test_what_the_platform_cannot_take_now_is_sent_again(
    api: PublicApi, door: Door, tmp_path: Path
) -> None:
    answers: dict[int, httpx.Response | Exception] = {
        1: httpx.Response(429, headers={"Retry-After": "1"}),
        2: httpx.Response(503, headers={"Retry-After": "1"}),
        3: httpx.ConnectError("no"),
    }
    door.answer = answers.get
    await make_run(tmp_path, 20)(api)
    assert len(door.taken) == 20
    assert api.waits == 3


async def test_patience_ends(api: PublicApi, door: Door, tmp_path: Path) -> None:
    door.answer = lambda call: httpx.ConnectError("no")
    with pytest.raises(NotRunning):
        await make_run(tmp_path, 5)(api)
    assert Ledger.open(tmp_path / "ledger.json").sent == Sent()


async def test_an_event_too_large_for_the_door_is_a_bad_row(
    api: PublicApi, door: Door, tmp_path: Path
) -> None:
    run = make_run(tmp_path, 3, {2: "x" * 40_000})
    await run(api)
    assert [bad.line for bad in run.bad] == [3]
    assert sorted(door.taken) == ["1", "3"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans(), st.integers(0, 30_000)), max_size=120))
def test_batches_keep_order_and_bounds(events: list[tuple[str, bool, int]]) -> None:
    sent = [Outgoing(key, bulk, {"n": n, "x": "y" * size}, n) for n, (key, bulk, size) in enumerate(events)]
    made = list(batches(sent))
    for key in "ab":
        for bulk in (True, False):
            marks = [mark for batch in made if (batch.key, batch.bulk) == (key, bulk) for mark in batch.marks]
            assert marks == [each.mark for each in sent if (each.key, each.bulk) == (key, bulk)]
    for batch in made:
        assert 1 <= len(batch.events) <= MOST_EVENTS
        assert len(batch.events) == 1 or len(batch.body) <= MOST_BYTES + 20
        assert len(json.loads(batch.body)["batch"]) == len(batch.events)


@given(st.lists(st.integers(0, 3), max_size=40), st.randoms(use_true_random=False))
def test_the_ledger_never_counts_a_row_before_all_before_it(
    tmp_path_factory: pytest.TempPathFactory, rows: list[int], chance: random.Random
) -> None:
    ledger = Ledger(tmp_path_factory.getbasetemp() / "unused.json", Sent(), {}, 1)
    open_events: list[int] = []
    left: dict[int, int] = {}
    for row, events in enumerate(rows, start=1):
        ledger.begin(row, events)
        left[row] = events
        open_events += [row] * events
        chance.shuffle(open_events)
        while open_events and chance.random() < 0.5:
            done = open_events.pop()
            left[done] -= 1
            assert ledger.event_done(done) == (left[done] == 0)
        unfinished = [each for each, count in left.items() if count]
        assert ledger.sent.rows == (min(unfinished) - 1 if unfinished else row)
