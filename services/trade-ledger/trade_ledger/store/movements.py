"""Move lines' quantities: the counters under their locks, and the moves beside them (V20, V21, R-PACK-2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, func, insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.database import QUANTITY
from trade_ledger.domain.counters import Counters, moved
from trade_ledger.store.tables.trades import LineCounterRow, MovementRow

_COUNTERS = ("void", "packed", "declared", "released", "departed", "returned")
_WRITTEN = text(
    f"UPDATE trade_line_counters AS line SET {', '.join(f'{each} = line.{each} + change.{each}' for each in _COUNTERS)}"
    f" FROM unnest(:line_id, {', '.join(f':{each}' for each in _COUNTERS)}) AS change (line_id, {', '.join(_COUNTERS)})"
    " WHERE line.line_id = change.line_id"
).bindparams(bindparam("line_id", type_=ARRAY(Uuid)), *(bindparam(each, type_=ARRAY(QUANTITY)) for each in _COUNTERS))


@dataclass(frozen=True, slots=True)
class Move:
    """A signed change of one counter of one line."""

    line_id: UUID
    kind: str
    quantity: Decimal


async def move(session: AsyncSession, moves: Sequence[Move], *, reference: str, act: Act) -> list[Move]:
    """Apply the moves; returns those that don't fit (then the caller refuses)."""
    before = await _counters_for_update(session, {each.line_id for each in moves})
    now, unfit = dict(before), []
    for each in moves:
        if not _took(now, each):
            unfit.append(each)
    if not unfit:
        await _write(session, before, now)
        await _keep(session, moves, reference, act)
    return unfit


async def move_what_fits(session: AsyncSession, moves: Sequence[Move], *, reference: str, act: Act) -> set[UUID]:
    """Apply the moves as given, skipping a line from its first that doesn't fit on; returns those lines.

    For facts of an authority, which are recorded whether our counters agree or not (R-DECL-7).
    """
    before = await _counters_for_update(session, {each.line_id for each in moves})
    now, stuck, done = dict(before), set[UUID](), []
    for each in moves:
        if each.line_id in stuck:
            continue
        if _took(now, each):
            done.append(each)
        else:
            stuck.add(each.line_id)
    await _write(session, before, now)
    await _keep(session, done, reference, act)
    return stuck


async def booked_by(
    session: AsyncSession, reference: str, line_ids: Collection[UUID]
) -> dict[tuple[UUID, str], Decimal]:
    """What a reference has moved so far, by line and kind; the lines' counters stay locked until commit."""
    await _counters_for_update(session, line_ids)
    query = (
        select(MovementRow.line_id, MovementRow.kind, func.sum(MovementRow.quantity))
        .where(MovementRow.line_id == any_(_array(line_ids)), MovementRow.reference == reference)
        .group_by(MovementRow.line_id, MovementRow.kind)
    )
    return {(line_id, kind): total for line_id, kind, total in await session.execute(query)}


def _array(line_ids: Collection[UUID]) -> ColumnElement[Sequence[UUID]]:
    return literal(list(line_ids), ARRAY(Uuid))


async def _counters_for_update(session: AsyncSession, line_ids: Collection[UUID]) -> dict[UUID, Counters]:
    """The lines' counters, locked until commit in the order of the lines' ids."""
    columns = [getattr(LineCounterRow, each.name) for each in fields(Counters)]
    query = select(LineCounterRow.line_id, *columns).where(LineCounterRow.line_id == any_(_array(line_ids)))
    found = await session.execute(query.order_by(LineCounterRow.line_id).with_for_update())
    return {line_id: Counters(*quantities) for line_id, *quantities in found}


def _took(now: dict[UUID, Counters], each: Move) -> bool:
    counters = now.get(each.line_id)
    after = None if counters is None else moved(counters, each.kind, each.quantity)
    if after is not None:
        now[each.line_id] = after
    return after is not None


async def _write(session: AsyncSession, before: Mapping[UUID, Counters], now: Mapping[UUID, Counters]) -> None:
    changed = [each for each in before if now[each] != before[each]]
    if not changed:
        return
    by = {name: [getattr(now[each], name) - getattr(before[each], name) for each in changed] for name in _COUNTERS}
    await session.execute(_WRITTEN, {"line_id": changed, **by})


async def _keep(session: AsyncSession, moves: Sequence[Move], reference: str, act: Act) -> None:
    if not moves:
        return
    rows = [
        {
            "line_id": each.line_id,
            "pilot": act.pilot,
            "kind": each.kind,
            "quantity": each.quantity,
            "reference": reference,
            "at": act.now,
            "actor": act.actor,
        }
        for each in moves
    ]
    await session.execute(insert(MovementRow), rows)
