"""Check an entered trade against the rules, using facts cached in the process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.reference import customs_code, hs_codes, statutory_units, unit_factor
from shared.vocabulary.legal_time import in_force, legal_date
from shared.vocabulary.recognition import Verdict
from shared.vocabulary.rules import Breach
from trade_ledger.domain.parties import stall_in_force
from trade_ledger.domain.registration import (
    AgencyFacts,
    LineFacts,
    Settled,
    TradeFacts,
    breaches_of_registration,
    settled,
)
from trade_ledger.store.entries import LineEntry, TradeEntry
from trade_ledger.store.known import TRIES, Known, KnownFacts, keeps_changing


@dataclass(frozen=True, slots=True)
class PreparedTrade:
    """An entered trade with the values derived from it, or with every breach."""

    entry: TradeEntry
    breaches: tuple[Breach, ...]
    terms: Settled
    verdicts: tuple[Verdict, ...]
    known: Known


async def prepare_trade(
    entry: TradeEntry,
    facts: KnownFacts,
    *,
    act: Act,
    session: AsyncSession | None = None,
    registered_at: datetime | None = None,
    before_asking: Callable[[], Awaitable[None]] | None = None,
) -> PreparedTrade:
    """The trade on the newest facts: before it is refused, it is asked whether they moved meanwhile.

    `session` is the caller's, where it holds one; where it may be in use, `before_asking` is awaited before it is asked
    anything, which most trades don't need. `registered_at` is for a correction: an agency that was ended after
    that still counts, and as no statement says the facts' versions then, they are asked in any case. An agency export
    that names no agreement is under the one in force between seller and consignor.
    """
    if before_asking is not None:
        if (prepared := _prepared_on_remembered(entry, facts, act)) is not None:
            return prepared
        await before_asking()
    if entry.export_mode == "agency" and entry.export_agency_id is None and registered_at is None:
        # As a slip of a workbook does: the parties have one agreement, and the number is not at hand.
        parties = entry.seller_id, entry.consignor_id
        found = await facts.export_agency_of(act.pilot, *parties, entry.trade_date, session)
        entry = entry.model_copy(update={"export_agency_id": found})
    for _ in range(TRIES):
        known = await facts.about(act.pilot, legal_date(act.now), _subjects(entry), _agreements(entry), session)
        prepared = _prepared_on(entry, known, act, registered_at)
        asked = bool(prepared.breaches) or registered_at is not None
        if not asked or not await facts.moved(known, session):
            return prepared
    raise keeps_changing()


def _prepared_on_remembered(entry: TradeEntry, facts: KnownFacts, act: Act) -> PreparedTrade | None:
    """The trade without a breach on what the process remembers; None where the database has to be asked."""
    if entry.export_mode == "agency" and entry.export_agency_id is None:
        return None
    known = facts.remembered(act.pilot, legal_date(act.now), _subjects(entry), _agreements(entry))
    prepared = None if known is None else _prepared_on(entry, known, act)
    return None if prepared is None or prepared.breaches else prepared


def _prepared_on(entry: TradeEntry, known: Known, act: Act, registered_at: datetime | None = None) -> PreparedTrade:
    """The trade checked on the given facts; another pilot's rows count as unknown (V69)."""
    today = legal_date(act.now)
    verdicts = tuple(known.goods.verdict(line.goods_name, line.hs_code) for line in entry.lines)
    seller, consignor, buyer = (known.party(each) for each in (entry.seller_id, entry.consignor_id, entry.buyer_id))
    leg = entry.domestic_leg
    facts = TradeFacts(
        kind=entry.kind,
        procurement=entry.procurement,
        export_mode=entry.export_mode,
        today=today,
        trade_date=entry.trade_date,
        currency=entry.currency,
        currency_listed=customs_code("currency", entry.currency, entry.trade_date) is not None,
        settlement_method=entry.settlement_method,
        total=entry.total,
        seller=seller.standings if seller else None,
        seller_stall_in_force=stall_in_force(seller.stalls if seller else (), entry.stall_number, entry.trade_date),
        consignor=consignor.standings if consignor else None,
        buyer=buyer.standings if buyer else None,
        buyer_named=entry.buyer_id is not None,
        seller_id=str(entry.seller_id),
        consignor_id=str(entry.consignor_id),
        buyer_id=str(entry.buyer_id) if entry.buyer_id else None,
        export_agency_named=entry.export_agency_id is not None,
        export_agency=_agency(known, entry.export_agency_id, "export_agency", entry.trade_date, registered_at),
        procurement_agency_named=entry.procurement_agency_id is not None,
        procurement_agency=_agency(
            known, entry.procurement_agency_id, "procurement_agency", entry.trade_date, registered_at
        ),
        domestic_paid_on=leg.paid_on if leg else None,
        domestic_amount=leg.amount if leg else None,
        lines=[
            _line_facts(line, verdict, entry.trade_date) for line, verdict in zip(entry.lines, verdicts, strict=True)
        ],
    )
    return PreparedTrade(entry, breaches_of_registration(facts), settled(facts), verdicts, known)


def _subjects(entry: TradeEntry) -> set[UUID]:
    return {entry.seller_id, entry.consignor_id} | ({entry.buyer_id} if entry.buyer_id else set())


def _agreements(entry: TradeEntry) -> list[UUID]:
    return [each for each in (entry.export_agency_id, entry.procurement_agency_id) if each is not None]


def _agency(
    known: Known, agreement_id: UUID | None, kind: str, day: date, registered_at: datetime | None
) -> AgencyFacts | None:
    row = known.agreement(agreement_id)
    if row is None or row.kind != kind:
        return None
    ended = row.terminated_at
    stands = row.status == "confirmed" or (
        row.status == "terminated" and ended is not None and registered_at is not None and registered_at < ended
    )
    return AgencyFacts(
        kind=row.kind,
        principal_id=str(row.principal_id),
        agent_id=str(row.agent_id),
        in_force=stands and in_force(row.valid_from, row.valid_to, day),
        collector=row.collector,
        exemption_filer=row.exemption_filer,
    )


_UNITS = ("unit", "statutory_unit", "second_statutory_unit")


def _line_facts(line: LineEntry, verdict: Verdict, day: date) -> LineFacts:
    second = line.second_statutory_unit
    entered = ((name, getattr(line, name)) for name in _UNITS)
    return LineFacts(
        hs_code=line.hs_code,
        hs_exists=line.hs_code[:6] in hs_codes(),
        quantity=line.quantity,
        unit_price=line.unit_price,
        amount=line.amount,
        statutory_units=statutory_units(line.hs_code),
        statutory_quantity=line.statutory_quantity,
        statutory_unit=line.statutory_unit,
        second_statutory_quantity=line.second_statutory_quantity,
        second_statutory_unit=line.second_statutory_unit,
        net_weight_kg=line.net_weight_kg,
        unlisted_units=tuple(name for name, unit in entered if unit and customs_code("unit", unit, day) is None),
        unit_factors=(
            unit_factor(line.unit, line.statutory_unit, day),
            unit_factor(line.unit, second, day) if second else None,
        ),
        decision=verdict.decision,
        reason=verdict.reason,
        reason_zh=verdict.reason_zh,
    )
