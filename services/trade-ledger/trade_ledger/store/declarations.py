"""Declarations and their portions: who may see and change them, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import DECLARATIONS
from shared.row_sets import change_all
from shared.rows import announced_since, any_of, narrowed, of_month, row_to_change
from shared.scope import Scope, within
from trade_ledger.domain.dates import LoadTimes
from trade_ledger.domain.days import PortionDays
from trade_ledger.domain.portions import Submitted, numbers_of
from trade_ledger.domain.receipts import INACTIVE, PortionState
from trade_ledger.domain.submission import ListFacts
from trade_ledger.domain.valuation import slip_value_kept
from trade_ledger.store.documents import Moved, PortionContent
from trade_ledger.store.tables.declarations import DeclarationRow, PortionRow
from trade_ledger.store.tables.packing import LoadRow, PackedLineRow, PackingListRow
from trade_ledger.store.tables.row import messaging


async def own_declaration(session: AsyncSession, declaration_id: UUID, version: int | None, act: Act) -> DeclarationRow:
    """The locked declaration at the version the caller saw, if it is its consignor or declarant."""

    def own(row: DeclarationRow) -> bool:
        return act.subject_id in {str(row.consignor_id), str(row.declarant_id)}

    return await row_to_change(
        session, DeclarationRow, declaration_id, pilot=act.pilot, version=version, what="declaration", own=own
    )


async def declaration_for_update(session: AsyncSession, declaration_id: UUID) -> DeclarationRow | None:
    """The declaration, locked until commit."""
    return await session.get(DeclarationRow, declaration_id, with_for_update=True, populate_existing=True)


def declarations_seen_by(scope: Scope) -> Select[DeclarationRow]:
    """The declarations a caller may see: all, or those it consigns or submits."""
    row = DeclarationRow
    return within(
        select(row), row, scope, subject=lambda party: or_(row.consignor_id == party, row.declarant_id == party)
    )


def declarations_like(
    query: Select[DeclarationRow], *, month: str | None, updated_since: datetime | None, **columns: Any
) -> Select[DeclarationRow]:
    """Those of a query's declarations that are asked for."""
    query = of_month(narrowed(query, DeclarationRow, columns), DeclarationRow.export_date, month)
    return announced_since(query, messaging.outbox, DECLARATIONS.name, DeclarationRow.id, updated_since)


async def portions_of(session: AsyncSession, declaration_id: UUID) -> list[PortionRow]:
    """A declaration's portions in the order of their ids."""
    query = select(PortionRow).where(PortionRow.declaration_id == declaration_id).order_by(PortionRow.id)
    return list((await session.execute(query)).scalars())


async def put_portions(session: AsyncSession, row: DeclarationRow, portions: Sequence[PortionRow]) -> None:
    """The portions of a new attempt, in place of the last one's; the totals are theirs."""
    await session.execute(delete(PortionRow).where(PortionRow.declaration_id == row.id))
    session.add_all(portions)
    keep_totals(row, portions)


def submitted_of(row: PortionRow) -> Submitted:
    """What a portion declared when it was submitted, as the rules look at it."""
    return Submitted(**dict(row.content.submitted), currency=row.declared_currency, slip_currency=row.slip_currency)


async def keep_portions(
    session: AsyncSession, now: Iterable[tuple[PortionRow, PortionState, PortionDays]]
) -> set[UUID]:
    """Keep the portions as customs' receipts have them, with their numbers; the ids of those that changed."""
    changes = []
    for row, state, days in now:
        numbers = numbers_of(submitted_of(row), state)
        new = {each.name: getattr(numbers, each.name) for each in fields(numbers)}
        new["content"] = _content(row.content, state, days)
        changes.append((row, {name: value for name, value in new.items() if getattr(row, name) != value}))
    changed = [(row, new) for row, new in changes if new]
    await change_all(session, changed)
    return {row.id for row, _ in changed}


def _content(content: PortionContent, now: PortionState, days: PortionDays) -> PortionContent:
    """With the code that customs gave it, and the days on which its parts left and came back."""
    facts = {
        "hs_code": now.hs_code or content.hs_code,
        "departures": tuple(Moved(on=day, quantity=quantity) for day, quantity in days.departures),
        "returns": tuple(Moved(on=day, quantity=quantity) for day, quantity in days.returns),
        "amended_on": days.amended_on,
    }
    if all(getattr(content, name) == value for name, value in facts.items()):
        return content
    return content.model_copy(update=facts)


def keep_totals(row: DeclarationRow, portions: Iterable[PortionRow]) -> None:
    """The declaration with the totals of its portions."""
    held = list(portions)
    row.total_value = sum((each.declared_value for each in held), Decimal(0))
    row.total_fob = sum((each.fob_value for each in held), Decimal(0))
    row.total_fob_usd = sum((each.fob_usd for each in held), Decimal(0))


