"""What the simulator sends: reproducible, valid by the tracking plan, in order, in bounded memory."""

import gzip
import tracemalloc
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pathloom.identity.v1 import customers_pb2
from pathloom_gateway.tracking_plan import common_schema, event_key, planned_events
from pathloom_simulator import Config, Delivery, Sent, college, simulate
from pathloom_simulator.__main__ import main
from pathloom_simulator.ordering import Sorter
from referencing import Registry, Resource

from .simulated_college import NOW, run


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        assert main(["--touchpoints", "200", "--now", NOW.isoformat(), "--out", str(tmp_path / folder)]) == 0
    assert (
        main(["--touchpoints", "200", "--now", NOW.isoformat(), "--seed", "2", "--out", str(tmp_path / "c")])
        == 0
    )
    for name in ("events.jsonl.gz", "truth.jsonl.gz"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
        assert (tmp_path / "a" / name).read_bytes() != (tmp_path / "c" / name).read_bytes()
    lines = gzip.decompress((tmp_path / "a" / "events.jsonl.gz").read_bytes()).splitlines()
    assert msgspec.json.decode(lines[0], type=Sent).message["type"] == "identify"


def test_every_track_event_is_in_the_plan_and_valid() -> None:
    plan = planned_events()
    registry: Registry = Registry().with_resource("common.json", Resource.from_contents(common_schema()))
    check = {
        key: Draft202012Validator(
            event.schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        for key, event in plan.items()
    }
    identifiers = {
        source.source_id: {rule.field for rule in source.identifiers}
        for source in run().config.company.sources
    }
    for sent in run().sent:
        if sent.method not in ("track", "page"):
            continue
        key = event_key(sent.message["event"]) if sent.method == "track" else "page_viewed"
        said = sent.message["properties"]
        assert not list(check[key].iter_errors(said)), (sent.message, list(check[key].iter_errors(said)))
        named = (
            set(common_schema()["properties"])
            | set(plan[key].schema["properties"])
            | identifiers[sent.source_id]
        )
        assert set(said) <= named, (key, set(said) - named)


def test_messages_are_as_a_tracking_sdk_sends_them_and_none_is_later_than_now() -> None:
    for sent in run().sent:
        said = sent.message
        assert said["type"] == sent.method
        assert said.get("userId") or said.get("anonymousId") or said["properties"]["contact_id"]
        assert "sentAt" not in said
        assert sent.occurred_ms + sent.delay_s * 1000 <= run().config.now_ms + 1


def test_messages_come_by_delivery_some_late_some_twice() -> None:
    sent = run().sent
    due = [one.occurred_ms + round(one.delay_s * 1000) for one in sent]
    assert due == sorted(due)
    assert [one.occurred_ms for one in sent] != sorted(one.occurred_ms for one in sent)
    times = Counter(one.message["messageId"] for one in sent)
    assert set(times.values()) == {1, 2}
    quiet = Config(college(), NOW, 1, 300, delivery=Delivery(late=0, shuffled=0, repeated=0))
    messages = list(simulate(quiet))
    assert [one.occurred_ms for one in messages] == sorted(one.occurred_ms for one in messages)
    assert len({one.message["messageId"] for one in messages}) == len(messages)


def test_how_much_is_held_in_memory_changes_nothing() -> None:
    config = Config(college(), NOW, 3, 400)
    assert list(simulate(config, held=50)) == list(simulate(config))


def test_memory_does_not_grow_with_the_number_of_touchpoints() -> None:
    def peak(touchpoints: int) -> int:
        tracemalloc.start()
        for _ in simulate(Config(college(), NOW, 1, touchpoints), held=500):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small = peak(400)
    assert peak(3200) < 2 * small


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 100)), max_size=300), st.integers(1, 40))
def test_the_sorter_gives_everything_back_in_order(times: list[tuple[int, int]], held: int) -> None:
    sorter = Sorter(held)
    messages = [Sent("s", "track", {"n": n}, ms, delay) for n, (ms, delay) in enumerate(times)]
    for message in messages:
        sorter.add(message)
    assert list(sorter.ordered()) == sorted(
        messages, key=lambda one: one.occurred_ms + round(one.delay_s * 1000)
    )


@pytest.mark.parametrize("source", college().sources, ids=lambda source: source.source_id)
def test_sources_are_as_identity_takes_them(source: object) -> None:
    declared = msgspec.to_builtins(source)
    trust = customers_pb2.Trust.Value(f"TRUST_{declared.pop('trust').upper()}")
    message = customers_pb2.Source(trust=trust, **declared)
    assert message.source_id
    assert message.namespace
