"""May this trade be registered (R-TRADE-1…7, R-FILE-1…6, R-GOODS-1, V1, V5, V11, V12, V14, V16, V18, V56, V57)?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from shared.vocabulary.money import currency_digits, line_amount, round_half_up
from shared.vocabulary.rules import Breach
from trade_ledger.domain.parties import Standings, breaches_of_standing
from trade_ledger.domain.valuation import breaches_of_digits

_QUANTITY_DIGITS = 6


@dataclass(frozen=True, slots=True)
class AgencyFacts:
    """An agreement as it stands on the trade date."""

    kind: str
    principal_id: str
    agent_id: str
    in_force: bool
    collector: str | None
    exemption_filer: str | None


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A goods line as entered, with the verdict on it.

    `unlisted_units` names the fields whose unit is in no list; `unit_factors` turn its quantity into the first and the
    second statutory one, None where only the goods can tell.
    """

    hs_code: str
    hs_exists: bool
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    statutory_units: tuple[str, str | None] | None
    statutory_quantity: Decimal
    statutory_unit: str
    second_statutory_quantity: Decimal | None
    second_statutory_unit: str | None
    net_weight_kg: Decimal
    unlisted_units: tuple[str, ...]
    unit_factors: tuple[Decimal | None, Decimal | None]
    decision: str
    reason: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class TradeFacts:
    """What the rules look at."""

    kind: str
    procurement: str
    export_mode: str
    today: date
    trade_date: date
    currency: str
    currency_listed: bool
    settlement_method: str
    total: Decimal
    seller: Standings | None
    seller_stall_in_force: bool
    consignor: Standings | None
    buyer: Standings | None
    buyer_named: bool
    seller_id: str
    consignor_id: str
    buyer_id: str | None
    export_agency_named: bool
    export_agency: AgencyFacts | None
    procurement_agency_named: bool
    procurement_agency: AgencyFacts | None
    domestic_paid_on: date | None
    domestic_amount: Decimal | None
    lines: Sequence[LineFacts] = field(default_factory=tuple)


def breaches_of_registration(facts: TradeFacts) -> tuple[Breach, ...]:
    """Every reason why the trade can't be registered; cash and undecided goods are recorded, not refused."""
    breaches = [
        *_of_parties(facts),
        *_of_agencies(facts),
        *_of_dates_and_sums(facts),
    ]
    currency = facts.currency if _in_use(facts.currency) else None
    if currency is None or not facts.currency_listed:
        breaches.append(Breach("currency_unknown", "V56", "/currency", {"currency": facts.currency}))
    for index, line in enumerate(facts.lines):
        breaches += _of_line(line, currency, f"/lines/{index}")
    return tuple(breaches)


def _in_use(currency: str) -> bool:
    try:
        currency_digits(currency)
    except ValueError:
        return False
    return True


def _of_parties(facts: TradeFacts) -> list[Breach]:
    breaches = [*breaches_of_standing(facts.seller, "stall_holder", "/seller_id", facts.trade_date)]
    if not breaches and not facts.seller_stall_in_force:
        breaches.append(Breach("stall_not_in_force", "R-FILE-2", "/stall_number"))
    if facts.export_mode != "own":
        breaches += breaches_of_standing(facts.consignor, "operator", "/consignor_id", facts.trade_date)
    if facts.buyer_named:
        breaches += breaches_of_standing(facts.buyer, "buyer", "/buyer_id", facts.trade_date)
    return breaches


def _of_agencies(facts: TradeFacts) -> list[Breach]:
    breaches = []
    agency = facts.export_agency
    if facts.export_mode == "agency" and (
        agency is None
        or not agency.in_force
        or (agency.principal_id, agency.agent_id) != (facts.seller_id, facts.consignor_id)
    ):
        named = ("the one in export_agency_id", "所填协议") if facts.export_agency_named else ("none", "未填写")
        said = {"named": named[0], "named_zh": named[1], "day": facts.trade_date.isoformat()}
        breaches.append(Breach("export_agency_not_in_force", "R-TRADE-1", "/export_agency_id", said))
    if facts.export_mode != "agency" and facts.export_agency_named:
        breaches.append(Breach("export_agency_not_wanted", "R-TRADE-1", "/export_agency_id"))
    if facts.export_mode == "own" and facts.consignor_id != facts.seller_id:
        breaches.append(Breach("own_export_by_another", "R-TRADE-1", "/consignor_id"))
    bought = facts.procurement_agency
    if facts.procurement == "entrusted" and (
        bought is None or not bought.in_force or bought.principal_id != (facts.buyer_id or bought.principal_id)
    ):
        breaches.append(Breach("procurement_agency_not_in_force", "R-TRADE-1", "/procurement_agency_id"))
    if facts.procurement != "entrusted" and facts.procurement_agency_named:
        breaches.append(Breach("procurement_agency_not_wanted", "R-TRADE-1", "/procurement_agency_id"))
    return breaches