async def customs_number_holder(
    session: AsyncSession, pilot: str, customs_number: str, *, but_not: UUID
) -> DeclarationRow | None:
    """Another declaration of the pilot with the same customs number (V34, V69)."""
    row = DeclarationRow
    query = select(row).where(row.pilot == pilot, row.customs_number == customs_number, row.id != but_not)
    query = query.order_by(row.id)
    return (await session.execute(query.limit(1))).scalar_one_or_none()


async def deleted_before(session: AsyncSession, row: DeclarationRow, line_ids: Iterable[UUID]) -> UUID | None:
    """The newest declaration of the consignor with some of these lines that customs deleted."""
    query = (
        select(DeclarationRow.id)
        .join(PortionRow, PortionRow.declaration_id == DeclarationRow.id)
        .where(
            PortionRow.line_id == any_of(line_ids),
            DeclarationRow.status == "deleted",
            DeclarationRow.consignor_id == row.consignor_id,
            DeclarationRow.id != row.id,
        )
    )
    return (await session.execute(query.order_by(DeclarationRow.id.desc()).limit(1))).scalar_one_or_none()


async def hold_packing_lists(session: AsyncSession, row: DeclarationRow, *, held: bool) -> None:
    """Keep the declaration's packing lists for it, or give them back to be declared elsewhere."""
    for each in await packing_lists_for_update(session, row.content.entered.packing_list_ids):
        if held and each.declaration_id is None:
            each.declaration_id = row.id
        elif not held and each.declaration_id == row.id:
            each.declaration_id = None


async def keep_shut_out(session: AsyncSession, row: DeclarationRow, portions: Iterable[PortionRow]) -> None:
    """What was shut out of a deleted declaration is no longer in its lists: it went back to the lines already (V31)."""
    shut_out = {each.line_id: each.shut_out_quantity for each in portions if each.shut_out_quantity}
    await session.flush()
    lists = select(PackingListRow.id).where(
        PackingListRow.id.in_(row.content.entered.packing_list_ids), PackingListRow.declaration_id.is_(None)
    )
    packed = select(PackedLineRow).where(PackedLineRow.packing_list_id.in_(lists), PackedLineRow.line_id.in_(shut_out))
    for each in (await session.execute(packed.order_by(PackedLineRow.id))).scalars() if shut_out else ():
        each.shut_out = min(each.quantity, shut_out[each.line_id])
        shut_out[each.line_id] -= each.shut_out


def list_facts(each: PackingListRow, declaration_id: UUID | None, vehicles: set[UUID]) -> ListFacts:
    """What the rules ask of a packing list, as seen by its declaration."""
    return ListFacts(
        each.number,
        each.status,
        each.destination,
        by_vehicle=each.load_id in vehicles,
        free=each.declaration_id in (None, declaration_id),
    )


async def times_of_loads(session: AsyncSession, row: DeclarationRow, *, locked: bool) -> list[LoadTimes]:
    """When each of the declaration's loads was sealed and arrived; `locked` until commit, after lists and counters."""
    load_ids = sorted(row.content.assessed.load_ids) if row.content.assessed else []
    query = select(LoadRow).where(LoadRow.id.in_(load_ids)).order_by(LoadRow.id)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    loads = (await session.execute(query)).scalars()
    return [LoadTimes(load.number, load.sealed_at, load.arrived_at) for load in loads]


async def packing_lists_for_update(session: AsyncSession, ids: Iterable[UUID]) -> list[PackingListRow]:
    """Several packing lists, locked in the order of their ids."""
    query = select(PackingListRow).where(PackingListRow.id.in_(set(ids))).order_by(PackingListRow.id)
    return list((await session.execute(query.with_for_update().execution_options(populate_existing=True))).scalars())


async def slip_values_declared(session: AsyncSession, line_ids: Iterable[UUID], but_not: UUID) -> dict[UUID, Decimal]:
    """What other live declarations took of some lines' amounts; what was shut out of them went back."""
    row = PortionRow
    query = (
        select(row.line_id, row.slip_value, row.quantity, row.shut_out_quantity, row.slip_currency)
        .join(DeclarationRow, DeclarationRow.id == row.declaration_id)
        .where(row.line_id == any_of(line_ids), row.declaration_id != but_not, DeclarationRow.status.not_in(INACTIVE))
    )
    taken: dict[UUID, Decimal] = {}
    for line_id, value, quantity, shut_out, currency in await session.execute(query):
        taken[line_id] = taken.get(line_id, Decimal(0)) + slip_value_kept(value, quantity, shut_out, currency)
    return taken
