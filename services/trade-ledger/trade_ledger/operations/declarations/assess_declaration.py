"""Compute a declaration from the packed goods: portions, values, items, and every breach."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import TradeLine, Verdict
from shared.policy import Policy, policy_of
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.recognition import recognise
from shared.vocabulary.rules import Breach
from trade_ledger.domain import merge, valuation
from trade_ledger.domain.originals import lacks_of
from trade_ledger.domain.parties import breaches_of_completion
from trade_ledger.domain.recognition import governs
from trade_ledger.domain.submission import (
    PortionFacts,
    SubmissionFacts,
    Worth,
    brand_proven,
    breaches_of_consignor,
    breaches_of_declarant,
    breaches_of_early_submission,
    breaches_of_submission,
)
from trade_ledger.publishers.trades import verdict_of
from trade_ledger.store.customs_rates import rates_of_month
from trade_ledger.store.declarations import list_facts, packing_lists_for_update, slip_values_declared
from trade_ledger.store.documents import Entered
from trade_ledger.store.facts import (
    entries_in_force,
    pilot_named,
    port_in_force,
    qualifications_of,
    standings_of,
    subjects_by_id,
)
from trade_ledger.store.packing import loads_arrived, packed_lines_of, vehicles_among
from trade_ledger.store.parameters import (
    ConsignorQualifications,
    DeclarationLimitUsd,
    ItemsPerDeclaration,
    PortionsPerDeclaration,
    SimplifiedDeclaration,
    SubmissionBeforeArrivalDays,
)
from trade_ledger.store.tables.declarations import DeclarationRow
from trade_ledger.store.tables.packing import PackedLineRow, PackingListRow
from trade_ledger.store.tables.row import policy
from trade_ledger.store.tables.trades import TradeRow
from trade_ledger.store.trades import counters_of, lines_by_id, trades_for_update


@dataclass(slots=True)
class Share:
    """One trade line's packed goods in this declaration."""

    portion_id: UUID
    line: TradeLine
    trade: TradeRow
    quantity: Decimal
    packages: int
    gross_weight_kg: Decimal
    net_weight_kg: Decimal
    slip_value: Decimal
    verdict: Verdict
    barred: bool
    valued: valuation.Valued = field(default_factory=valuation.Valued)
    domestic_share_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Assessment:
    """The declaration as it would be submitted now; without items and values while a rate is missing."""

    lists: list[PackingListRow]
    shares: list[Share]
    items: list[merge.Item]
    rate_id: str
    slip_rate_ids: dict[str, str]
    rate_month: date
    breaches: tuple[Breach, ...]


async def assess_declaration(session: AsyncSession, row: DeclarationRow, *, act: Act) -> Assessment:
    """Lists, trades and counters stay locked until commit, so that what is assessed is what is submitted."""
    entered = row.content.entered
    rules = await policy_of(session, policy, row.pilot)
    today = legal_date(act.now)
    month = today.replace(day=1)
    lists = await packing_lists_for_update(session, entered.packing_list_ids)
    vehicles = await vehicles_among(session, {each.load_id for each in lists})
    shares = await _shares(session, row, lists, today, act)
    rates = await rates_of_month(session, row.pilot, month)
    unrated = sorted({row.currency, "USD", *(share.trade.currency for share in shares)} - set(rates))
    simplified = rules.on(SimplifiedDeclaration, today).value
    items: list[merge.Item] = []
    worth = None
    if not unrated:
        cny = {currency: rate for currency, (_, rate) in rates.items()}
        _value(shares, entered, row.currency, cny)
        items = merge.items_of(
            [_merge_share(share) for share in shares],
            simplified=entered.simplified,
            single_kinds=simplified.single_kinds,
        )
        fob_negative = any(share.valued.fob < 0 for share in shares)
        total = sum((share.valued.declared for share in shares), Decimal(0))
        worth = Worth(valuation.in_usd(total, row.currency, cny), fob_negative, len(items))
    facts = SubmissionFacts(
        lists=[list_facts(each, row.id, vehicles) for each in _as_entered(lists, entered)],
        customs_office_known=await _office_known(session, row.pilot, entered.customs_office, today),
        port_designated=await port_in_force(session, row.pilot, entered.port, today) is not None,
        price_term=entered.price_term,
        worth=worth,
        unrated=unrated,
        month=month,
        limit_usd=rules.on(DeclarationLimitUsd, today).value,
        simplified=entered.simplified,
        kinds=merge.kinds_that_count([_merge_share(share) for share in shares]),
        kinds_threshold=simplified.kinds_threshold,
        items_most=rules.on(ItemsPerDeclaration, today).value,
        portions_most=rules.on(PortionsPerDeclaration, today).value,
        portions=[_portion_facts(share) for share in shares],
        differing_trades=[each.trade for each in _differences(entered)],
    )
    breaches = breaches_of_submission(facts) + valuation.breaches_of_charges(entered.price_term, _charges(entered))
    breaches += await _stop_orders(session, row, shares) + await _declarant(session, row)
    breaches += await _consignor(session, row, rules, today)
    breaches += await _arrival(session, row, lists, rules, today)
    rate_ids = {currency: rate_id for currency, (rate_id, _) in rates.items()}
    return Assessment(lists, shares, items, rate_ids.get(row.currency, ""), rate_ids, month, breaches)


