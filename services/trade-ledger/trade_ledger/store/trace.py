"""Everything before and after what was traced (R-DECL-5): every event that names any of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import told_actor
from shared.events.trade_ledger import DECLARATIONS, PACKING_LISTS, TRADES
from trade_ledger.store.asked import (
    MATCHED,
    PASSED_ON,
    Asking,
    Traced,
    as_uuid,
    events_naming,
    events_naming_all,
    ids_of,
    texts,
)
from trade_ledger.store.documents import Shown
from trade_ledger.store.tables.copies import TraceLink
from trade_ledger.store.tables.declarations import PortionRow
from trade_ledger.store.tables.packing import PackedLineRow, PackingListRow
from trade_ledger.store.tables.trades import TradeRow
from trade_ledger.store.trades import buyer_is_known_to


@dataclass(frozen=True, slots=True)
class Step:
    """One event about what was traced."""

    at: datetime
    type: str
    key: str
    sequence: int
    actor: str
    delegation_id: UUID | None
    shown: Shown


async def widen(session: AsyncSession, traced: Traced) -> None:
    """From the trades to their portions, declarations, packing lists and loads."""
    portions = await session.execute(
        select(PortionRow.id, PortionRow.declaration_id).where(PortionRow.trade_id.in_(traced.trades))
    )
    for portion_id, declaration_id in portions:
        traced.portions.add(portion_id)
        traced.declarations.add(declaration_id)
    packed = await session.execute(
        select(PackingListRow.id, PackingListRow.load_id, PackingListRow.declaration_id)
        .join(PackedLineRow, PackedLineRow.packing_list_id == PackingListRow.id)
        .where(PackedLineRow.trade_id.in_(traced.trades))
    )
    around = set()
    for packing_list_id, load_id, declared_in in packed:
        around |= {packing_list_id, load_id}
        traced.declarations |= set() if declared_in is None else {declared_in}
    around |= await ids_of(session, select(func.handovers_of(cast(texts(traced.trades), ARRAY(Text)))))
    traced.keys = {str(each) for each in traced.trades | traced.declarations | around}


_OWN_EVENTS = text(
    "SELECT type, key, sequence, occurred_at AS at, actor, delegation_id,"
    " convert_from(payload, 'UTF8')::jsonb AS content FROM outbox WHERE pilot = :pilot AND topic = ANY(:topics)"
    " AND key = ANY(:keys) ORDER BY id"
)
_TOPICS = [topic.name for topic in (TRADES, PACKING_LISTS, DECLARATIONS)]


async def timeline(session: AsyncSession, asking: Asking, traced: Traced) -> list[Step]:
    """Own and received events about the traced things by business time, as far as the caller may see them."""
    asked = {"pilot": asking.pilot, "topics": _TOPICS, "keys": sorted(traced.keys)}
    own = await session.execute(_OWN_EVENTS, asked)
    steps = [_step_of(row, _shown(row.content)) for row in own]
    # What was asked for may belong to a trade too.
    steps += (await _filed(session, asking, traced) | await _heard(session, asking, traced)).values()
    return sorted(steps, key=lambda step: (step.at, step.key, step.sequence))


async def _filed(session: AsyncSession, asking: Asking, traced: Traced) -> dict[UUID, Step]:
    """How the trades' parties were filed and their agreements made. A party sees its own, and what it filed itself.

    Where a subject is asked for, those with whom it trades are not: there may be hundreds.
    """
    if traced.kind == "subject":
        return {}
    row, state = TradeRow, TradeRow.state
    named = (state[name].astext for name in ("procurement_agency_id", "export_agency_id", "exemption_filer_id"))
    trades = select(row.seller_id, row.owner_id, row.consignor_id, *named).where(row.id.in_(traced.trades))
    buyers = select(row.buyer_id).where(row.id.in_(traced.trades))
    if (holder := asking.only_known_buyers_of) is not None:
        buyers = buyers.where(buyer_is_known_to(holder))
    found = [*await session.execute(trades.distinct()), *await session.execute(buyers.distinct())]
    keys = texts({each for each_row in found for each in each_row if each is not None})
    condition = and_(TraceLink.key.in_(keys), TraceLink.type.startswith("registry."))
    if asking.party is not None:
        condition = and_(condition, TraceLink.refs.contains([str(asking.party)]))
    return {link.event_id: _step(link) for link in await _links(session, asking.pilot, condition)}


async def _heard(session: AsyncSession, asking: Asking, traced: Traced) -> dict[UUID, Step]:
    """Events of what was asked for, and of money and tax: those that name what was traced, all others of the same
    things, then the pass-ons."""
    pilot, party = asking.pilot, asking.party
    others = await _portions_of_others(session, traced)
    whole = traced.declarations - set(others.values())
    refs = texts(traced.portions | traced.trades | whole)
    naming = await _links(session, pilot, TraceLink.event_id.in_(select(events_naming(refs))))
    keys = {link.key for link in naming} | traced.heard
    links = {link.event_id: link for link in await _links(session, pilot, TraceLink.key.in_(keys))}
    foreign = set() if party is None else await _portions_beside(session, traced, links.values())
    shared = {link.key for link in links.values() if foreign & set(link.refs)}
    steps = {link.event_id: _step(link, amounts=link.key not in shared) for link in links.values()}
    passed_on = await _pass_ons(session, pilot, traced, naming, party)
    return {link.event_id: _step(link) for link in passed_on} | steps


async def _links(session: AsyncSession, pilot: str, condition: ColumnElement[bool]) -> list[TraceLink]:
    return list((await session.execute(select(TraceLink).where(TraceLink.pilot == pilot, condition))).scalars())


def _step(link: TraceLink, *, amounts: bool = True) -> Step:
    shown = link.shown if amounts else Shown.model_validate(link.shown.model_dump(include=_NO_AMOUNTS))
    return _step_of(link, shown)


def _step_of(row: Any, shown: Shown) -> Step:
    """The step of an event that we said or heard."""
    return Step(row.at, row.type, row.key, row.sequence, told_actor(row.actor), row.delegation_id, shown)


async def _pass_ons(
    session: AsyncSession, pilot: str, traced: Traced, naming: Sequence[TraceLink], party: UUID | None
) -> list[TraceLink]:
    """What collectors passed on to the owners of traced goods, in a currency and since they were collected in it.

    A pass-on settles what is owed between two parties and names no goods, so only these two and authorities see it.
    """
    matched = [link for link in naming if link.type == MATCHED]
    if not matched:
        return []
    since, currencies = min(link.at for link in matched), {link.shown.currency for link in matched}
    collector = TradeRow.state["collector_id"].astext
    query = select(collector, TradeRow.owner_id).where(TradeRow.id.in_(traced.trades)).distinct()
    found = []
    for agent, principal in await session.execute(query):
        if agent != str(principal) and (party is None or str(party) in (agent, str(principal))):
            between = TraceLink.event_id.in_(select(events_naming_all([agent, str(principal)])))
            found += await _links(session, pilot, and_(TraceLink.type == PASSED_ON, between, TraceLink.at >= since))
    return [link for link in found if link.shown.currency in currencies]


# What an event also shows to a party whose goods are only a part of what it is about (V65).
_NO_AMOUNTS = {"status", "month", "outcome", "customs_number", "role", "filing_number", "kind"}


async def _portions_of_others(session: AsyncSession, traced: Traced) -> dict[UUID, UUID]:
    """Portions that share a traced declaration without being traced, with their declaration."""
    query = select(PortionRow.id, PortionRow.declaration_id).where(
        PortionRow.declaration_id.in_(traced.declarations), PortionRow.id.not_in(traced.portions)
    )
    return {portion: declaration for portion, declaration in await session.execute(query)}


async def _portions_beside(session: AsyncSession, traced: Traced, links: Iterable[TraceLink]) -> set[str]:
    """Portions that the events name beside the traced ones, of whatever declaration."""
    named = {each for link in links for each in map(as_uuid, link.refs) if each is not None}
    query = select(PortionRow.id).where(PortionRow.id.in_(named - traced.portions))
    return set(texts(await ids_of(session, query)))


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
        "seal_number",
        "replaces",
    )
    return Shown.model_validate({name: state[name] for name in names if state.get(name) is not None})
