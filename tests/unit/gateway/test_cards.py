"""Card numbers are found as people and systems write them, and little else is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathloom_gateway.domain.cards import is_card_number, luhn, mask_cards

# The numbers that payment processors publish for testing.
TEST_NUMBERS = (
    "4111111111111111",
    "4012888888881881",
    "4222222222222",
    "5555555555554444",
    "5105105105105100",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6011000990139424",
    "3530111333300000",
    "30569309025904",
    "38520000023237",
    "6304000000000000",
    "6200000000000005",
)


def check_digit(prefix: str) -> str:
    """The digit that makes prefix + digit pass."""
    return next(d for d in "0123456789" if luhn(prefix + d))


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    prefix, length = draw(
        st.sampled_from(
            (
                ("4", 16),
                ("51", 16),
                ("55", 16),
                ("2221", 16),
                ("34", 15),
                ("37", 15),
                ("36", 14),
                ("6011", 16),
                ("4", 19),
            )
        )
    )
    body = draw(st.text("0123456789", min_size=length - len(prefix) - 1, max_size=length - len(prefix) - 1))
    return prefix + body + check_digit(prefix + body)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str]:
    """(the number, the way it is written)"""
    number = draw(card_numbers())
    separator = draw(st.sampled_from(("", " ", "-", ".", "\u00a0")))
    groups = [number[at : at + 4] for at in range(0, len(number), 4)]
    return number, separator.join(groups)


@pytest.mark.parametrize("number", TEST_NUMBERS)
def test_the_processors_test_numbers_are_card_numbers(number: str) -> None:
    assert is_card_number(number)
    assert mask_cards(number) == "*" * (len(number) - 4) + number[-4:]


@given(st.text(), written(), st.text())
def test_no_card_number_is_left_however_it_stands(before: str, card: tuple[str, str], after: str) -> None:
    number, text = card
    # A blank beside it, so that it is no part of a longer run; digits further off are the text's own.
    before, after = (re.sub(r"[\d+]", "", side) for side in (before, after))
    masked = mask_cards(f"{before} {text} {after}")

    assert number not in re.sub(r"\D", "", masked)
    assert len(masked) == len(f"{before} {text} {after}")
    assert masked.count("*") >= len(number) - 4


@given(st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask_cards(mask_cards(text)) == mask_cards(text)


@given(st.text(alphabet="0123456789 -.ax+\u00a0", max_size=200))
def test_only_digits_are_replaced_and_the_length_stays(text: str) -> None:
    masked = mask_cards(text)
    assert len(masked) == len(text)
    assert all(new == old or (new == "*" and old.isdigit()) for new, old in zip(masked, text, strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "+49 151 1111 1111 11",
        "+4915111111111",
        "order a4111111111111111",
        "4111111111111111b",
        "x_4111111111111111",
        "99994111111111111111",  # 20 digits: a longer id
        "550e8400-e29b-4111-1111-111111111111",
        "4111111111111112",  # the check digit is wrong
        "1234567890123456",
        "9111111111111111",
        "1700000000000",  # a moment in milliseconds
        "40.7127753, -74.0059728",
        "2026-11-22T07:53:20.123456",
        "4111111111111.5",
    ],
)
def test_what_is_no_card_number_stays(text: str) -> None:
    assert mask_cards(text) == text


def test_a_card_number_after_other_numbers_is_found() -> None:
    assert mask_cards("on 2024 4111 1111 1111 1111 3") == "on 2024 **** **** **** 1111 3"
    assert mask_cards("4111111111111111 03/27 123") == "************1111 03/27 123"
    assert mask_cards("pan=4111111111111111&cvc=1") == "pan=************1111&cvc=1"


def test_a_number_spelt_digit_by_digit_is_found_as_transcripts_have_it() -> None:
    assert mask_cards("it is 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 thanks").endswith("* * * * 1 1 1 1 thanks")
    assert mask_cards("41 11 11 11 11 11 11 11") == "** ** ** ** ** ** 11 11"
    assert mask_cards("4 11 1 11 11 1 111 11 11") == "4 11 1 11 11 1 111 11 11"
