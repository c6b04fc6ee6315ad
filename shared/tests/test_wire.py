"""Decimals on the wire are strings with one spelling for each number, in requests and responses."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.wire import HsCodeText, MoneyAmount, PositiveMoney, PositiveQuantity, QuantityText, RateText
from shared.written import json_of

MONEY: TypeAdapter[Decimal] = TypeAdapter(MoneyAmount)
QUANTITY: TypeAdapter[Decimal] = TypeAdapter(QuantityText)


class Line(BaseModel):
    amount: MoneyAmount
    quantity: PositiveQuantity
    note: QuantityText | None = None


@pytest.mark.parametrize(
    "text",
    [
        "1", "1.5", "true", "null", "[]", '""', '"1e2"', '"1_000"', '"1,000"', '"１２"', '"1."', '".5"', '"01"', '"+1"',
        '" 1"', '"1\\n"', '"NaN"', '"Infinity"', '"0x1"', '"1.00000"', '"12345678901234567"',
    ],
)  # fmt: skip
def test_anything_but_a_plain_decimal_string_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        MONEY.validate_json(text)


@given(st.decimals(-(10**16) + 1, 10**16 - 1, places=4, allow_nan=False))
def test_an_amount_comes_back_as_it_went_out(amount: Decimal) -> None:
    assert MONEY.validate_json(MONEY.dump_json(amount)) == amount


@given(st.decimals(-(10**16) + 1, 10**16 - 1, places=4, allow_nan=False), st.integers(0, 12))
def test_equal_numbers_have_one_spelling(amount: Decimal, zeros: int) -> None:
    longer = Decimal(f"{amount:f}" + "0" * zeros)
    assert MONEY.dump_json(longer) == MONEY.dump_json(amount.normalize())


@pytest.mark.parametrize("zero", ["0", "-0", "0.00", "-0.000", "0E-6", "0E+3", "-0E+3"])
def test_zero_has_one_spelling(zero: str) -> None:
    assert MONEY.dump_json(Decimal(zero)) == b'"0.00"'
    # A consumer's unsigned type would refuse "-0", and park the event for it.
    assert QUANTITY.dump_json(Decimal(zero)) == b'"0"'


def test_minus_zero_read_in_is_zero() -> None:
    assert not MONEY.validate_json('"-0.00"').is_signed()


@pytest.mark.parametrize(
    ("kind", "text", "fits"),
    [
        pytest.param(MoneyAmount, "9999999999999999.9999", True, id="money, most"),
        pytest.param(MoneyAmount, "10000000000000000", False, id="money, one more"),
        pytest.param(QuantityText, "99999999999999.999999", True, id="quantity, most"),
        pytest.param(QuantityText, "100000000000000", False, id="quantity, one more"),
        pytest.param(QuantityText, "0.0000001", False, id="quantity, finer"),
        pytest.param(QuantityText, "-1", False, id="quantity, negative"),
        pytest.param(PositiveMoney, "0.00", False, id="positive money, none"),
        pytest.param(PositiveMoney, "0.01", True, id="positive money, a cent"),
        pytest.param(PositiveQuantity, "0", False, id="positive quantity, none"),
        pytest.param(RateText, "6.98765432", True, id="rate"),
        pytest.param(HsCodeText, "820110", True, id="six digits"),
        pytest.param(HsCodeText, "82011000", True, id="eight digits"),
        pytest.param(HsCodeText, "8201100", False, id="seven digits"),
        pytest.param(HsCodeText, "８２０１１０", False, id="full-width digits"),
    ],
)
def test_a_type_takes_exactly_what_its_column_holds(kind: object, text: str, fits: bool) -> None:
    adapter: TypeAdapter[object] = TypeAdapter(kind)
    if fits:
        adapter.validate_python(text)
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(text)


def test_a_model_has_one_schema_for_in_and_out_and_its_decimals_are_strings() -> None:
    schema = Line.model_json_schema()
    assert schema == Line.model_json_schema(mode="serialization")
    assert set(schema["properties"]["amount"]) == {"type", "pattern", "title", "description", "examples"}
    assert schema["properties"]["amount"]["type"] == "string"


def test_inside_python_the_value_stays_a_decimal() -> None:
    line = Line.model_validate_json('{"amount": "-1.50", "quantity": "2"}')
    assert line.model_dump() == {"amount": Decimal("-1.50"), "quantity": Decimal(2), "note": None}
    assert line.model_dump_json() == '{"amount":"-1.50","quantity":"2","note":null}'


@given(st.sets(st.sampled_from(["amount", "quantity", "note"])))
def test_fields_that_were_written_before_are_taken_over_as_they_are(before: set[str]) -> None:
    line = Line.model_validate_json('{"amount": "-1.50", "quantity": "2", "note": "7"}')
    written = {name: json.dumps(line.model_dump(mode="json")[name]).encode() for name in sorted(before)}
    assert json.loads(json_of(line, written)) == line.model_dump(mode="json")
    assert json_of(line, {**written, "note": b"[1]"}) != json_of(line)


@given(st.decimals(allow_nan=True, allow_infinity=True, places=None))
def test_a_decimal_is_taken_as_its_text_without_an_exponent(number: Decimal) -> None:
    def told(value: object) -> object:
        try:
            return MONEY.validate_python(value), MONEY.dump_json(MONEY.validate_python(value))
        except ValidationError as error:
            return error.errors()[0]["type"]

    assert told(number) == told(format(number, "f"))
