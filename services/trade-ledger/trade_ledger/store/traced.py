"""What an id or a number belongs to, as far as a caller may see it (R-DECL-5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, any_, cast, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.vocabulary.errors import Hidden, NotFound
from trade_ledger.store.asked import (
    MATCHED,
    PASSED_ON,
    Asking,
    Found,
    Traced,
    as_uuid,
    events_naming,
    ids_of,
    references,
    texts,
)
from trade_ledger.store.tables.copies import AgreementCopy, SubjectCopy, TraceLink
from trade_ledger.store.tables.declarations import ConflictRow, DeclarationRow, PortionRow, ReceiptRow
from trade_ledger.store.tables.packing import HandoverRow, LoadRow, PackedLineRow, PackingListRow
from trade_ledger.store.tables.trades import TradeLineRow, TradeRow
from trade_ledger.store.trades import buyer_is_known_to, trade_ids_among, trades_seen_by

_NEWEST = 200


async def find(session: AsyncSession, asking: Asking) -> Traced:
    """What an id or number belongs to, of all kinds that it names; Hidden where nothing of it is the caller's.

    Others choose numbers too: one that another's seal also has still leads to the caller's own slip.
    """
    traced: Traced | None = None
    exists = False
    for kind, finder in _FINDERS:
        found = await finder(session, asking)
        if found is None:
            continue
        exists = True
        trades, heard = await _seen(session, asking, found)
        if not trades and not heard:
            continue
        traced = traced or Traced(kind)
        traced.trades |= trades
        traced.heard |= heard
    if traced is None:
        raise Hidden("it is somebody else's") if exists else NotFound("nothing is known of it")
    return traced


async def _seen(session: AsyncSession, asking: Asking, found: Found) -> tuple[set[UUID], set[str]]:
    if asking.party is None:
        return found.trades, found.heard
    trades = await trade_ids_among(session, trades_seen_by(asking.scope), found.trades)
    party = str(asking.party)
    naming = select(TraceLink.key).where(TraceLink.key.in_(found.heard), TraceLink.refs.contains([party]))
    return trades, set((await session.execute(naming)).scalars()) | (found.heard & {party})


async def _trades(session: AsyncSession, query: Select[Any]) -> Found | None:
    trades = await ids_of(session, query)
    return Found(trades) if trades else None


async def _of_trade(session: AsyncSession, asking: Asking) -> Found | None:
    row = TradeRow
    named = or_(row.number == asking.asked, row.id == asking.own, row.external_ref == asking.asked)
    return await _trades(session, select(row.id).where(row.pilot == asking.pilot, named))


async def _of_line(session: AsyncSession, asking: Asking) -> Found | None:
    row = TradeLineRow
    return await _trades(session, select(row.trade_id).where(row.pilot == asking.pilot, row.id == asking.own))


async def _of_declaration(session: AsyncSession, asking: Asking) -> Found | None:
    row = DeclarationRow
    named = or_(row.number == asking.asked, row.customs_number == asking.asked, row.id == asking.own)
    return await _declared_in(session, asking.pilot, named)


async def _declared_in(session: AsyncSession, pilot: str, named: ColumnElement[bool]) -> Found | None:
    """The trades behind the declarations' packing lists: a draft has no portions yet."""
    contents = (
        await session.execute(select(DeclarationRow.content).where(DeclarationRow.pilot == pilot, named))
    ).scalars()
    lists = {each for content in contents for each in content.entered.packing_list_ids}
    return await _trades(session, select(PackedLineRow.trade_id).where(PackedLineRow.packing_list_id.in_(lists)))


async def _of_receipt(session: AsyncSession, asking: Asking) -> Found | None:
    receipts = select(ReceiptRow.declaration_id).where(
        ReceiptRow.pilot == asking.pilot, ReceiptRow.receipt_id == asking.asked
    )
    cases = select(ConflictRow.declaration_id).where(ConflictRow.pilot == asking.pilot, ConflictRow.id == asking.own)
    return await _declared_in(session, asking.pilot, DeclarationRow.id.in_(receipts.union(cases)))


