"""Request bodies that say for what money is used: by ids, or by the numbers that people hold."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field, model_validator

from fx_settlement.api.schemas import ID, example
from fx_settlement.domain.spreading import Number
from fx_settlement.operations.money.spread_amounts import ToSpread
from fx_settlement.operations.money.use_collection import ToMatch
from shared.wire import Input, OptionalName, PositiveMoney, PositiveRate, Reference, fields_exclusive, one_of_missing


class MatchIn(Input):
    """A part for a portion, or for what the number of a declaration, customs or a trade names: one of the four.

    A part for a number has the collection's currency and no rate. It is spread over the open portions, the oldest
    departure first. `rate` is what one unit of the collection is in the currency of the portion's declaration.
    """

    portion_id: UUID | None = None
    declaration_number: Reference | None = Field(None, max_length=80)
    customs_number: Reference | None = Field(None, max_length=80)
    trade_number: Reference | None = Field(None, max_length=80)
    amount: PositiveMoney
    rate: PositiveRate | None = None
    rate_source: OptionalName = Field("", max_length=120)

    @model_validator(mode="after")
    def _names_one(self) -> MatchIn:
        names = [name for name in _NAMED_BY if getattr(self, name) is not None]
        if not names:
            raise one_of_missing(", ".join(_NAMED_BY))
        if len(names) > 1:
            raise fields_exclusive(", ".join(names))
        if self.portion_id is None and self.rate is not None:
            raise fields_exclusive(f"{names[0]}, rate")
        return self

    def wanted(self) -> ToMatch | ToSpread:
        """The part, for the portion or for the number."""
        if self.portion_id is not None:
            return ToMatch(self.portion_id, self.amount, self.rate, self.rate_source)
        if self.declaration_number is not None:
            return ToSpread(Number("declaration_number", self.declaration_number), self.amount)
        if self.customs_number is not None:
            return ToSpread(Number("customs_number", self.customs_number), self.amount)
        return ToSpread(Number("trade_number", self.trade_number or ""), self.amount)


_NAMED_BY = ("portion_id", "declaration_number", "customs_number", "trade_number")


class MatchesIn(Input):
    model_config = example(
        matches=[
            {"portion_id": ID.format(71), "amount": "306.00"},
            {"customs_number": "801220260000000001", "amount": "694.00"},
        ]
    )

    matches: list[MatchIn] = Field(min_length=1, max_length=2000)


class HoldLineIn(Input):
    """Room of a portion, in the declaration's currency."""

    portion_id: UUID
    value: PositiveMoney


class HoldIn(Input):
    """Room of a declaration: by its id with a line for each portion, or by a number with a value that is spread."""

    model_config = example(customs_number="801220260000000001", collector_id=ID.format(2), value="306.00")

    declaration_id: UUID | None = None
    declaration_number: Reference | None = Field(None, max_length=80)
    customs_number: Reference | None = Field(None, max_length=80)
    collector_id: UUID
    lines: list[HoldLineIn] = Field(default_factory=list, max_length=2000)
    value: PositiveMoney | None = None

    @model_validator(mode="after")
    def _names_one(self) -> HoldIn:
        kinds = ("declaration_id", "declaration_number", "customs_number")
        names = [name for name in kinds if getattr(self, name) is not None]
        if not names:
            raise one_of_missing(", ".join(kinds))
        if len(names) > 1:
            raise fields_exclusive(", ".join(names))
        by_id = self.declaration_id is not None
        if (by_id and not self.lines) or (not by_id and self.value is None):
            raise one_of_missing("lines" if by_id else "value")
        if self.lines and self.value is not None:
            raise fields_exclusive("lines, value")
        return self

    def number(self) -> Number:
        """The number that names the declaration where its id doesn't."""
        if self.declaration_number is not None:
            return Number("declaration_number", self.declaration_number)
        return Number("customs_number", self.customs_number or "")


class HoldCommitIn(Input):
    """The booked collection that the hold waited for, and what of it goes to each held portion or number."""

    model_config = example(collection_id=ID.format(91), matches=[{"portion_id": ID.format(71), "amount": "306.00"}])

    collection_id: UUID
    matches: list[MatchIn] = Field(min_length=1, max_length=2000)


class AdvanceIn(Input):
    """A part to keep for a trade, by its id or number; `rate` is what one unit is in the trade's currency."""

    model_config = example(trade_number="LS-TR-0000001-92", amount="100.00")

    trade_id: UUID | None = None
    trade_number: Reference | None = Field(None, max_length=80)
    amount: PositiveMoney
    rate: PositiveRate | None = None
    rate_source: OptionalName = Field("", max_length=120)

    @model_validator(mode="after")
    def _names_one(self) -> AdvanceIn:
        if self.trade_id is None and self.trade_number is None:
            raise one_of_missing("trade_id, trade_number")
        if self.trade_id is not None and self.trade_number is not None:
            raise fields_exclusive("trade_id, trade_number")
        return self
