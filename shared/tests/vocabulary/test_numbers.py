"""Our own numbers have check characters: a mistyped or swapped character is noticed (V60)."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.vocabulary.numbers import human_number, parse_human_number

SERIALS = st.integers(1, 10**12 - 1)
KINDS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def heard(number: str) -> bool:
    try:
        parse_human_number(number)
    except ValueError:
        return False
    return True


@given(KINDS, SERIALS)
def test_a_number_is_read_back_as_it_was_made(kind: str, serial: int) -> None:
    assert parse_human_number(human_number("LS", kind, serial)) == ("LS", kind, serial)


@given(KINDS, SERIALS, st.data())
def test_one_wrong_character_is_noticed(kind: str, serial: int, draw: st.DataObject) -> None:
    number = human_number("LS", kind, serial)
    place = draw.draw(st.sampled_from([i for i, character in enumerate(number) if character != "-"]))
    wrong = draw.draw(st.sampled_from(CHARACTERS.replace(number[place], "")))
    assert not heard(number[:place] + wrong + number[place + 1 :])


@given(KINDS, SERIALS, st.data())
def test_two_swapped_neighbours_are_noticed(kind: str, serial: int, draw: st.DataObject) -> None:
    number = human_number("LS", kind, serial)
    place = draw.draw(st.integers(0, len(number) - 2))
    assume(number[place] != number[place + 1])
    assert not heard(number[:place] + number[place + 1] + number[place] + number[place + 2 :])


def test_no_swap_of_any_small_serial_passes_dashes_included() -> None:
    # One check character (ISO 7064 mod 37,36) let 0019710 pass for 0019701.
    for serial in range(1, 20_000):
        plain = human_number("LS", "TR", serial).replace("-", "")
        for place in range(4, len(plain) - 1):
            first, second = plain[place : place + 2]
            swapped = plain[:place] + second + first + plain[place + 2 :]
            misheard = f"{swapped[:2]}-{swapped[2:4]}-{swapped[4:-2]}-{swapped[-2:]}"
            assert first == second or not heard(misheard), misheard


@pytest.mark.parametrize("text", ["", "LS-TR-12-3", "LS-TR-0000012", "LS-TR-００00012-61", "LS-TR-0000012-00"])
def test_what_is_no_number_of_ours_is_refused(text: str) -> None:
    assert not heard(text)


def test_lower_case_and_spaces_around_are_forgiven() -> None:
    assert heard(f" {human_number('LS', 'TR', 12).lower()} ")
