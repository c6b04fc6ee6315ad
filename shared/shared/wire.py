"""Types of the wire: each value of a request has a kind with one form, and decimals are JSON strings (V54)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, get_args

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from shared.vocabulary.choices import Choices, choices_of
from shared.vocabulary.spelling import Unreadable, lettered_spelling, name_spelling, reference_spelling, text_spelling


class Kind:
    """Marks a type whose form is told: tests/architecture refuses an input that has none."""


class DecimalText(Kind):
    """Marks a Decimal that travels as a string: `whole` and `fraction` digits at most, `shown` at least.

    `most` bounds the number. Equal numbers have one spelling: no exponent, no trailing zeros beyond `shown`.
    `about` says unit and shape in published documents.
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
        about: str = "",
    ) -> None:
        sign = "-?" if signed else ""
        self.pattern = rf"^{sign}(0|[1-9][0-9]{{0,{whole - 1}}})(\.[0-9]{{1,{fraction}}})?$"
        self._form = re.compile(self.pattern, re.ASCII)
        self._positive = positive
        self._shown = shown
        self._most = most
        self._about = about or f"Decimal text, at most {fraction} digits after the point."

    def _parsed(self, value: Any) -> Decimal:
        text = format(value, "f") if isinstance(value, Decimal) else value
        if not isinstance(text, str):
            raise PydanticCustomError("string_type", "a JSON string is expected")
        if self._form.fullmatch(text) is None:
            raise PydanticCustomError("string_pattern_mismatch", "pattern", {"pattern": self.pattern})
        # Adding zero takes the sign from "-0" (and would round what is longer than 28 digits, which no form is).
        number = (value if isinstance(value, Decimal) else Decimal(text)) + 0
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
        example = "1" + ("." + "0" * self._shown if self._shown else "")
        return {"type": "string", "pattern": self.pattern, "description": self._about, "examples": [example]}


class Formed(Kind):
    """Marks a value that `form` reads from JSON before pydantic does; it raises where the value has another form."""

    def __init__(self, form: Callable[[Any], Any]) -> None:
        self._form = form

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self._form, handler(source))


class Coded(Kind):
    """Marks a text that its pattern leaves one spelling; `about` and an example stand in published documents."""

    def __init__(self, pattern: str, about: str = "", example: str = "") -> None:
        self._pattern = pattern
        self._told = {"description": about, "examples": [example]} if about else {}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.str_schema(pattern=self._pattern)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), **self._told}


class Chosen(Kind):
    """Marks a coded value: the words of its choices are read, and its code is kept (`shared.vocabulary.choices`).

    TypeError where the codes of the annotated Literal are not those of the choices.
    """

    def __init__(self, name: str) -> None:
        self.choices = choices_of(name)

    def read(self, value: Any) -> str:
        """The code of a word, or the error that tells the choices."""
        code = self.choices.code_of(value) if isinstance(value, str) else None
        if code is None:
            raise not_a_choice(self.choices)
        return code

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        stated = {*get_args(source)}
        if stated - {""} != {*self.choices.codes}:
            raise TypeError(f"{source} has other codes than the choices of {self.choices.name}")
        reads = (lambda value: value and self.read(value)) if "" in stated else self.read
        return core_schema.no_info_before_validator_function(reads, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "description": f"{self.choices.told}."}


def not_a_choice(choices: Choices) -> PydanticCustomError:
    """What is raised for a word that stands for none of the choices."""
    told = {"expected": choices.told, "expected_zh": choices.told_in_chinese, "choice_codes": " ".join(choices.codes)}
    return PydanticCustomError("literal_error", "not one of the choices", told)


