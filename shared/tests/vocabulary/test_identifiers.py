from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from marketctl.sample.people import credit_code, resident_id
from shared.vocabulary.geometry import lies_inside
from shared.vocabulary.identifiers import (
    InvalidIdentifier,
    container_number,
    hs_code,
    mask_identity,
    normalise_identity,
)
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.numbers import human_number, parse_human_number
from shared.wire import MoneyAmount, PositiveMoney, QuantityText


@given(st.integers(0, 2**32), st.integers(0, 17), st.sampled_from("0123456789"))
def test_a_credit_code_with_one_wrong_digit_is_refused(seed: int, place: int, digit: str) -> None:
    code = credit_code(Random(seed))
    assert normalise_identity("credit_code", code, "CN") == code
    wrong = code[:place] + digit + code[place + 1 :]
    if wrong != code:
        with pytest.raises(InvalidIdentifier):
            normalise_identity("credit_code", wrong, "CN")


@given(st.integers(0, 2**32), st.integers(0, 16), st.sampled_from("0123456789"))
def test_a_resident_id_with_one_wrong_digit_is_refused(seed: int, place: int, digit: str) -> None:
    number = resident_id(Random(seed))
    assert normalise_identity("resident_id", number.lower(), "CN") == number
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong != number:
        with pytest.raises(InvalidIdentifier):
            normalise_identity("resident_id", wrong, "CN")


@pytest.mark.parametrize(
    ("kind", "number", "country", "code"),
    [
        ("resident_id", "500111199002300015", "CN", "identity_birth_date_wrong"),
        ("credit_code", "11010519491231002X", "CN", "identity_check_digit_wrong"),
        ("credit_code", "91500111MA5U00000I", "CN", "identity_form_wrong"),
        ("passport", "E1", "RU", "identity_form_wrong"),
        ("passport", "E12345678", "XX", "identity_country_wrong"),
        ("resident_id", "11010519491231002X", "RU", "identity_country_wrong"),
    ],
)
def test_the_kind_of_document_decides_the_check(kind: str, number: str, country: str, code: str) -> None:
    with pytest.raises(InvalidIdentifier) as refused:
        normalise_identity(kind, number, country)
    assert refused.value.code == code


@pytest.mark.parametrize("number", ["CSQU3054383", "csqu 3054383"])
def test_a_container_number_passes_iso_6346(number: str) -> None:
    assert container_number(number) == "CSQU3054383"


@pytest.mark.parametrize("number", ["CSQU3054384", "CSQX3054383", "CSQU305438", "1SQU3054383", ""])
def test_a_wrong_container_number_is_refused(number: str) -> None:
    with pytest.raises(InvalidIdentifier):
        container_number(number)


@pytest.mark.parametrize("code", ["8204.12.00", "820412", "8204120000"])
def test_hs_codes_have_six_eight_or_ten_digits(code: str) -> None:
    assert hs_code(code) == code.replace(".", "")


@pytest.mark.parametrize("code", ["82041", "82041200001", "8204１2", "abcdef"])
def test_other_hs_codes_are_refused(code: str) -> None:
    with pytest.raises(InvalidIdentifier):
        hs_code(code)


@given(st.integers(1, 10**9), st.data())
def test_a_misheard_number_of_ours_is_noticed(serial: int, data: st.DataObject) -> None:
    number = human_number("longshui", "TR", serial)
    assert parse_human_number(number) == ("LS", "TR", serial)
    digits = [i for i, sign in enumerate(number) if sign.isdigit() and i < len(number) - 1]
    place = data.draw(st.sampled_from(digits))
    digit = data.draw(st.sampled_from("0123456789"))
    if digit != number[place]:
        with pytest.raises(ValueError, match="misheard"):
            parse_human_number(number[:place] + digit + number[place + 1 :])


def test_masks_show_the_ends_only() -> None:
    assert mask_identity("110105194912310021") == "110***********0021"
    assert mask_identity("E1234") == "***34"


def test_a_departure_late_at_night_utc_counts_as_the_next_legal_day() -> None:
    late = datetime(2023, 4, 30, 16, 30, tzinfo=UTC)
    assert legal_date(late).isoformat() == "2023-05-01"


SQUARE = [(Decimal(x), Decimal(y)) for x, y in ((0, 0), (4, 0), (4, 4), (0, 4))]


@pytest.mark.parametrize(
    ("x", "y", "inside"),
    [("2", "2", True), ("0", "2", True), ("4", "4", True), ("4.0000001", "2", False), ("-1", "0", False)],
)
def test_the_boundary_counts_as_inside(x: str, y: str, inside: bool) -> None:
    assert lies_inside((Decimal(x), Decimal(y)), SQUARE) is inside


class Wire(BaseModel):
    amount: MoneyAmount = Decimal(0)
    quantity: QuantityText = Decimal(0)
    positive: PositiveMoney = Decimal(1)


@pytest.mark.parametrize("value", ["1e2", "1_000", "１２", "", "+1", "01", "1.23456", ".5", "NaN", 1, 1.5, None, True])
def test_amounts_are_strings_of_one_strict_form(value: object) -> None:
    with pytest.raises(ValidationError):
        Wire.model_validate({"amount": value})


def test_equal_amounts_have_one_spelling() -> None:
    wire = Wire.model_validate_json('{"amount": "9007199254740993.01", "quantity": "2.500000"}')
    assert wire.model_dump_json() == '{"amount":"9007199254740993.01","quantity":"2.5","positive":"1.00"}'
