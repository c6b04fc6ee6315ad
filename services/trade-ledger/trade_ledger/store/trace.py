"""Everything before and after an id (R-DECL-5): what it belongs to, then every event that names any of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from trade_ledger.store.documents import Shown
from trade_ledger.store.tables.copies import SubjectCopy, TraceLink
from trade_ledger.store.tables.declarations import ConflictRow, DeclarationRow, PortionRow, ReceiptRow
from trade_ledger.store.tables.packing import HandoverRow, LoadRow, PackedLineRow, PackingListRow
from trade_ledger.store.tables.trades import TradeLineRow, TradeRow


@dataclass(slots=True)
class Traced:
    """What belongs to the id that was asked for."""

    kind: str
    trades: set[UUID] = field(default_factory=set)
    declarations: set[UUID] = field(default_factory=set)
    portions: set[UUID] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Step:
    """One event about what was traced."""

    at: datetime
    type: str
    key: str
    sequence: int
    actor: str
    shown: Shown


def _uuid(asked: str) -> UUID | None:
    try:
        return UUID(asked)
    except ValueError:
        return None


async def _ids(session: AsyncSession, query: Select[Any]) -> set[UUID]:
    return set((await session.execute(query)).scalars())


async def find(session: AsyncSession, pilot: str, asked: str) -> Traced | None:
    """The trades that an id or human number belongs to; None where nothing is known of it."""
    own = _uuid(asked)
    for kind, finder in _FINDERS:
        trades = await finder(session, pilot, asked, own)
        if trades is not None:
            return Traced(kind, trades)
    return None


async def _of_trade(session: AsyncSession, pilot: str, asked: str, own: UUID | None) -> set[UUID] | None:
    query = select(TradeRow.id).where(TradeRow.pilot == pilot, or_(TradeRow.number == asked, TradeRow.id == own))
    return await _ids(session, query) or None


async def _of_line(session: AsyncSession, pilot: str, asked: str, own: UUID | None) -> set[UUID] | None:
    query = select(TradeLineRow.trade_id).where(TradeLineRow.pilot == pilot, TradeLineRow.id == own)
    return await _ids(session, query) or None


async def _of_declaration(session: AsyncSession, pilot: str, asked: str, own: UUID | None) -> set[UUID] | None:
    row = DeclarationRow
    return await _declared_in(session, pilot, or_(row.number == asked, row.customs_number == asked, row.id == own))


async def _declared_in(session: AsyncSession, pilot: str, named: ColumnElement[bool]) -> set[UUID] | None:
    """The trades behind the declarations' packing lists: a draft has no portions yet."""
    contents = (
        await session.execute(select(DeclarationRow.content).where(DeclarationRow.pilot == pilot, named))
    ).scalars()
    lists = {each for content in contents for each in content.entered.packing_list_ids}
    return await _ids(session, select(PackedLineRow.trade_id).where(PackedLineRow.packing_list_id.in_(lists))) or None


async def _of_receipt(session: AsyncSession, pilot: str, asked: str, own: UUID | None) -> set[UUID] | None:
    receipts = select(ReceiptRow.declaration_id).where(ReceiptRow.pilot == pilot, ReceiptRow.receipt_id == asked)
    cases = select(ConflictRow.declaration_id).where(ConflictRow.pilot == pilot, ConflictRow.id == own)
    return await _declared_in(session, pilot, DeclarationRow.id.in_(receipts.union(cases)))


async def _of_handover(session: AsyncSession, pilot: str, asked: str, own: UUID | None) -> set[UUID] | None:
    row = HandoverRow
    found = await session.scalar(
        select(row.trade_ids).where(row.pilot == pilot, or_(row.number == asked, row.id == own)).limit(1)
    )
    return set(found) if found else None


_KEY_OF_EVENT = text("SELECT key FROM outbox WHERE pilot = :pilot AND event_id = :event_id")


async def _of_event(session: AsyncSession, pilot: str, asked: str, own: UUID | None) -> set[UUID] | None:
    if own is None:
        return None
    key = await session.scalar(_KEY_OF_EVENT, {"pilot": pilot, "event_id": own})
    if key is None:
        key = await session.scalar(select(TraceLink.key).where(TraceLink.pilot == pilot, TraceLink.event_id == own))
    about = None if key is None or key == asked else await find(session, pilot, key)
    return None if about is None else about.trades


