"""Consent: kept by purpose and channel, the latest said counts, and a page that anybody can open withdraws nobody's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathloom_identity.domain.consent import consent_values
from pathloom_identity.domain.events import Event, EventType

from .identity_worlds import SOURCES, event, resolve

BY_MAIL = {"purpose": "marketing", "channel": "email"}


def said(
    number: int,
    name: str,
    source: str = "crm",
    *,
    at: int,
    user: str = "S1",
    claimed: bool = False,
    **more: Any,
) -> Event:
    """A word about marketing by e-mail."""
    payload = {"properties": {**BY_MAIL, **more}}
    cookie = "k1" if claimed else ""
    return event(
        number, SOURCES[source], user="" if claimed else user, cookie=cookie, claimed=claimed, name=name, at=at, payload=payload
    )  # fmt: skip


def stands(*world: Event) -> dict[str, Any]:
    """The only person's consents by name."""
    (values,) = resolve(world).golden.values()
    return {one.name: json.loads(one.text) for one in values if one.name.startswith("consent:")}


def test_the_latest_word_counts_also_against_the_system_of_record() -> None:
    given_in_sis = said(1, "Consent Given", "sis", at=1)
    # One person, known to both: the system of record's word is older.
    same = event(
        3, SOURCES["sis"], EventType.IDENTIFY, user="S1", payload={"traits": {"email": "a@mail.example.org"}}
    )
    crm = event(
        4, SOURCES["crm"], EventType.IDENTIFY, user="S1", payload={"traits": {"email": "a@mail.example.org"}}
    )
    withdrawn_in_crm = said(2, "Consent Withdrawn", "crm", at=2)
    found = stands(given_in_sis, same, crm, withdrawn_in_crm)
    assert found == {"consent:marketing:email": {"state": "withdrawn"}}


def test_each_purpose_and_channel_stands_for_itself() -> None:
    found = stands(
        said(1, "consent_given", at=1, expires_at="2027-01-01T00:00:00Z"),
        said(2, "Consent Withdrawn", at=2, channel="SMS"),
        said(3, "Consent Expired", at=3, purpose="recording", channel=""),
    )
    assert found == {
        "consent:marketing:email": {"state": "given", "expires_at": "2027-01-01T00:00:00Z"},
        "consent:marketing:sms": {"state": "withdrawn"},
        "consent:recording:": {"state": "expired"},
    }


def test_what_a_public_key_says_is_said_of_its_own_browser_only() -> None:
    world = [said(1, "Consent Given", at=1), said(2, "Consent Withdrawn", at=2, claimed=True)]
    states = {key: [v.text for v in state.values.values()] for key, state in resolve(world).states.items()}
    assert {key.kind.name: texts for key, texts in states.items()} == {
        "USER": ['{"state":"given"}'],
        "ANONYMOUS": ['{"state":"withdrawn"}'],
    }


def test_a_trait_named_like_a_consent_is_none() -> None:
    spoof = event(
        1,
        SOURCES["crm"],
        EventType.IDENTIFY,
        user="S1",
        payload={"traits": {"consent:marketing:email": "given"}},
    )
    assert stands(spoof) == {}


def test_a_preference_is_a_value() -> None:
    payload = {"properties": {"preferred_channel": "email", "preferred_language": "es"}}
    (values,) = resolve(
        [event(1, SOURCES["crm"], user="S1", name="Preference Set", payload=payload)]
    ).golden.values()
    assert {v.name: v.text for v in values} == payload["properties"]


@pytest.mark.parametrize("purpose", [None, "", "  ", 7, ["marketing"]])
def test_a_consent_to_nothing_says_nothing(purpose: object) -> None:
    assert consent_values("Consent Given", {"purpose": purpose}) == {}


@given(
    st.text(),
    st.dictionaries(
        st.sampled_from(["purpose", "channel", "expires_at"]), st.text() | st.none() | st.integers()
    ),
)
def test_any_words_give_a_name_of_three_parts(name: str, properties: dict[str, Any]) -> None:
    for key in consent_values(name if name else "Consent Given", properties):
        assert key.count(":") == 2 or not key.startswith("consent:")
