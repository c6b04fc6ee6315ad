"""Types of the wire: decimals are JSON strings of a strict form, in and out (V54)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema


class DecimalText:
    """Marks a Decimal that travels as a string: `whole` and `fraction` digits at most, `shown` at least.

    `most` bounds the number. Equal numbers have one spelling: no exponent, no trailing zeros beyond `shown`.
    """

    def __init__(
        self,
        whole: int,
        fraction: int,
        *,
        signed: bool = False,
        positive: bool = False,
        shown: int = 0,
        most: int | None = None,
    ) -> None:
        sign = "-?" if signed else ""
        self.pattern = rf"^{sign}(0|[1-9][0-9]{{0,{whole - 1}}})(\.[0-9]{{1,{fraction}}})?$"
        self._form = re.compile(self.pattern, re.ASCII)
        self._positive = positive
        self._shown = shown
        self._most = most

    def _parsed(self, value: Any) -> Decimal:
        if isinstance(value, Decimal):
            value = format(value, "f")
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "a JSON string is expected")
        if self._form.fullmatch(value) is None:
            raise PydanticCustomError("string_pattern_mismatch", "pattern", {"pattern": self.pattern})
        # Adding zero takes the sign from "-0" (and would round what is longer than 28 digits, which no form is).
        number = Decimal(value) + 0
        if self._positive and number <= 0:
            raise PydanticCustomError("greater_than", "positive", {"gt": 0})
        if self._most is not None and number > self._most:
            raise PydanticCustomError("less_than_equal", "at most {le}", {"le": self._most})
        return number

    def _plain(self, value: Decimal) -> str:
        whole, _, fraction = format(value if value else Decimal(0), "f").partition(".")
        fraction = fraction.rstrip("0").ljust(self._shown, "0")
        return f"{whole}.{fraction}" if fraction else whole

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._parsed,
            serialization=core_schema.plain_serializer_function_ser_schema(
                self._plain, return_schema=core_schema.str_schema(), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": self.pattern}


class Input(BaseModel):
    """What a caller sends: nothing unknown is accepted, and blanks around a text are not part of it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def one_of_missing(names: str) -> PydanticCustomError:
    """What a model's validator raises where none of its optional fields is filled."""
    return PydanticCustomError("one_of_fields_missing", "fields", {"expected": names})


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _dated(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and _DATE.fullmatch(value)):
        return value
    raise PydanticCustomError("date_parsing", "a date is expected")


DateText = Annotated[date, BeforeValidator(_dated)]
"""A calendar date as YYYY-MM-DD and nothing else: left alone, pydantic takes a count of seconds for a day too."""
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Text that PostgreSQL can keep: it has no NUL."""
FilledText = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
"""Text that is more than blanks."""
MoneyAmount = Annotated[Decimal, DecimalText(16, 4, signed=True, shown=2)]
UnsignedMoney = Annotated[Decimal, DecimalText(16, 4, shown=2)]
PositiveMoney = Annotated[Decimal, DecimalText(16, 4, positive=True, shown=2)]
QuantityText = Annotated[Decimal, DecimalText(14, 6)]
PositiveQuantity = Annotated[Decimal, DecimalText(14, 6, positive=True)]
WeightText = Annotated[Decimal, DecimalText(14, 6)]
PositiveWeight = Annotated[Decimal, DecimalText(14, 6, positive=True)]
RateText = Annotated[Decimal, DecimalText(12, 8)]
# A day of either end of the calendar has no neighbour in another zone.
Instant = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(9000, 1, 1, tzinfo=UTC))]
CoordinateText = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,9})?$")]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
HsCodeText = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[0-9]{8}|[0-9]{10})$")]
MonthText = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