async def _of_portion(session: AsyncSession, pilot: str, asked: str, own: UUID | None) -> set[UUID] | None:
    query = select(PortionRow.trade_id).where(PortionRow.pilot == pilot, PortionRow.id == own)
    return await _ids(session, query) or None


async def _of_packing(session: AsyncSession, pilot: str, asked: str, own: UUID | None) -> set[UUID] | None:
    lists, loads = PackingListRow, LoadRow
    named = or_(
        lists.number == asked,
        lists.id == own,
        loads.number == asked,
        loads.container_number == asked,
        loads.id == own,
    )
    query = (
        select(PackedLineRow.trade_id)
        .join(lists, lists.id == PackedLineRow.packing_list_id)
        .join(loads, loads.id == lists.load_id)
        .where(lists.pilot == pilot, named)
    )
    return await _ids(session, query) or None


async def _of_subject(session: AsyncSession, pilot: str, asked: str, own: UUID | None) -> set[UUID] | None:
    subject = select(SubjectCopy.subject_id).where(
        SubjectCopy.pilot == pilot, or_(SubjectCopy.number == asked, SubjectCopy.subject_id == own)
    )
    found = (await session.execute(subject)).scalar_one_or_none()
    if found is None:
        return None
    row = TradeRow
    query = select(row.id).where(or_(row.seller_id == found, row.consignor_id == found, row.buyer_id == found))
    return await _ids(session, query.order_by(row.id.desc()).limit(200))


async def _of_money_or_tax(session: AsyncSession, pilot: str, asked: str, own: UUID | None) -> set[UUID] | None:
    numbers = (TraceLink.shown[name].astext == asked for name in ("number", "issued_number"))
    named = or_(TraceLink.key == asked, *numbers)
    refs = (await session.execute(select(TraceLink.refs).where(TraceLink.pilot == pilot, named))).scalars()
    ids = {each for row in refs for each in map(_uuid, row) if each is not None}
    mine = select(PortionRow.trade_id).where(PortionRow.pilot == pilot)
    # What names its portions concerns these only, not all that shares their declaration.
    by_portion = await _ids(session, mine.where(PortionRow.id.in_(ids)))
    found = by_portion or await _ids(session, mine.where(PortionRow.declaration_id.in_(ids)))
    trades = select(TradeRow.id).where(TradeRow.pilot == pilot, TradeRow.id.in_(ids))
    return found | await _ids(session, trades) or None


_FINDERS = (
    ("trade", _of_trade),
    ("trade_line", _of_line),
    ("declaration", _of_declaration),
    ("portion", _of_portion),
    ("packing", _of_packing),
    ("subject", _of_subject),
    ("handover", _of_handover),
    ("receipt", _of_receipt),
    ("money_or_tax", _of_money_or_tax),
    ("event", _of_event),
)


async def widen(session: AsyncSession, traced: Traced) -> None:
    """From the trades to their portions, declarations, packing lists and loads."""
    portions = await session.execute(
        select(PortionRow.id, PortionRow.declaration_id).where(PortionRow.trade_id.in_(traced.trades))
    )
    for portion_id, declaration_id in portions:
        traced.portions.add(portion_id)
        traced.declarations.add(declaration_id)
    packed = await session.execute(
        select(PackingListRow.id, PackingListRow.load_id)
        .join(PackedLineRow, PackedLineRow.packing_list_id == PackingListRow.id)
        .where(PackedLineRow.trade_id.in_(traced.trades))
    )
    around = {each for row in packed for each in row}
    traced.keys = {str(each) for each in traced.trades | traced.declarations | around}


_OWN_EVENTS = text(
    "SELECT type, key, sequence, occurred_at AS at, actor, convert_from(payload, 'UTF8')::jsonb AS content"
    " FROM outbox WHERE pilot = :pilot AND (key = ANY(:keys) OR (type = 'trade_ledger.handover_recorded.v1'"
    " AND convert_from(payload, 'UTF8')::jsonb->'trade_ids' ?| :trades)) ORDER BY id"
)


async def timeline(session: AsyncSession, pilot: str, traced: Traced, *, party: UUID | None = None) -> list[Step]:
    """Own and received events about the traced things by business time; `party` is the asking party, if any."""
    own = await session.execute(
        _OWN_EVENTS, {"pilot": pilot, "keys": sorted(traced.keys), "trades": _texts(traced.trades)}
    )
    steps = [Step(row.at, row.type, row.key, row.sequence, row.actor, _shown(row.content)) for row in own]
    steps += await _heard(session, pilot, traced, party)
    return sorted(steps, key=lambda step: (step.at, step.key, step.sequence))


