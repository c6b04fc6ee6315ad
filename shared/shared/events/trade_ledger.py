"""Events that trade-ledger publishes: trades, packing lists and loads, declarations."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Event, Part, ToldReference, Topic
from shared.events.registry import Sealed
from shared.wire import CurrencyCode, MoneyAmount, QuantityText, RateText, WeightText

TRADES = Topic("trade-ledger.trades", "trade-ledger", key="the trade")
PACKING_LISTS = Topic("trade-ledger.packing-lists", "trade-ledger", key="the packing list, load or handover")
DECLARATIONS = Topic("trade-ledger.declarations", "trade-ledger", max_bytes=4 * 1024 * 1024, key="the declaration")

TradeKind = Literal["goods", "sample", "gift"]
ExportMode = Literal["own", "agency", "outright"]
SettlementMethod = Literal["fx", "rmb", "cash"]
PriceTerm = Literal["EXW", "FOB", "C&F", "C&I", "CIF"]
DifferenceName = Literal["freight", "insurance", "inland_freight", "fee", "margin"]
DeclarationStatus = Literal[
    "draft",
    "submitted",
    "accepted",
    "rejected",
    "inspected",
    "released",
    "departed",
    "withdrawn",
    "deleted",
    "shut_out",
    "returned",
]
BrandStatement = Literal["", "own", "authorised"]
Frozen = Literal["room", "exemption", "certificate"]
Decision = Literal["eligible", "not_eligible", "needs_person"]


class Verdict(Part):
    """The recognition verdict on a line with the list version and entry behind it (V8)."""

    decision: Decision
    list_version: str
    rule: str
    reason: str
    reason_zh: str = ""


class DomesticLeg(Part):
    """The domestic RMB leg of a trade (境内人民币结算, R-TRADE-6); payer and payee travel sealed."""

    amount: MoneyAmount
    paid_on: date
    payer: Sealed
    payee: Sealed
    reference: str


class TradeLine(Part):
    """A goods line (R-TRADE-2); the amount is in the trade's currency."""

    line_id: UUID
    line_no: int
    goods_name: str
    specification: str = ""
    brand: str = ""
    brand_statement: BrandStatement = ""
    brand_evidence_hash: str | None = None
    item_mark: str = ""
    hs_code: str
    quantity: QuantityText
    unit: str
    statutory_quantity: QuantityText
    statutory_unit: str
    second_statutory_quantity: QuantityText | None = None
    second_statutory_unit: str | None = None
    unit_price: MoneyAmount
    amount: MoneyAmount
    packages: int
    package_unit: str
    net_weight_kg: WeightText
    origin_place: str
    producer: str = ""
    verdict: Verdict


class TradeState(Part):
    """A trade (交易单) with its newest version's lines."""

    trade_id: UUID
    pilot: str
    number: str
    version: int
    status: Literal["registered", "void"]
    kind: TradeKind
    procurement: Literal["self", "entrusted"]
    export_mode: ExportMode
    seller_id: UUID
    stall_number: str = ""
    owner_id: UUID
    stall_holder_id: UUID | None
    consignor_id: UUID
    buyer_id: UUID | None
    procurement_agency_id: UUID | None = None
    export_agency_id: UUID | None = None
    collector_id: UUID
    exemption_filer_id: UUID | None
    settlement_method: SettlementMethod
    eligible: bool
    ineligible_reasons: tuple[str, ...] = ()
    channel: Literal["market", "cross_border_ecommerce", "comprehensive_service"]
    trade_date: date
    price_term: PriceTerm
    currency: CurrencyCode
    total: MoneyAmount
    domestic_leg: DomesticLeg | None = None
    document_hashes: tuple[str, ...] = ()
    external_ref: str = ""
    lines: tuple[TradeLine, ...]


class TradeEvent(Event):
    """A trade changed."""

    TOPIC: ClassVar[str] = TRADES.name
    trade: TradeState
    reason: str = ""


class TradeRegistered(TradeEvent):
    TYPE: ClassVar[str] = "trade_ledger.trade_registered.v1"