def _of_dates_and_sums(facts: TradeFacts) -> list[Breach]:
    breaches = []
    if facts.trade_date > facts.today:
        breaches.append(Breach("date_in_the_future", "V16", "/trade_date"))
    if not facts.lines:
        breaches.append(Breach("trade_without_lines", "R-TRADE-2", "/lines"))
    total = sum((line.amount for line in facts.lines), Decimal(0))
    if total != facts.total:
        params = {"total": str(facts.total), "sum": str(total)}
        breaches.append(Breach("total_differs", "R-TRADE-2", "/total", params))
    if facts.domestic_paid_on is not None and facts.domestic_paid_on > facts.today:
        breaches.append(Breach("date_in_the_future", "V16", "/domestic_leg/paid_on"))
    if facts.domestic_amount is not None:
        breaches += breaches_of_digits({"/domestic_leg/amount": facts.domestic_amount}, "CNY")
    return breaches


def _of_line(line: LineFacts, currency: str | None, at: str) -> list[Breach]:
    breaches = []
    if not line.hs_exists:
        breaches.append(Breach("hs_code_unknown", "V11", f"{at}/hs_code", {"hs_code": line.hs_code}))
    if line.decision == "not_eligible":
        params = {"reason": line.reason, "reason_zh": line.reason_zh}
        breaches.append(Breach("goods_not_allowed", "R-GOODS-1", f"{at}/hs_code", params))
    breaches += _of_amount(line, currency, at)
    breaches += _of_statutory(line, at)
    breaches += _of_units(line, at)
    return breaches


def _of_amount(line: LineFacts, currency: str | None, at: str) -> list[Breach]:
    """Samples and gifts have a value for customs too, though nothing is collected for them (R-TRADE-7)."""
    if line.quantity <= 0 or line.amount <= 0:
        return [Breach("amount_not_positive", "V14", f"{at}/amount")]
    if currency is None:
        return []
    expected = line_amount(line.quantity, line.unit_price, currency)
    if line.amount != expected:
        params = {"expected": f"{expected:f}", "amount": f"{line.amount:f}"}
        return [Breach("amount_differs", "R-TRADE-2", f"{at}/amount", params)]
    return []


def _of_statutory(line: LineFacts, at: str) -> list[Breach]:
    if line.statutory_units is None:
        return []
    first, second = line.statutory_units
    breaches = []
    if line.statutory_unit != first:
        params = {"expected": first}
        breaches.append(Breach("statutory_unit_differs", "V11", f"{at}/statutory_unit", params))
    if line.second_statutory_unit != second or (second is None) != (line.second_statutory_quantity is None):
        params = {"expected": second or "-"}
        breaches.append(Breach("statutory_unit_differs", "V11", f"{at}/second_statutory_unit", params))
    if first == "千克" and line.statutory_unit == first and line.statutory_quantity != line.net_weight_kg:
        breaches.append(Breach("net_weight_differs", "V12", f"{at}/statutory_quantity"))
    return breaches


def _of_units(line: LineFacts, at: str) -> list[Breach]:
    """Only listed units (V56). Where the table converts the quantity, it gives the statutory one (V57)."""
    breaches = [Breach("unit_unknown", "V56", f"{at}/{name}") for name in line.unlisted_units]
    stated = (
        ("statutory_quantity", line.statutory_quantity),
        ("second_statutory_quantity", line.second_statutory_quantity),
    )
    for (name, quantity), factor in zip(stated, line.unit_factors, strict=True):
        if factor is None or quantity is None:
            continue
        expected = round_half_up(line.quantity * factor, _QUANTITY_DIGITS)
        if quantity != expected:
            params = {"expected": f"{expected.normalize():f}"}
            breaches.append(Breach("statutory_quantity_differs", "V57", f"{at}/{name}", params))
    return breaches


@dataclass(frozen=True, slots=True)
class Settled:
    """What follows from mode, agency and method: who collects, who files, and whether the trade may be exported so."""

    collector_id: str
    exemption_filer_id: str | None
    stall_holder_id: str | None
    owner_id: str
    eligible: bool
    ineligible_reasons: tuple[str, ...]


def settled(facts: TradeFacts) -> Settled:
    """Own export: the exporter collects and files; agency: as the agreement says; outright: nobody files (R-TAX-8)."""
    by_role: Mapping[str | None, str] = {"agent": facts.consignor_id, "principal": facts.seller_id}
    agency = facts.export_agency
    if facts.export_mode == "agency" and agency is not None:
        collector = by_role[agency.collector]
        filer: str | None = by_role[agency.exemption_filer]
    else:
        collector = facts.consignor_id
        filer = facts.seller_id if facts.export_mode == "own" else None
    outright = facts.export_mode == "outright"
    cash = facts.settlement_method == "cash"
    return Settled(
        collector_id=collector,
        exemption_filer_id=filer,
        stall_holder_id=None if outright else facts.seller_id,
        owner_id=facts.consignor_id if outright else facts.seller_id,
        eligible=not cash,
        ineligible_reasons=(
            "settled in cash: declare under general trade (0110) instead / 现金结算，请改按一般贸易（0110）申报",
        )
        if cash
        else (),
    )


def slip_taken(reference: str) -> Breach:
    """The breach of a slip that was registered before (R-TRADE-1)."""
    return Breach("slip_registered_already", "R-TRADE-1", "/external_ref", {"reference": reference})
