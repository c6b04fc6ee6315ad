"""Forms of stored documents that no event has; values that are counted or checked have columns of their own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, SerializerFunctionWrapHandler, model_serializer

from shared.events.trade_ledger import (
    DifferenceName,
    ExportMode,
    PriceTerm,
    Route,
    SettlementMethod,
    TradeKind,
    ValueDifference,
    Verdict,
)
from shared.wire import HsCodeText, MoneyAmount, QuantityText, RateText, WeightText


class Stored(BaseModel):
    """A stored document; a change is a new one."""

    model_config = ConfigDict(frozen=True)


AsEntered = Annotated[MoneyAmount, PlainSerializer(lambda amount: f"{amount:f}", return_type=str, when_used="json")]
"""An amount that keeps the digits with which it was entered."""


class EnteredDifference(Stored):
    """A difference as it was entered, for one trade's goods (R-DECL-10)."""

    trade_id: UUID
    name: DifferenceName
    amount: AsEntered


class Entered(Stored):
    """What the declarant entered in the draft; charges in the declaration's currency."""

    packing_list_ids: tuple[UUID, ...]
    customs_office: str
    port: str
    destination: str
    price_term: PriceTerm
    freight: AsEntered
    insurance: AsEntered
    inland: AsEntered
    simplified: bool
    differences: tuple[EnteredDifference, ...] = ()
    expected_arrival: date | None = None


class SubmittedItem(Stored):
    """A declared item as it was submitted; its value is that of the portions behind it (R-DECL-2)."""

    item_no: int
    hs_code: str
    goods_name: str
    merged: bool
    quantity: QuantityText
    unit: str
    packages: int
    gross_weight_kg: WeightText
    net_weight_kg: WeightText
    portion_ids: tuple[UUID, ...]


class Assessed(Stored):
    """What was assessed at the newest submission."""

    rate_id: str
    usd_rate_id: str | None = None
    rate_month: date
    load_ids: tuple[UUID, ...]
    packages: int
    gross_weight_kg: WeightText
    net_weight_kg: WeightText
    submitted_at: datetime
    items: tuple[SubmittedItem, ...]


class ByCustoms(Stored):
    """What customs' receipts made of the newest attempt, beside its status, number and export date."""

    accepted_at: datetime | None = None
    released_at: datetime | None = None
    route: Route | None = None


class DeclarationContent(Stored):
    """What was entered, what was assessed at submission (a draft: nothing yet), and what customs made of it."""

    entered: Entered
    assessed: Assessed | None = None
    customs: ByCustoms = ByCustoms()
    replaces: UUID | None = None
    withdrawn_attempt: int | None = None


class SubmittedNumbers(Stored):
    """What a portion declared when it was submitted."""

    quantity: QuantityText
    slip_value: MoneyAmount
    declared_value: MoneyAmount
    fob_value: MoneyAmount
    fob_usd: MoneyAmount


class Moved(Stored):
    """How much of a portion left, or came back, on one day."""

    on: date
    quantity: QuantityText


class PortionContent(Stored):
    """A portion beside its numbers: whose goods they are, what they are, and how they were valued."""

    trade_number: str
    trade_kind: TradeKind
    sale_date: date
    export_mode: ExportMode
    owner_id: UUID
    stall_holder_id: UUID | None
    consignor_id: UUID
    buyer_id: UUID | None
    export_agency_id: UUID | None
    collector_id: UUID
    exemption_filer_id: UUID | None
    settlement_method: SettlementMethod
    domestic_share_percent: RateText
    item_no: int
    hs_code: str
    goods_name: str
    unit: str
    statutory_quantity: QuantityText
    statutory_unit: str
    second_statutory_quantity: QuantityText | None = None
    second_statutory_unit: str | None = None
    net_weight_kg: WeightText
    price_term: PriceTerm
    slip_price_term: PriceTerm | None = None
    slip_rate_id: str | None = None
    differences: tuple[ValueDifference, ...] = ()
    rate_id: str
    verdict: Verdict
    submitted: SubmittedNumbers
    departures: tuple[Moved, ...] = ()
    returns: tuple[Moved, ...] = ()
    amended_on: date | None = None


class ReceiptPortion(Stored):
    """A part that a receipt concerns; an amendment says what the portion declares from then on."""

    portion_id: UUID
    quantity: QuantityText
    declared_value: MoneyAmount | None = None
    # Omitted if absent, so that a message stored before this field existed still equals its repetition.
    hs_code: HsCodeText | None = Field(None, exclude_if=lambda code: code is None)


class ReceiptMessage(Stored):
    """What a message of customs says beside its id, kind and time."""

    customs_number: str | None = None
    export_date: date | None = None
    portions: tuple[ReceiptPortion, ...] = ()
    note: str = ""
    # Omitted if absent, so that a message stored before this field existed still equals its repetition.
    corrects: str | None = Field(None, exclude_if=lambda corrected: corrected is None)


class Shown(Stored):
    """The few fields of an event that tell where a thing was; only those that the event has (R-DECL-5)."""

    number: str | None = None
    status: str | None = None
    version: int | None = None
    amount: str | None = None
    currency: str | None = None
    matched: str | None = None
    collectable: str | None = None
    total: str | None = None
    total_rmb: str | None = None
    value: str | None = None
    month: str | None = None
    issued_number: str | None = None
    outcome: str | None = None
    rmb_amount: str | None = None
    customs_number: str | None = None
    export_date: str | None = None
    container_number: str | None = None
    seal_number: str | None = None
    replaces: str | None = None
    role: str | None = None
    filing_number: str | None = None
    kind: str | None = None

    @model_serializer(mode="wrap")
    def _told(self, every: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def]  # OpenAPI would say the type instead of the fields
        return {name: value for name, value in every(self).items() if name in self.model_fields_set}