async def _of_handover(session: AsyncSession, asking: Asking) -> Found | None:
    row = HandoverRow
    found = await session.scalar(
        select(row.trade_ids)
        .where(row.pilot == asking.pilot, or_(row.number == asking.asked, row.id == asking.own))
        .limit(1)
    )
    return Found(set(found)) if found else None


_KEY_OF_EVENT = text("SELECT key FROM outbox WHERE pilot = :pilot AND event_id = :event_id")


async def _of_event(session: AsyncSession, asking: Asking) -> Found | None:
    if asking.own is None:
        return None
    key = await session.scalar(_KEY_OF_EVENT, {"pilot": asking.pilot, "event_id": asking.own})
    if key is None:
        row = TraceLink
        query = select(row.key).where(row.pilot == asking.pilot, row.event_id == asking.own)
        key = await session.scalar(query)
    if key is None or key == asking.asked:
        return None
    about = [await finder(session, replace(asking, asked=key)) for _, finder in _FINDERS if finder is not _of_event]
    known = [each for each in about if each is not None]
    trades, heard = (each.trades for each in known), (each.heard for each in known)
    return Found(set().union(*trades), set().union(*heard)) if known else None


async def _of_portion(session: AsyncSession, asking: Asking) -> Found | None:
    row = PortionRow
    return await _trades(session, select(row.trade_id).where(row.pilot == asking.pilot, row.id == asking.own))


async def _of_packing(session: AsyncSession, asking: Asking) -> Found | None:
    lists, loads, asked = PackingListRow, LoadRow, asking.asked
    named = or_(
        loads.number == asked,
        loads.container_number == asked,
        loads.vehicle == asked,
        loads.seal_number == asked,
        loads.id == any_(func.array(select(func.loads_once_sealed(asked)).scalar_subquery())),
        loads.id == asking.own,
    )
    # Each by its own index: a condition upon two tables has none.
    within = select(lists.id).join(loads, loads.id == lists.load_id).where(lists.pilot == asking.pilot, named)
    itself = select(lists.id).where(lists.pilot == asking.pilot, or_(lists.number == asked, lists.id == asking.own))
    packed = PackedLineRow.packing_list_id.in_(within.union(itself))
    return await _trades(session, select(PackedLineRow.trade_id).where(packed))


async def _of_subject(session: AsyncSession, asking: Asking) -> Found | None:
    """A subject by its number, id, a filing's number or, where the caller may look for it, its credit code."""
    row = SubjectCopy
    named = [
        row.number == asking.asked,
        row.subject_id == asking.own,
        row.subject_id == any_(func.array(select(func.subjects_filed_under(asking.asked)).scalar_subquery())),
    ]
    if asking.identity_indexes:
        same = row.identity_index.in_(asking.identity_indexes)
        named.append(same if asking.knows_identities else and_(same, row.subject_id == asking.party))
    subjects = await ids_of(session, select(row.subject_id).where(row.pilot == asking.pilot, or_(*named)))
    if not subjects:
        return None
    return Found(await ids_of(session, _trades_of(asking, subjects)), set(texts(subjects)))


def _trades_of(asking: Asking, subjects: set[UUID]) -> Select[Any]:
    row = TradeRow
    buys: ColumnElement[bool] = row.buyer_id.in_(subjects)
    if (holder := asking.only_known_buyers_of) is not None:
        buys = and_(buys, buyer_is_known_to(holder))
    concerned = or_(row.seller_id.in_(subjects), row.consignor_id.in_(subjects), buys)
    return select(row.id).where(row.pilot == asking.pilot, concerned).order_by(row.id.desc()).limit(_NEWEST)


