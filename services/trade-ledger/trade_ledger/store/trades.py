"""Questions about trades and their lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CollectionAggregate,
    ColumnElement,
    Dialect,
    Select,
    Text,
    and_,
    any_,
    cast,
    false,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB, asyncpg, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from shared.act import Act
from shared.events.trade_ledger import TRADES, TradeState
from shared.rows import announced_since, any_in, narrowed, of_month, row_to_change
from shared.scope import Scope, within
from shared.vocabulary.errors import Hidden, NotFound
from trade_ledger.store.tables.copies import AgreementCopy
from trade_ledger.store.tables.declarations import DeclarationRow, PortionRow
from trade_ledger.store.tables.row import messaging
from trade_ledger.store.tables.trades import (
    LineCounterRow,
    TradeDocumentRow,
    TradeLineRow,
    TradeRow,
    TradeVersionRow,
)

_SUBMITTED = frozenset({"submitted", "accepted", "inspected", "released", "departed", "returned"})


async def own_trade(session: AsyncSession, trade_id: UUID, version: int | None, act: Act) -> TradeRow:
    """The locked trade at the version the caller saw, if it is seller's, consignor's or its registrar's."""

    def own(trade: TradeRow) -> bool:
        return act.subject_id in {str(trade.seller_id), str(trade.consignor_id), str(trade.registered_by)}

    return await row_to_change(session, TradeRow, trade_id, pilot=act.pilot, version=version, what="trade", own=own)


