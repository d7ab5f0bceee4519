"""The caller of the demo."""

from pathloom_simulator import Config, college, expected_customers, scenario, simulate

from .simulated_college import NOW, at, fold_contacts, folded_roots

CONFIG = Config(college(), NOW, 7, 50)


def test_the_call_rings_now_after_six_days_of_trying() -> None:
    played = scenario(CONFIG)
    names = [
        one.message.get("event")
        for one in played.sent
        if one.message.get("properties", {}).get("contact_id") == played.contact.root
    ]
    assert names[-3:] == ["Contact Offered", "Contact Queued", "Contact Alerting"]
    assert "Contact Answered" not in names
    mine = [line for line in played.truth if line["is"] == "touchpoint" and line["journey"] == "j0-0-2"]
    assert [(line["channel"], line["outcome"]) for line in mine] == [
        ("web", "failed"),
        ("voice", "unresolved"),
        ("chat", "abandoned"),
        ("voice", "ongoing"),
    ]
    chat = mine[2]["legs"][0]
    assert chat["wait_s"] == 9 * 60
    assert [step["what"] for step in mine[0]["steps"]] == ["tried", "failed", "tried", "failed"]


def test_the_promise_is_overdue_and_nobody_called() -> None:
    promises = [line for line in scenario(CONFIG).truth if line["is"] == "promise"]
    assert [promise["kept_at"] for promise in promises] == [None]
    assert promises[0]["due_at"] < NOW.strftime("%Y-%m-%dT%H:%M:%S")


def test_the_call_goes_on_when_it_is_answered() -> None:
    played = scenario(CONFIG)
    later = played.answer(CONFIG.now_ms + 8_000) + played.finish(CONFIG.now_ms + 200_000)
    assert [one.message["event"] for one in later] == [
        "Contact Answered",
        "Verification Started",
        "Verification Passed",
        "Contact Ended",
        "Contact Wrapped Up",
    ]
    assert later[2].message["userId"] == played.person.student_id
    every = played.sent + later
    legs = fold_contacts(every, folded_roots(every))[("telephony", played.contact.root)]
    assert [leg.kind for leg in legs] == ["ivr", "queue", "alert", "agent"]
    assert legs[-1].end == (CONFIG.now_ms + 200_000) / 1000
    assert not {one.message["messageId"] for one in played.sent} & {one.message["messageId"] for one in later}


def test_it_is_part_of_every_run_and_the_same_one() -> None:
    alone, whole = scenario(CONFIG).sent, list(simulate(CONFIG))
    assert [one for one in whole if one in alone] == sorted(alone, key=lambda one: one.occurred_ms)
    assert max(at(one.message) for one in alone) <= CONFIG.now_ms / 1000


def test_the_caller_is_one_customer_and_the_brother_another() -> None:
    customers = expected_customers(scenario(CONFIG).truth)
    own = [customer for customer in customers if ("sis", "user", "S1000000") in customer]
    assert len(own) == 1
    assert ("crm", "user", "K500000") in own[0]
    assert ("sis", "user", "S1000001") not in own[0]
