"""Turn entered trades into rows ready to write: parties, agencies and goods looked up once for the whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.reference import hs_codes, statutory_units
from shared.sealing import Sealer
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.rules import Breach
from trade_ledger.domain.recognition import ListEntry, Verdict, verdict_on
from trade_ledger.domain.registration import (
    AgencyFacts,
    LineFacts,
    Settled,
    TradeFacts,
    breaches_of_registration,
    settled,
)
from trade_ledger.store.facts import (
    agreements_by_id,
    entries_in_force,
    stall_in_force,
    standings_of,
    subjects_by_id,
)
from trade_ledger.store.tables.copies import AgreementCopy, SubjectCopy


@dataclass(frozen=True, slots=True)
class EnteredTrade:
    """A trade as entered, from one request or one slip of a workbook; lines are plain JSON values."""

    seller_id: UUID
    consignor_id: UUID
    buyer_id: UUID | None
    stall_number: str
    kind: str
    procurement: str
    export_mode: str
    procurement_agency_id: UUID | None
    export_agency_id: UUID | None
    settlement_method: str
    channel: str
    trade_date: date
    price_term: str
    currency: str
    total: Decimal
    domestic_leg: dict[str, Any] | None
    document_hashes: tuple[str, ...]
    external_ref: str
    lines: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PreparedTrade:
    """A trade that may be written: its state, or why it may not."""

    entered: EnteredTrade
    breaches: tuple[Breach, ...]
    state: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Known:
    subjects: dict[UUID, SubjectCopy]
    agreements: dict[UUID, AgreementCopy]
    entries: list[ListEntry]


async def prepare_trades(
    session: AsyncSession, entered: Sequence[EnteredTrade], *, sealer: Sealer, act: Act
) -> list[PreparedTrade]:
    """Each trade checked by itself against one reading of the copies."""
    known = _Known(
        subjects=await subjects_by_id(
            session,
            {each for trade in entered for each in (trade.seller_id, trade.consignor_id, trade.buyer_id)},
        ),
        agreements=await agreements_by_id(
            session,
            {each for trade in entered for each in (trade.export_agency_id, trade.procurement_agency_id)},
        ),
        entries=await entries_in_force(session, act.pilot, legal_date(act.now)),
    )
    return [_prepared(trade, known, sealer, act) for trade in entered]


def _prepared(trade: EnteredTrade, known: _Known, sealer: Sealer, act: Act) -> PreparedTrade:
    verdicts = [verdict_on(line["goods_name"], line["hs_code"], known.entries) for line in trade.lines]
    facts = facts_of(trade, known.subjects, known.agreements, verdicts, act)
    breaches = breaches_of_registration(facts)
    if breaches:
        return PreparedTrade(trade, breaches)
    return PreparedTrade(trade, (), _state(trade, settled(facts), verdicts, sealer, act))


def facts_of(
    trade: EnteredTrade,
    subjects: dict[UUID, SubjectCopy],
    agreements: dict[UUID, AgreementCopy],
    verdicts: Sequence[Verdict],
    act: Act,
) -> TradeFacts:
    """What the rules look at; what belongs to another pilot is as good as unknown (V69)."""
    own = {key: value for key, value in subjects.items() if value.pilot == act.pilot}
    seller, consignor = own.get(trade.seller_id), own.get(trade.consignor_id)
    buyer = own.get(trade.buyer_id) if trade.buyer_id else None
    return TradeFacts(
        kind=trade.kind,
        procurement=trade.procurement,
        export_mode=trade.export_mode,
        today=legal_date(act.now),
        trade_date=trade.trade_date,
        currency=trade.currency,
        settlement_method=trade.settlement_method,
        total=trade.total,
        seller=standings_of(seller),
        seller_stall_in_force=stall_in_force(seller, trade.stall_number, trade.trade_date),
        consignor=standings_of(consignor),
        buyer=standings_of(buyer),
        buyer_named=trade.buyer_id is not None,
        seller_id=str(trade.seller_id),
        consignor_id=str(trade.consignor_id),
        buyer_id=str(trade.buyer_id) if trade.buyer_id else None,
        export_agency=_agency(agreements, trade.export_agency_id, "export_agency", trade.trade_date, act.pilot),
        procurement_agency=_agency(
            agreements, trade.procurement_agency_id, "procurement_agency", trade.trade_date, act.pilot
        ),
        domestic_amount=Decimal(trade.domestic_leg["amount"]) if trade.domestic_leg else None,
        lines=tuple(_line_facts(line, verdict) for line, verdict in zip(trade.lines, verdicts, strict=True)),
    )


def _agency(
    agreements: dict[UUID, AgreementCopy], agreement_id: UUID | None, kind: str, day: date, pilot: str
) -> AgencyFacts | None:
    row = agreements.get(agreement_id) if agreement_id else None
    if row is None or row.kind != kind or row.pilot != pilot:
        return None
    return AgencyFacts(
        kind=row.kind,
        principal_id=str(row.principal_id),
        agent_id=str(row.agent_id),
        in_force=row.status == "confirmed" and row.valid_from <= day <= row.valid_to,
        collector=row.collector,
        exemption_filer=row.exemption_filer,
    )


def _line_facts(line: dict[str, Any], verdict: Verdict) -> LineFacts:
    second = line.get("second_statutory_quantity")
    return LineFacts(
        hs_code=line["hs_code"],
        hs_exists=line["hs_code"][:6] in hs_codes(),
        quantity=Decimal(line["quantity"]),
        unit_price=Decimal(line["unit_price"]),
        amount=Decimal(line["amount"]),
        statutory_units=statutory_units(line["hs_code"]),
        statutory_quantity=Decimal(line["statutory_quantity"]),
        statutory_unit=line["statutory_unit"],
        second_statutory_quantity=None if second is None else Decimal(second),
        second_statutory_unit=line.get("second_statutory_unit"),
        net_weight_kg=Decimal(line["net_weight_kg"]),
        decision=verdict.decision,
        reason=verdict.reason,
        reason_zh=verdict.reason_zh,
    )


def verdict_json(verdict: Verdict) -> dict[str, str]:
    """A verdict as the line keeps it (V8)."""
    return {
        "decision": verdict.decision,
        "list_version": verdict.reference.split("#")[0],
        "rule": verdict.reference,
        "reason": verdict.reason,
        "reason_zh": verdict.reason_zh,
    }


def _state(
    trade: EnteredTrade, terms: Settled, verdicts: Sequence[Verdict], sealer: Sealer, act: Act
) -> dict[str, Any]:
    lines = [
        {**line, "line_id": str(uuid7()), "line_no": number, "verdict": verdict_json(verdict)}
        for number, (line, verdict) in enumerate(zip(trade.lines, verdicts, strict=True), 1)
    ]
    return {
        "trade_id": str(uuid7()),
        "pilot": act.pilot,
        "number": "",
        "version": 1,
        "status": "registered",
        "kind": trade.kind,
        "procurement": trade.procurement,
        "export_mode": trade.export_mode,
        "seller_id": str(trade.seller_id),
        "stall_number": trade.stall_number,
        "owner_id": terms.owner_id,
        "stall_holder_id": terms.stall_holder_id,
        "consignor_id": str(trade.consignor_id),
        "buyer_id": str(trade.buyer_id) if trade.buyer_id else None,
        "procurement_agency_id": str(trade.procurement_agency_id) if trade.procurement_agency_id else None,
        "export_agency_id": str(trade.export_agency_id) if trade.export_agency_id else None,
        "collector_id": terms.collector_id,
        "exemption_filer_id": terms.exemption_filer_id,
        "settlement_method": trade.settlement_method,
        "eligible": terms.eligible,
        "ineligible_reasons": list(terms.ineligible_reasons),
        "channel": trade.channel,
        "trade_date": trade.trade_date.isoformat(),
        "price_term": trade.price_term,
        "currency": trade.currency,
        "total": str(trade.total),
        "domestic_leg": _sealed_leg(trade.domestic_leg, sealer),
        "document_hashes": list(trade.document_hashes),
        "external_ref": trade.external_ref,
        "lines": lines,
    }


def _sealed_leg(leg: dict[str, Any] | None, sealer: Sealer) -> dict[str, Any] | None:
    if leg is None:
        return None
    sealed = {
        name: sealer.seal(leg[name], purpose="trade.party", mask=leg[name][:1] + "***").model_dump()
        for name in ("payer", "payee")
    }
    return {**leg, **sealed}