async def buyers_completed(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Those of some trades that were registered without a buyer: it was completed later (R-FILE-8)."""
    row = TradeVersionRow
    query = select(row.trade_id).where(
        row.trade_id.in_(set(ids)), row.version == 1, row.state["buyer_id"].astext.is_(None)
    )
    return set((await session.execute(query)).scalars())


def buyer_is_known_to(subject_id: UUID | ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether a stall holder may know a trade's buyer: it exports itself, or the buyer wasn't completed (R-FILE-8)."""
    first = TradeVersionRow
    left_open = select(first.trade_id).where(
        first.trade_id == TradeRow.id, first.version == 1, first.state["buyer_id"].astext.is_(None)
    )
    return or_(TradeRow.consignor_id == subject_id, ~left_open.exists())


async def references_registered(
    session: AsyncSession, pilot: str, registered_by: UUID, references: Iterable[str]
) -> set[str]:
    """Of these slip numbers those that the party registered before."""
    query = select(TradeRow.external_ref).where(
        TradeRow.pilot == pilot, TradeRow.registered_by == registered_by, TradeRow.external_ref.in_(set(references))
    )
    return set((await session.execute(query)).scalars())


async def trades_for_update(session: AsyncSession, ids: Iterable[UUID]) -> list[TradeRow]:
    """Several trades, locked in the order of their ids."""
    query = select(TradeRow).where(TradeRow.id.in_(set(ids))).order_by(TradeRow.id)
    return list((await session.execute(query.with_for_update().execution_options(populate_existing=True))).scalars())


async def trades_numbered(session: AsyncSession, scope: Scope, numbers: Iterable[str]) -> dict[str, TradeRow]:
    """The trades with some numbers; Hidden if a caller doesn't reach one, NotFound if there is none."""
    wanted = set(numbers)
    seen = await session.execute(trades_seen_by(scope).where(TradeRow.number.in_(wanted)))
    found = {row.number: row for row in seen.scalars()}
    if missing := wanted - set(found):
        others = select(TradeRow.number).where(TradeRow.number.in_(missing), TradeRow.pilot == scope.pilot)
        if (number := await session.scalar(others.limit(1))) is not None:
            raise Hidden(f"trade {number} is somebody else's")
        raise NotFound(f"no trade {min(missing)}")
    return found


def _registered_by_others(row: Any, party: UUID | ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether a party registered a trade in which it neither sells nor consigns: few are, and these have an index."""
    return and_(row.registered_by == party, row.registered_by != row.seller_id, row.registered_by != row.consignor_id)


def trades_seen_by(scope: Scope) -> Select[TradeRow]:
    """The trades a caller may see: all, or those it sells, owns, consigns, buys, registered, or buys for as agent."""
    row = TradeRow
    return within(
        select(row),
        row,
        scope,
        subject=lambda party: or_(
            has_part_in(row, party), _bought_by(row, party) if scope.role == "agent" else false()
        ),
    )


def condition_text(condition: ColumnElement[bool]) -> str:
    """A condition on rows of `trades` as a statement that is written as text has it."""
    speaking: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy says no types of it
    query = select(condition.label("it")).select_from(TradeRow)
    written = str(query.compile(dialect=speaking, compile_kwargs={"literal_binds": True}))
    return written.removeprefix("SELECT ").rstrip().removesuffix("FROM trades").rstrip().removesuffix(" AS it")


def has_part_in(row: Any, party: UUID | ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether a party sells, consigns, buys or registered a trade; the owner is seller or consignor (R-TRADE-1)."""
    return or_(
        row.seller_id == party,
        row.consignor_id == party,
        row.buyer_id == party,
        _registered_by_others(row, party),
    )


def buys_for(row: Any, agent: UUID | ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether an agent buys a trade's goods for a principal: that is the buyer, or it isn't said yet (R-TRADE-1)."""
    of_principal = or_(row.buyer_id == _principals_of(agent), row.buyer_id.is_(None))
    return and_(of_principal, row.state["procurement_agency_id"].astext.in_(_agencies_of(agent)))


def _bought_by(row: Any, agent: UUID) -> ColumnElement[bool]:
    """The same of all trades rather than of one: those without a buyer are most, and an index finds the agent's."""
    named = and_(
        row.buyer_id == _principals_of(agent), row.state["procurement_agency_id"].astext.in_(_agencies_of(agent))
    )
    unnamed = select(func.trades_without_buyer_under(func.array(_agencies_of(agent).scalar_subquery())))
    return or_(named, row.id == any_in(unnamed))


def _agencies_of(agent: UUID | ColumnElement[UUID]) -> Select[str]:
    return select(cast(AgreementCopy.agreement_id, Text)).where(_buys_under(agent))


def _principals_of(agent: UUID | ColumnElement[UUID]) -> CollectionAggregate[Any]:
    return any_(func.array(select(AgreementCopy.principal_id).where(_buys_under(agent)).scalar_subquery()))


def _buys_under(agent: UUID | ColumnElement[UUID]) -> ColumnElement[bool]:
    return and_(AgreementCopy.agent_id == agent, AgreementCopy.kind == "procurement_agency")


def trades_with_leg_of(scope: Scope) -> Select[TradeRow]:
    """The trades with a domestic leg that a party sells or registered: it stated who paid whom in them (R-TRADE-6)."""
    row = TradeRow
    query = within(
        select(row),
        row,
        scope,
        subject=lambda party: or_(
            row.seller_id == party,
            and_(row.consignor_id == party, row.registered_by == party),
            _registered_by_others(row, party),
        ),
    )
    return query.where(row.state["domestic_leg"].astext.is_not(None))


async def trade_ids_among(session: AsyncSession, query: Select[TradeRow], ids: Iterable[UUID]) -> set[UUID]:
    """Those of the ids whose trades a query includes."""
    among = query.with_only_columns(TradeRow.id).where(TradeRow.id.in_(set(ids)))
    return set((await session.execute(among)).scalars())


def trades_like(
    query: Select[TradeRow],
    *,
    month: str | None,
    traded_from: date | None,
    traded_to: date | None,
    updated_since: datetime | None,
    **columns: Any,
) -> Select[TradeRow]:
    """Those of a query's trades that are asked for."""
    query = narrowed(query, TradeRow, columns)
    if (owner := columns.get("owner_id")) is not None:
        query = query.where(or_(TradeRow.seller_id == owner, TradeRow.consignor_id == owner))
    query = of_month(query, TradeRow.trade_date, month)
    if traded_from is not None:
        query = query.where(TradeRow.trade_date >= traded_from)
    if traded_to is not None:
        query = query.where(TradeRow.trade_date <= traded_to)
    return announced_since(query, messaging.outbox, TRADES.name, TradeRow.id, updated_since)


def trades_in_short(query: Select[TradeRow]) -> Select[TradeRow]:
    """The same trades without their documents, which are many times as large as the rest."""
    return query.options(defer(TradeRow.state, raiseload=True))


async def lines_by_id(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, TradeLineRow]:
    """The lines of some ids."""
    query = select(TradeLineRow).where(TradeLineRow.id.in_(set(ids)))
    return {row.id: row for row in (await session.execute(query)).scalars()}


async def counters_of(session: AsyncSession, trade_ids: Iterable[UUID]) -> dict[UUID, LineCounterRow]:
    """The counters of trades by line, locked until commit in the order of the lines' ids."""
    query = (
        select(LineCounterRow)
        .join(TradeLineRow, TradeLineRow.id == LineCounterRow.line_id)
        .where(TradeLineRow.trade_id.in_(trade_ids))
        .order_by(LineCounterRow.line_id)
        .with_for_update(of=LineCounterRow)
    )
    rows = (await session.execute(query.execution_options(populate_existing=True))).scalars()
    return {row.line_id: row for row in rows}


async def keep_version(session: AsyncSession, state: TradeState, act: Act, reason: str) -> None:
    """Keep the trade as it is now among its versions (V17, V64)."""
    row = {
        "trade_id": state.trade_id,
        "version": state.version,
        "at": act.now,
        "actor": act.actor,
        "reason": reason,
        "state": state,
    }
    await session.execute(insert(TradeVersionRow), [row])


async def keep_documents(session: AsyncSession, trade: TradeRow, hashes: Sequence[str]) -> None:
    """Remember which original documents the trade names; one that it no longer names stays remembered (V19)."""
    rows = [{"content_hash": each, "trade_id": trade.id, "pilot": trade.pilot} for each in hashes]
    if rows:
        await session.execute(insert(TradeDocumentRow).values(rows).on_conflict_do_nothing())


async def without_originals(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """The trades among some that name no original document; their documents stay in the database."""
    named = func.jsonb_array_length(type_coerce(TradeRow.state, JSONB)["document_hashes"])
    query = select(TradeRow.id).where(TradeRow.id.in_(set(ids)), func.coalesce(named, 0) == 0)
    return set((await session.execute(query)).scalars())


async def is_in_submitted_declaration(session: AsyncSession, trade_id: UUID) -> bool:
    """Whether a declaration that is with customs, or was, holds a part of the trade (R-TRADE-4)."""
    query = (
        select(PortionRow.id)
        .join(DeclarationRow, DeclarationRow.id == PortionRow.declaration_id)
        .where(PortionRow.trade_id == trade_id, DeclarationRow.status.in_(_SUBMITTED))
    )
    return (await session.execute(query.limit(1))).first() is not None


async def version_of_trade(session: AsyncSession, trade_id: UUID, version: int) -> TradeState | None:
    """The trade as it was at a version."""
    row = await session.get(TradeVersionRow, (trade_id, version))
    return None if row is None else row.state
