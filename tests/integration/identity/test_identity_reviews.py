"""The steward's queue: what is doubtful, why, what becomes of a word, and how it is told afterwards."""

from dataclasses import replace
from itertools import pairwise

import pytest
from pathloom.identity.v1 import customers_pb2 as c
from pathloom.identity.v1 import events_pb2 as e
from pathloom_identity.adapters.models import put_in_force
from pathloom_identity.domain.reviews import probability, worth

from tests.integration.identity.identity_stores import Store, assert_equals
from tests.integration.identity.identity_world import Identity, RpcError, identify, record
from tests.integration.identity.test_identity_evidence import play, terms
from tests.unit.identity.evidence_worlds import evidence_decisions, evidence_world
from tests.unit.identity.identity_worlds import LAW_MODEL, resolve

KNOWN = {
    "first_name": "Robert",
    "last_name": "Lindqvist",
    "date_of_birth": "1971-06-24",
    "phone": "+14025550133",
}
#: Agrees in enough to be asked about, not in enough to be sure.
DOUBTFUL = {
    "first_name": "Robert",
    "last_name": "Lindqvist",
    "date_of_birth": "1971-03-09",
    "city": "Omaha",
    "phone": "+14025550133",
}


def key(user: str) -> e.RecordKey:
    return record("crm", 1, user)


async def reviews(identity: Identity, **given: object) -> list[c.Review]:
    return list((await identity.customers.ListReviews(c.ListReviewsRequest(**given))).reviews)  # type: ignore[arg-type]  # by name


async def told_doubtful(identity: Identity, pairs: int = 1) -> None:
    """`pairs` people whose two records are not surely one."""
    for at in range(pairs):
        own = {"last_name": f"Lindqvist{'abcdefgh'[at]}", "phone": f"+1402555{9000 + at}"}
        await identity.record(
            "crm",
            identify(f"{at}-1", f"a{at}", 1, first_name="Robert", date_of_birth="1971-06-24", **own),
            identify(
                f"{at}-2", f"b{at}", 2, first_name="Robert", date_of_birth="1980-11-02", city="Omaha", **own
            ),
        )
    await identity.settled()


async def test_a_doubtful_pair_is_asked_about_until_it_is_decided(identity: Identity) -> None:
    await told_doubtful(identity)
    assert (
        await reviews(identity) == []
    )  # a birthday that differs in one home is a veto, and nothing to ask about
    await identity.record(
        "crm", identify("1", "a", 1, first_name="Ann", last_name="Okafor", city="Omaha"),
        identify("2", "b", 2, first_name="Ann", last_name="Okafor", city="Omaha"),
    )  # fmt: skip
    await identity.settled()
    (asked,) = await reviews(identity)
    assert (asked.left, asked.right) == (key("a"), key("b"))
    assert asked.worth == asked.probability == probability(asked.weight) > 0.9

    word = c.DecideRequest(left=key("a"), right=key("b"), same=True, actor="steward-1", reason="called them")
    before = await identity.things()
    decided = await identity.customers.Decide(word)
    assert decided.left_customer_id == decided.right_customer_id
    assert await reviews(identity) == []
    explained = await identity.customers.ExplainPair(c.ExplainPairRequest(left=key("a"), right=key("b")))
    assert explained.weight == asked.weight == sum(piece.weight for piece in explained.pieces)
    assert (explained.decision.same, explained.decision.actor, explained.decision.reason) == (
        True,
        "steward-1",
        "called them",
    )
    assert not explained.vetoed
    assert explained.cut > explained.weight

    word.same = False
    await identity.customers.Decide(word)
    assert await reviews(identity) == []
    pair = c.WithdrawDecisionRequest(left=key("b"), right=key("a"), actor="steward-1")
    await identity.customers.WithdrawDecision(pair)
    assert await reviews(identity) == [asked]
    after = await identity.things()
    assert {k: t.customer for k, t in after.items()} == {k: t.customer for k, t in before.items()}
    with pytest.raises(RpcError, match="DECISION_NOT_FOUND"):
        await identity.customers.WithdrawDecision(pair)

    told = (
        await identity.customers.ListChanges(c.ListChangesRequest(customer_id=decided.left_customer_id))
    ).changes
    assert [(one.kind, one.record.id, one.text, one.actor) for one in told] == [
        (c.CustomerChange.KIND_SPLIT, "b", "a steward said so", "steward-1"),
        (c.CustomerChange.KIND_MERGED, "b", "a steward said so", "steward-1"),
    ]
    assert told[0].into_customer_id == told[1].from_customer_id