def _spelled(spelling: Callable[[str], str], *, may_be_empty: bool = False) -> Formed:
    def form(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if may_be_empty and not value.strip():
            return ""
        try:
            return spelling(value)
        except Unreadable as error:
            raise PydanticCustomError(error.code, "not readable") from None

    return Formed(form)


class Input(BaseModel):
    """What a caller sends: nothing unknown is accepted, and blanks around a text are not part of it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def one_of_missing(names: str) -> PydanticCustomError:
    """What a model's validator raises where none of its optional fields is filled."""
    return PydanticCustomError("one_of_fields_missing", "fields", {"expected": names})


def fields_exclusive(names: str) -> PydanticCustomError:
    """What a model's validator raises where only one of several filled fields may be filled."""
    return PydanticCustomError("fields_exclusive", "fields", {"expected": names})


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_DIGITS = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def _day(value: Any) -> Any:
    # A datetime is a date too, of whatever zone it was.
    if type(value) is date or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("date_parsing", "a date is expected")


def _instant(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise PydanticCustomError("datetime_parsing", "an instant is expected")


def _whole(value: Any) -> Any:
    if type(value) is int:
        return value
    raise PydanticCustomError("int_type", "a JSON integer is expected")


def _whole_in_url(value: Any) -> Any:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    raise PydanticCustomError("int_parsing", "digits are expected")


def _yes_no(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    raise PydanticCustomError("bool_type", "true or false is expected")


def _yes_no_in_url(value: Any) -> Any:
    if value in ("true", "false"):
        return value == "true"
    raise PydanticCustomError("bool_parsing", "true or false is expected")


def _undotted(value: Any) -> Any:
    return value.replace(".", "") if isinstance(value, str) and _DOTTED.fullmatch(value.strip()) else value


_DOTTED = re.compile(r"[0-9]{4}(\.[0-9]{2,6}){1,3}", re.ASCII)


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


class _StoredInUtc(Kind):
    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(_utc, handler(source))


# The bounds stand before the form: after it, their names would stand in the JSON Schema as keywords that it hasn't.
DateText = Annotated[date, Field(ge=date(1900, 1, 1), lt=date(2200, 1, 1)), Formed(_day)]
"""A calendar day as YYYY-MM-DD and nothing else: no count of seconds, no time of another zone."""
# A day of either end of the calendar has no neighbour in another zone.
Instant = Annotated[
    AwareDatetime,
    Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
    Formed(_instant),
    _StoredInUtc(),
]
"""An instant as RFC 3339 with its offset; kept in UTC."""
WholeNumber = Annotated[int, Formed(_whole)]
"""A JSON integer: no true, no "1", no 1.0."""
WholeNumberInUrl = Annotated[int, Field(ge=0, le=2**63 - 1), Formed(_whole_in_url)]
"""A whole number in a path or query."""
YesNo = Annotated[bool, Formed(_yes_no)]
"""true or false, as JSON has them."""
YesNoInUrl = Annotated[bool, Formed(_yes_no_in_url)]
"""true or false in a query."""
Text = Annotated[str, _spelled(text_spelling)]
"""A remark in sentences; line breaks stay."""
FilledText = Annotated[str, _spelled(text_spelling), StringConstraints(min_length=1)]
"""A reason or the like: something of it is visible."""
Name = Annotated[str, _spelled(name_spelling), StringConstraints(min_length=1)]
"""What people, companies, goods and units are called: one spelling for what looks the same."""
Lettered = Annotated[str, _spelled(lettered_spelling), StringConstraints(min_length=1)]
"""A name that says something: with a letter or a digit."""
OptionalName = Annotated[str, _spelled(name_spelling)]
"""A name, or nothing."""
Reference = Annotated[str, _spelled(reference_spelling), StringConstraints(min_length=1)]
"""A number or mark that somebody else gave: one spelling for what looks the same, a letter or digit in it (V39)."""
OptionalReference = Annotated[str, _spelled(reference_spelling, may_be_empty=True)]
"""A reference, or nothing."""
_MONEY = "Decimal text with at most the digits of its currency."
_KILOGRAMS = "Kilograms, as decimal text."
MoneyAmount = Annotated[Decimal, DecimalText(16, 4, signed=True, shown=2, about=_MONEY)]
UnsignedMoney = Annotated[Decimal, DecimalText(16, 4, shown=2, about=_MONEY)]
PositiveMoney = Annotated[Decimal, DecimalText(16, 4, positive=True, shown=2, about=_MONEY)]
QuantityText = Annotated[Decimal, DecimalText(14, 6)]
PositiveQuantity = Annotated[Decimal, DecimalText(14, 6, positive=True)]
WeightText = Annotated[Decimal, DecimalText(14, 6, about=_KILOGRAMS)]
PositiveWeight = Annotated[Decimal, DecimalText(14, 6, positive=True, about=_KILOGRAMS)]
RateText = Annotated[Decimal, DecimalText(12, 8)]
PositiveRate = Annotated[Decimal, DecimalText(12, 8, positive=True)]
CoordinateText = Annotated[str, Coded(r"^-?[0-9]{1,3}(\.[0-9]{1,9})?$", "Decimal text.", "112.9")]
CurrencyCode = Annotated[str, Coded(r"^[A-Z]{3}$", "ISO 4217 code.", "USD")]
CountryCode = Annotated[str, Coded(r"^[A-Z]{2}$", "ISO 3166-1 code of two letters.", "RU")]
HsCodeText = Annotated[
    str, Coded(r"^([0-9]{6}|[0-9]{8}|[0-9]{10})$", "6, 8 or 10 digits.", "8204120000"), Formed(_undotted)
]
"""A commodity code; 8205.59.00 is 82055900."""
HsPrefixText = Annotated[str, Coded(r"^[0-9]{0,10}$", "At most 10 digits.", "8204")]
MonthText = Annotated[str, Coded(r"^20[0-9]{2}-(0[1-9]|1[0-2])$", "Month as YYYY-MM.", "2026-05")]
ContentHash = Annotated[str, Coded(r"^[0-9a-f]{64}$", "64 hexadecimal digits.", "0" * 64)]
OpaqueText = Annotated[str, Kind()]
"""What we gave out ourselves and read back ourselves."""