class TradeCorrected(TradeEvent):
    TYPE: ClassVar[str] = "trade_ledger.trade_corrected.v1"


class TradeVoided(TradeEvent):
    TYPE: ClassVar[str] = "trade_ledger.trade_voided.v1"


class HandoverEvent(Event):
    """A handover changed."""

    TOPIC: ClassVar[str] = PACKING_LISTS.name
    handover_id: UUID
    pilot: str
    number: str
    from_subject_id: UUID
    to_subject_id: UUID
    handed_over_at: datetime
    trade_ids: tuple[UUID, ...]


class HandoverRecorded(HandoverEvent):
    """The stall holder handed the goods to the operator that exports them (R-PACK-1)."""

    TYPE: ClassVar[str] = "trade_ledger.handover_recorded.v1"


class Seal(Part):
    """A seal that a load had: since when, and until when and why; with the arrival that was reported under it."""

    seal_number: str
    sealed_at: datetime | None
    opened_at: datetime
    reason: str
    site_id: UUID | None = None
    arrived_at: datetime | None = None


class LoadState(Part):
    """A physical load (拼箱): one container or vehicle, one seal history, packing lists of several operators.

    `earlier_seals` are those that were opened again, oldest first; the arrival is the one under the present seal.
    `admitted_ids` are the parties that its consolidator lets open packing lists in it.
    """

    load_id: UUID
    pilot: str
    number: str
    version: int
    status: Literal["open", "sealed", "arrived", "closed"]
    consolidator_id: UUID
    container_number: str | None = None
    vehicle: str | None = None
    seal_number: str | None = None
    sealed_at: datetime | None = None
    earlier_seals: tuple[Seal, ...] = ()
    site_id: UUID | None = None
    arrived_at: datetime | None = None
    packing_list_ids: tuple[UUID, ...] = ()
    admitted_ids: tuple[UUID, ...] = ()


class LoadEvent(Event):
    TOPIC: ClassVar[str] = PACKING_LISTS.name
    load: LoadState
    reason: str = ""


class LoadOpened(LoadEvent):
    TYPE: ClassVar[str] = "trade_ledger.load_opened.v1"


class LoadAdmissionsChanged(LoadEvent):
    """The consolidator said anew who may open packing lists in its load (R-PACK-4)."""

    TYPE: ClassVar[str] = "trade_ledger.load_admissions_changed.v1"


class LoadSealed(LoadEvent):
    TYPE: ClassVar[str] = "trade_ledger.load_sealed.v1"


class LoadReopened(LoadEvent):
    """A sealed load was opened again, for a reason; it needs a new seal (R-PACK-1)."""

    TYPE: ClassVar[str] = "trade_ledger.load_reopened.v1"


class LoadArrived(LoadEvent):
    TYPE: ClassVar[str] = "trade_ledger.load_arrived.v1"


class LoadClosed(LoadEvent):
    TYPE: ClassVar[str] = "trade_ledger.load_closed.v1"


class PackedLine(Part):
    """How much of a trade line a packing list holds."""

    packed_line_id: UUID
    trade_id: UUID
    trade_line_id: UUID
    quantity: QuantityText
    unit: str
    packages: int
    gross_weight_kg: WeightText
    net_weight_kg: WeightText
    volume_m3: QuantityText


class PackingListState(Part):
    """A packing list (装箱清单) of one consignor in one load."""

    packing_list_id: UUID
    pilot: str
    number: str
    version: int
    status: Literal["open", "sealed", "void"]
    load_id: UUID
    consignor_id: UUID
    destination: str
    packages: int
    gross_weight_kg: WeightText
    net_weight_kg: WeightText
    volume_m3: QuantityText
    lines: tuple[PackedLine, ...]


class PackingListEvent(Event):
    TOPIC: ClassVar[str] = PACKING_LISTS.name
    packing_list: PackingListState
    reason: str = ""


class PackingListOpened(PackingListEvent):
    TYPE: ClassVar[str] = "trade_ledger.packing_list_opened.v1"