async def _heard(session: AsyncSession, pilot: str, traced: Traced, party: UUID | None) -> list[Step]:
    """Events of money and tax: those that name what was traced, all others of the same things, then the pass-ons."""
    others = await _portions_of_others(session, traced)
    whole = traced.declarations - set(others.values())
    refs = _texts(traced.portions | traced.trades | whole)
    naming = await _links(session, pilot, TraceLink.refs.overlap(refs))
    keys = {link.key for link in naming}
    links = {link.event_id: link for link in await _links(session, pilot, TraceLink.key.in_(keys))}
    foreign = set() if party is None else await _portions_beside(session, traced, links.values())
    shared = {link.key for link in links.values() if foreign & set(link.refs)}
    steps = [_step(link, amounts=link.key not in shared) for link in links.values()]
    return steps + [_step(link) for link in await _pass_ons(session, pilot, traced, naming, party)]


async def _links(session: AsyncSession, pilot: str, condition: ColumnElement[bool]) -> list[TraceLink]:
    return list((await session.execute(select(TraceLink).where(TraceLink.pilot == pilot, condition))).scalars())


def _step(link: TraceLink, *, amounts: bool = True) -> Step:
    shown = link.shown if amounts else Shown.model_validate(link.shown.model_dump(include=_NO_AMOUNTS))
    return Step(link.at, link.type, link.key, link.sequence, link.actor, shown)


_MATCHED, _PASSED_ON = "fx_settlement.collection_matched.v1", "fx_settlement.passed_on.v1"


async def _pass_ons(
    session: AsyncSession, pilot: str, traced: Traced, naming: Sequence[TraceLink], party: UUID | None
) -> list[TraceLink]:
    """What collectors passed on to the owners of traced goods, in a currency and since they were collected in it.

    A pass-on settles what is owed between two parties and names no goods, so only these two and authorities see it.
    """
    matched = [link for link in naming if link.type == _MATCHED]
    if not matched:
        return []
    since, currencies = min(link.at for link in matched), {link.shown.currency for link in matched}
    collector = TradeRow.state["collector_id"].astext
    query = select(collector, TradeRow.owner_id).where(TradeRow.id.in_(traced.trades)).distinct()
    found = []
    for agent, principal in await session.execute(query):
        if agent != str(principal) and (party is None or str(party) in (agent, str(principal))):
            between = TraceLink.refs.contains([agent, str(principal)])
            found += await _links(session, pilot, and_(TraceLink.type == _PASSED_ON, between, TraceLink.at >= since))
    return [link for link in found if link.shown.currency in currencies]


# What an event also shows to a party whose goods are only a part of what it is about (V65).
_NO_AMOUNTS = {"status", "month", "outcome", "customs_number"}


async def _portions_of_others(session: AsyncSession, traced: Traced) -> dict[UUID, UUID]:
    """Portions that share a traced declaration without being traced, with their declaration."""
    query = select(PortionRow.id, PortionRow.declaration_id).where(
        PortionRow.declaration_id.in_(traced.declarations), PortionRow.id.not_in(traced.portions)
    )
    return {portion: declaration for portion, declaration in await session.execute(query)}


async def _portions_beside(session: AsyncSession, traced: Traced, links: Iterable[TraceLink]) -> set[str]:
    """Portions that the events name beside the traced ones, of whatever declaration."""
    named = {each for link in links for each in map(_uuid, link.refs) if each is not None}
    query = select(PortionRow.id).where(PortionRow.id.in_(named - traced.portions))
    return set(_texts(await _ids(session, query)))


def _texts(ids: Iterable[UUID]) -> list[str]:
    return sorted(map(str, ids))


def _shown(content: Mapping[str, Any]) -> Shown:
    """The few fields that tell where the thing was."""
    state = next((value for value in content.values() if isinstance(value, dict)), content)
    names = (
        "number",
        "status",
        "version",
        "total",
        "currency",
        "customs_number",
        "export_date",
        "container_number",
    )
    return Shown.model_validate({name: state[name] for name in names if state.get(name) is not None})