async def test_the_queue_is_in_the_order_of_worth_and_comes_in_pages(identity: Identity) -> None:
    for at, name in enumerate(("Okafor", "Haddad", "Novak")):
        told = [
            identify(f"{at}-{n}", f"{name}{n}", n, first_name="Ann", last_name=name, city="Omaha")
            for n in range(2)
        ]
        # The second of them has more records, which a customer number joins.
        told += [identify(f"{at}-x{n}", f"x{name}{n}", 9, student_id=f"S{at}") for n in range(at)]
        told += [identify(f"{at}-s", f"{name}0", 10, student_id=f"S{at}")]
        await identity.record("crm", *told)
    await identity.settled()
    whole = await reviews(identity)
    assert [round(one.worth) for one in whole] == [3, 2, 1]
    assert all(one.worth >= other.worth for one, other in pairwise(whole))
    paged: list[c.Review] = []
    token = ""
    while True:
        page = await identity.customers.ListReviews(c.ListReviewsRequest(page_size=1, page_token=token))
        paged += page.reviews
        token = page.next_page_token
        if not token:
            break
    assert paged == whole
    for wrong in ("x", "1.2", f"{1 << 70}.1.1"):
        with pytest.raises(RpcError, match="INVALID_ARGUMENT"):
            await identity.customers.ListReviews(c.ListReviewsRequest(page_token=wrong))
    gone = whole[0].left_customer_id
    await identity.customers.EraseCustomer(c.EraseCustomerRequest(customer_id=gone, actor="s"))
    assert await reviews(identity) == whole[1:]


async def test_what_keeps_two_apart_is_said(identity: Identity) -> None:
    couple = KNOWN | {"address": "12 Mill Lane"}
    await identity.record(
        "crm", identify("1", "a", 1, **couple), identify("2", "b", 2, **(couple | {"first_name": "Maria"})),
        identify("3", "c", 3),
    )  # fmt: skip
    await identity.settled()
    explained = await identity.customers.ExplainPair(c.ExplainPairRequest(left=key("a"), right=key("b")))
    assert explained.vetoed
    assert explained.veto == "they share a home, and first name or date of birth differs beyond any error"
    assert not explained.HasField("decision")
    nothing = await identity.customers.ExplainPair(c.ExplainPairRequest(left=key("a"), right=key("c")))
    assert [piece.attribute for piece in nothing.pieces] == ["prior"]
    with pytest.raises(RpcError, match="RECORD_NOT_FOUND"):
        await identity.customers.ExplainPair(c.ExplainPairRequest(left=key("a"), right=key("nobody")))


async def test_a_merge_by_evidence_is_told_with_what_agreed(identity: Identity) -> None:
    await identity.record("crm", identify("1", "a", 1, **KNOWN), identify("2", "b", 2, first_name="Bob"))
    await identity.settled()
    await identity.record("crm", identify("3", "b", 3, **(KNOWN | {"first_name": "Bob"})))
    await identity.settled()
    (one,) = [t.customer for t in (await identity.things()).values() if t.HasField("customer")]
    told = (await identity.customers.ListChanges(c.ListChangesRequest(customer_id=one.customer_id))).changes
    assert [(t.kind, t.record.id, t.actor) for t in told] == [(c.CustomerChange.KIND_MERGED, "b", "")]
    assert told[0].text == "date of birth, phone, surname and given name agree"
    with pytest.raises(RpcError, match="CUSTOMER_NOT_FOUND"):
        await identity.customers.ListChanges(c.ListChangesRequest(customer_id="cus_x"))


async def test_a_word_outlives_another_model(store: Store) -> None:
    other = replace(LAW_MODEL, version="other", cut=-6.0, block_cap=6, log2_prior=-12.0)
    for seed in range(6):
        world = evidence_world(seed, persons=6)
        said = evidence_decisions(seed, world)
        await store.empty()
        await put_in_force(store.database, LAW_MODEL)
        await play(store, world, seed)
        for one in said:
            await store.decide(one.left, one.right, one.same, "steward", "")
        store.terms = terms(other)
        await put_in_force(store.database, other)
        await store.resolver().drain()
        await assert_equals(store, resolve(store.named(world), said, model=other))


def test_worth_is_what_a_word_is_expected_to_put_right() -> None:
    assert worth(0, 1, 1) == 0.5
    assert worth(10, 2, 3) == pytest.approx(6 * 1024 / 1025)
    assert worth(-2000, 5, 5) == 0
    assert probability(-3) == pytest.approx(1 / 9)