class PackingListPacked(PackingListEvent):
    TYPE: ClassVar[str] = "trade_ledger.packing_list_packed.v1"


class PackingListSealed(PackingListEvent):
    TYPE: ClassVar[str] = "trade_ledger.packing_list_sealed.v1"


class PackingListReopened(PackingListEvent):
    """A sealed list that isn't declared was opened again, for a reason (R-PACK-1)."""

    TYPE: ClassVar[str] = "trade_ledger.packing_list_reopened.v1"


class PackingListVoided(PackingListEvent):
    """A list that isn't declared is void: it shows what it held, and the quantities are free again (R-PACK-2)."""

    TYPE: ClassVar[str] = "trade_ledger.packing_list_voided.v1"


class ValueDifference(Part):
    """A named difference between the declared value and the slip's, in the declaration's currency (R-DECL-10)."""

    name: DifferenceName
    amount: MoneyAmount


class PortionMove(Part):
    """A part of a portion that left, or came back, on one day; value and FOB in the declaration's currency."""

    on: date
    quantity: QuantityText
    value: MoneyAmount
    fob: MoneyAmount


class Portion(Part):
    """One trade line's share of one declared item: the key under which the four services agree (V68).

    Quantities are in `unit`; slip values in `slip_currency`; declared values and FOB in the declaration's
    currency; `fob_usd` at `rate_id`, `declared_value` is the slip's at `slip_rate_id` over `rate_id` plus the
    differences. `released`… are cumulative; `departed` includes what was returned later.

    `departures` and `returns` split `departed…` and `returned…` by day, oldest first; without them (events before
    they existed) all departed on the declaration's export date. `amended_on` is the day of the newest amendment.
    """

    portion_id: UUID
    pilot: str
    trade_id: UUID
    trade_number: str
    trade_line_id: UUID
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
    declaration_id: UUID
    item_no: int
    hs_code: str
    goods_name: str
    quantity: QuantityText
    unit: str
    statutory_quantity: QuantityText
    statutory_unit: str
    second_statutory_quantity: QuantityText | None = None
    second_statutory_unit: str | None = None
    net_weight_kg: WeightText
    price_term: PriceTerm
    slip_value: MoneyAmount
    slip_currency: CurrencyCode
    slip_price_term: PriceTerm | None = None
    slip_rate_id: str | None = None
    differences: tuple[ValueDifference, ...] = ()
    declared_value: MoneyAmount
    declared_currency: CurrencyCode
    fob_value: MoneyAmount
    fob_usd: MoneyAmount
    rate_id: str
    verdict: Verdict
    released_quantity: QuantityText
    released_value: MoneyAmount
    released_fob: MoneyAmount
    departed_quantity: QuantityText
    departed_value: MoneyAmount
    departed_fob: MoneyAmount
    shut_out_quantity: QuantityText
    shut_out_value: MoneyAmount
    shut_out_fob: MoneyAmount
    returned_quantity: QuantityText
    returned_value: MoneyAmount
    returned_fob: MoneyAmount
    departures: tuple[PortionMove, ...] = ()
    returns: tuple[PortionMove, ...] = ()
    amended_on: date | None = None


class DeclaredItem(Part):
    """A declared item; merged items keep the link to every portion behind them (R-DECL-2)."""

    item_no: int
    hs_code: str
    goods_name: str
    merged: bool
    quantity: QuantityText
    unit: str
    value: MoneyAmount
    packages: int
    gross_weight_kg: WeightText
    net_weight_kg: WeightText
    portion_ids: tuple[UUID, ...]


class Route(Part):
    """How the platform routes an accepted declaration, with its reasons (R-DECL-3)."""

    decision: Literal["automatic_release", "review", "inspection"]
    reasons: tuple[str, ...]
    policy_version: str


class ConflictCase(Part):
    """What no longer agrees after an authority's fact, who must act, and what is frozen meanwhile (R-DECL-7).

    `freezes` names what every service holds back: collection room, exemption items, certificates. It concerns
    `portion_ids`, or the whole declaration where none are named.
    """

    conflict_id: UUID
    code: str
    opened_at: datetime
    detail: str
    must_act: str
    freezes: tuple[Frozen, ...] = ()
    portion_ids: tuple[UUID, ...] = ()