async def _shares(
    session: AsyncSession, row: DeclarationRow, lists: list[PackingListRow], today: date, act: Act
) -> list[Share]:
    packed: dict[UUID, list[PackedLineRow]] = defaultdict(list)
    for each in await packed_lines_of(session, [one.id for one in lists]):
        packed[each.line_id].append(each)
    # The trades are locked before their lines are read: a correction under way is waited for, and then seen.
    held = {part.trade_id for parts in packed.values() for part in parts}
    trades = {trade.id: trade for trade in await trades_for_update(session, held)}
    lines = await lines_by_id(session, packed)
    counters = await counters_of(session, trades)
    values = await slip_values_declared(session, lines, row.id)
    entries = await entries_in_force(session, act.pilot, today)
    shares = []
    for line_id in sorted(packed):
        row_of_line, parts = lines[line_id], packed[line_id]
        trade, line = trades[row_of_line.trade_id], row_of_line.content
        quantity = sum((part.quantity for part in parts), Decimal(0))
        verdict = recognise(line.goods_name, line.hs_code, entries).verdict
        shares.append(
            Share(
                # The same line in the same declaration is the same portion, whatever the attempt.
                portion_id=uuid5(row.id, str(line_id)),
                line=line,
                trade=trade,
                quantity=quantity,
                packages=sum(part.packages for part in parts),
                gross_weight_kg=sum((part.gross_weight_kg for part in parts), Decimal(0)),
                net_weight_kg=sum((part.net_weight_kg for part in parts), Decimal(0)),
                slip_value=valuation.slip_share(
                    line.amount,
                    line.quantity,
                    valuation.Declared(counters[line_id].declared, values.get(line_id, Decimal(0))),
                    quantity,
                    trade.currency,
                ),
                verdict=verdict_of(verdict) if governs(verdict, line.verdict.decision) else line.verdict,
                barred=verdict.barred_from_simplification,
            )
        )
    return shares


def _charges(entered: Entered) -> valuation.Charges:
    return valuation.Charges(entered.freight, entered.insurance, entered.inland)


def _differences(entered: Entered) -> list[valuation.Difference]:
    return [valuation.Difference(str(each.trade_id), each.name, each.amount) for each in entered.differences]


def _value(shares: list[Share], entered: Entered, currency: str, cny: dict[str, Decimal]) -> None:
    valued = valuation.valued(
        [valuation.Share(share.slip_value, share.trade.currency, str(share.trade.id)) for share in shares],
        currency=currency,
        term=entered.price_term,
        charges=_charges(entered),
        cny_per_unit=cny,
        differences=_differences(entered),
    )
    for share, each in zip(shares, valued, strict=True):
        share.valued = each
        if leg := share.trade.state.domestic_leg:
            share.domestic_share_percent = valuation.domestic_share_percent(
                leg.amount, share.trade.total, cny[share.trade.currency]
            )


def _merge_share(share: Share) -> merge.Share:
    return merge.Share(
        portion=str(share.portion_id),
        hs_code=share.line.hs_code,
        goods_name=share.line.goods_name,
        unit=share.line.unit,
        quantity=share.quantity,
        value=share.valued.declared,
        packages=share.packages,
        gross_weight_kg=share.gross_weight_kg,
        net_weight_kg=share.net_weight_kg,
        barred=share.barred,
    )


def _portion_facts(share: Share) -> PortionFacts:
    return PortionFacts(
        goods_name=share.line.goods_name,
        trade_id=str(share.trade.id),
        declared_value=share.valued.declared,
        price_term=share.trade.state.price_term,
        decision=share.verdict.decision,
        reason=share.verdict.reason,
        reason_zh=share.verdict.reason_zh,
        buyer_named=share.trade.buyer_id is not None,
        lacks=lacks_of(len(share.trade.state.document_hashes)),
        eligible=share.trade.eligible,
        brand_proven=brand_proven(share.line.brand, share.line.brand_statement, share.line.brand_evidence_hash),
    )


def _as_entered(lists: list[PackingListRow], entered: Entered) -> list[PackingListRow]:
    return sorted(lists, key=lambda each: entered.packing_list_ids.index(each.id))


async def _declarant(session: AsyncSession, row: DeclarationRow) -> tuple[Breach, ...]:
    """The declarant is the consignor or a filed broker (R-DECL-1)."""
    if row.declarant_id == row.consignor_id:
        return ()
    known = (await subjects_by_id(session, [row.declarant_id])).get(row.declarant_id)
    return breaches_of_declarant(standings_of(known if known and known.pilot == row.pilot else None))


async def _consignor(session: AsyncSession, row: DeclarationRow, rules: Policy, today: date) -> tuple[Breach, ...]:
    """Qualifications were checked at filing; they may have expired since, and an own exporter's were not checked."""
    known = (await subjects_by_id(session, [row.consignor_id])).get(row.consignor_id)
    needed = rules.on(ConsignorQualifications, today).value
    return breaches_of_consignor(qualifications_of(known), needed, today)


async def _arrival(
    session: AsyncSession, row: DeclarationRow, lists: list[PackingListRow], rules: Policy, today: date
) -> tuple[Breach, ...]:
    """Before arrival only within the policy's days of the day on which the goods are expected (R-DECL-1)."""
    if await loads_arrived(session, {each.load_id for each in lists}):
        return ()
    days = rules.on(SubmissionBeforeArrivalDays, today).value
    return breaches_of_early_submission(today, row.content.entered.expected_arrival, days)


async def _office_known(session: AsyncSession, pilot: str, office: str, today: date) -> bool:
    known = await pilot_named(session, pilot)
    return known is not None and office in known.customs_offices


async def _stop_orders(session: AsyncSession, row: DeclarationRow, shares: list[Share]) -> tuple[Breach, ...]:
    sellers = {share.trade.seller_id for share in shares}
    subjects = await subjects_by_id(session, {row.consignor_id, *sellers})
    breaches: tuple[Breach, ...] = ()
    for seller in sorted(sellers):
        breaches += breaches_of_completion(standings_of(subjects.get(seller)), "stall_holder", "/packing_list_ids")
    return breaches + breaches_of_completion(standings_of(subjects.get(row.consignor_id)), "operator", "")