async def _of_agreement(session: AsyncSession, asking: Asking) -> Found | None:
    copy, row = AgreementCopy, TradeRow
    named = or_(copy.number == asking.asked, copy.agreement_id == asking.own)
    found = select(copy.agreement_id, copy.principal_id).where(copy.pilot == asking.pilot, named)
    agreements = {each.agreement_id: each.principal_id for each in await session.execute(found)}
    if not agreements:
        return None
    keys = texts(set(agreements))
    # An export agency's principal is the seller (R-TRADE-1).
    exported = and_(row.seller_id.in_(agreements.values()), row.state["export_agency_id"].astext.in_(keys))
    under = or_(exported, row.state["procurement_agency_id"].astext.in_(keys))
    query = select(row.id).where(row.pilot == asking.pilot, under).order_by(row.id.desc()).limit(_NEWEST)
    return Found(await ids_of(session, query), set(keys))


async def _of_money_or_tax(session: AsyncSession, asking: Asking) -> Found | None:
    row = TraceLink
    # What an earlier release heard has its numbers in `shown` only.
    numbered = select(func.events_numbered(asking.asked)).union(select(events_naming(references(asking.asked))))
    named = or_(row.key == asking.asked, row.event_id == any_(func.array(numbered.scalar_subquery())))
    ours = ~row.type.startswith("registry.")
    keys = set((await session.execute(select(row.key).where(row.pilot == asking.pilot, ours, named))).scalars())
    if not keys:
        return None
    about = select(row).where(row.pilot == asking.pilot, row.key.in_(keys))
    links = list((await session.execute(about)).scalars())
    trades = await _trades_named(session, asking.pilot, links)
    for link in links:
        trades |= await _trades_passed_on(session, link) if link.type == PASSED_ON else set()
    return Found(trades, keys)


async def _trades_named(session: AsyncSession, pilot: str, links: list[TraceLink]) -> set[UUID]:
    ids = {each for link in links for each in map(as_uuid, link.refs) if each is not None}
    mine = select(PortionRow.trade_id).where(PortionRow.pilot == pilot)
    # What names its portions concerns these only, not all that shares their declaration.
    by_portion = await ids_of(session, mine.where(PortionRow.id.in_(ids)))
    found = by_portion or await ids_of(session, mine.where(PortionRow.declaration_id.in_(ids)))
    return found | await ids_of(session, select(TradeRow.id).where(TradeRow.pilot == pilot, TradeRow.id.in_(ids)))


async def _trades_passed_on(session: AsyncSession, passed_on: TraceLink) -> set[UUID]:
    """The owner's trades whose money the collector had matched, in that currency, when it passed some on."""
    link, portion, trade = TraceLink, PortionRow, TradeRow
    matched = select(func.unnest(link.refs).label("ref")).where(
        link.pilot == passed_on.pilot,
        link.type == MATCHED,
        link.at <= passed_on.at,
        link.shown["currency"].astext == passed_on.shown.currency,
        link.event_id.in_(select(events_naming(passed_on.refs))),
    )
    collector = trade.state["collector_id"].astext
    refs = set((await session.execute(matched.distinct())).scalars())
    query = (
        select(trade.id)
        .join(portion, portion.trade_id == trade.id)
        .where(
            portion.id.in_({each for each in map(as_uuid, refs) if each is not None}),
            collector.in_(passed_on.refs),
            cast(trade.owner_id, Text).in_(passed_on.refs),
            collector != cast(trade.owner_id, Text),
        )
    )
    return await ids_of(session, query.order_by(trade.id.desc()).limit(_NEWEST))


Finder = Callable[[AsyncSession, Asking], Awaitable[Found | None]]

_FINDERS: tuple[tuple[str, Finder], ...] = (
    ("trade", _of_trade),
    ("trade_line", _of_line),
    ("declaration", _of_declaration),
    ("portion", _of_portion),
    ("packing", _of_packing),
    ("subject", _of_subject),
    ("agreement", _of_agreement),
    ("handover", _of_handover),
    ("receipt", _of_receipt),
    ("money_or_tax", _of_money_or_tax),
    ("event", _of_event),
)