class DeclarationState(Part):
    """A declaration (报关单) with all its portions; `replaces` is the deleted one whose goods it declares again."""

    declaration_id: UUID
    pilot: str
    number: str
    version: int
    status: DeclarationStatus
    attempt: int
    consignor_id: UUID
    declarant_id: UUID
    customs_office: str
    port: str
    destination: str
    price_term: PriceTerm
    currency: CurrencyCode
    total_value: MoneyAmount
    total_fob: MoneyAmount
    total_fob_usd: MoneyAmount
    rate_id: str
    rate_month: date
    simplified: bool
    packing_list_ids: tuple[UUID, ...]
    load_ids: tuple[UUID, ...]
    packages: int
    gross_weight_kg: WeightText
    net_weight_kg: WeightText
    customs_number: ToldReference | None = None
    route: Route | None = None
    submitted_at: datetime | None = None
    accepted_at: datetime | None = None
    released_at: datetime | None = None
    export_date: date | None = None
    replaces: UUID | None = None
    items: tuple[DeclaredItem, ...]
    portions: tuple[Portion, ...]
    open_conflicts: tuple[ConflictCase, ...] = ()

    def is_frozen(self, what: Frozen, portion_id: UUID) -> bool:
        """Whether an open case holds this of a portion back (R-DECL-7)."""
        return any(
            what in case.freezes and (not case.portion_ids or portion_id in case.portion_ids)
            for case in self.open_conflicts
        )


class DeclarationEvent(Event):
    """A declaration changed; readers act on the state, not on the type.

    An event of more than 1 MiB says which portions may differ from the event before; without it any may.
    """

    TOPIC: ClassVar[str] = DECLARATIONS.name
    declaration: DeclarationState
    receipt_id: str = ""
    reason: str = ""
    changed_portions: tuple[UUID, ...] | None = Field(None, exclude_if=lambda changed: changed is None)


class DeclarationSubmitted(DeclarationEvent):
    TYPE: ClassVar[str] = "trade_ledger.declaration_submitted.v1"


class DeclarationAccepted(DeclarationEvent):
    TYPE: ClassVar[str] = "trade_ledger.declaration_accepted.v1"


class DeclarationRejected(DeclarationEvent):
    TYPE: ClassVar[str] = "trade_ledger.declaration_rejected.v1"


class DeclarationInspected(DeclarationEvent):
    TYPE: ClassVar[str] = "trade_ledger.declaration_inspected.v1"


class DeclarationReleased(DeclarationEvent):
    TYPE: ClassVar[str] = "trade_ledger.declaration_released.v1"


class DeclarationDeparted(DeclarationEvent):
    TYPE: ClassVar[str] = "trade_ledger.declaration_departed.v1"


class DeclarationAmended(DeclarationEvent):
    TYPE: ClassVar[str] = "trade_ledger.declaration_amended.v1"


class DeclarationWithdrawn(DeclarationEvent):
    TYPE: ClassVar[str] = "trade_ledger.declaration_withdrawn.v1"


class DeclarationDeleted(DeclarationEvent):
    TYPE: ClassVar[str] = "trade_ledger.declaration_deleted.v1"


class GoodsShutOut(DeclarationEvent):
    TYPE: ClassVar[str] = "trade_ledger.goods_shut_out.v1"


class GoodsReturned(DeclarationEvent):
    TYPE: ClassVar[str] = "trade_ledger.goods_returned.v1"


class ConflictOpened(DeclarationEvent):
    """A case opened: `conflict` says what it freezes; the declaration lists all that are open."""

    TYPE: ClassVar[str] = "trade_ledger.conflict_opened.v1"
    conflict: ConflictCase | None = None


class ConflictClosed(DeclarationEvent):
    """A case closed: what it froze is free again, unless another open case holds it too."""

    TYPE: ClassVar[str] = "trade_ledger.conflict_closed.v1"
    conflict: ConflictCase | None = None
