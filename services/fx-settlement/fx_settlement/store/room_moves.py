"""The only way a room's held and matched parts change: counters under their condition, all moves in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, Uuid, cast, column, func, insert, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from fx_settlement.domain.room import Asked, Room, refused_of
from fx_settlement.store.rooms import entitlements_by_id, rooms_by_portion
from fx_settlement.store.tables import EntitlementRow, PortionRoomRow, RoomMoveRow
from shared.act import Act

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Move:
    """By how much a portion's held and matched parts change, and why."""

    room: PortionRoomRow
    reference: str
    held: Decimal = _ZERO
    matched: Decimal = _ZERO
    matched_usd: Decimal = _ZERO

    @property
    def grows(self) -> bool:
        """Whether it asks for room."""
        return self.held > 0 or self.matched > 0


async def move_rooms(session: AsyncSession, moves: Sequence[Move], *, act: Act) -> dict[int, Decimal]:
    """Make all moves in order, or none; if none, returns by index the room left for each that didn't fit (V37, V38).

    The caller holds the locks of the declarations; if anything is answered it gives up its transaction. The rows are
    read anew: what the caller changed of them by itself is flushed before.
    """
    if not moves:
        return {}
    await session.flush()
    grows = any(move.grows for move in moves)
    if grows and (refused := await _refused(session, moves)):
        return refused
    by_declaration = _sums((move.room.declaration_id, move) for move in moves)
    by_portion = _sums((move.room.portion_id, move) for move in moves)
    wholes = await _add(session, EntitlementRow, EntitlementRow.declaration_id, by_declaration, grows=grows)
    rooms = await _add(session, PortionRoomRow, PortionRoomRow.portion_id, by_portion, grows=grows)
    if wholes < len(by_declaration) or rooms < len(by_portion):
        return dict.fromkeys(range(len(moves)), _ZERO)
    written = [
        _row(move.room, held=move.held, matched=move.matched, reference=move.reference, act=act) for move in moves
    ]
    await session.execute(insert(RoomMoveRow), written)
    return {}


async def note_changes(
    session: AsyncSession, changes: Sequence[tuple[PortionRoomRow, Decimal]], *, reference: str, act: Act
) -> None:
    """Record by how much the collectable amount changed."""
    written = [_row(room, collectable=diff, reference=reference, act=act) for room, diff in changes if diff]
    if written:
        await session.execute(insert(RoomMoveRow), written)


async def _refused(session: AsyncSession, moves: Sequence[Move]) -> dict[int, Decimal]:
    wholes = await entitlements_by_id(session, {move.room.declaration_id for move in moves})
    rooms = await rooms_by_portion(session, {move.room.portion_id for move in moves}, moves[0].room.pilot)
    asked = [Asked(move.room.portion_id, move.room.declaration_id, move.held + move.matched) for move in moves]
    return refused_of(
        asked,
        {key: _room_of(row) for key, row in rooms.items()},
        {key: _room_of(row) for key, row in wholes.items()},
    )


def _room_of(row: EntitlementRow | PortionRoomRow) -> Room:
    return Room(row.collectable, row.tolerance, row.held + row.matched, row.frozen)


Sums = dict[UUID, list[Decimal]]


def _sums(moves: Iterable[tuple[UUID, Move]]) -> Sums:
    sums: Sums = defaultdict(lambda: [_ZERO, _ZERO, _ZERO])
    for key, move in moves:
        held, matched, usd = sums[key]
        sums[key] = [held + move.held, matched + move.matched, usd + move.matched_usd]
    return sums


async def _add(
    session: AsyncSession,
    table: type[EntitlementRow] | type[PortionRoomRow],
    key: InstrumentedAttribute[UUID],
    sums: Sums,
    *,
    grows: bool,
) -> int:
    """Add the sums where the counters allow it; how many rows they did."""
    columns: list[ColumnElement[Any]] = [cast(list(sums), ARRAY(Uuid))]
    columns += [cast([row[part] for row in sums.values()], ARRAY(Numeric)) for part in range(3)]
    names = (column("key", Uuid), column("held", Numeric), column("matched", Numeric), column("usd", Numeric))
    added = func.unnest(*columns).table_valued(*names, name="added").render_derived()
    values: dict[str, Any] = {"held": table.held + added.c.held, "matched": table.matched + added.c.matched}
    if table is PortionRoomRow:
        values["matched_usd"] = PortionRoomRow.matched_usd + added.c.usd
    adding = update(table).where(key == added.c.key)
    if grows:
        used = table.held + table.matched + added.c.held + added.c.matched
        adding = adding.where(table.frozen.is_(False), used <= table.collectable + table.tolerance)
    read = adding.values(values).returning(table)
    done = await session.execute(read.execution_options(synchronize_session=False, populate_existing=True))
    return len(done.scalars().all())


def _row(
    room: PortionRoomRow,
    *,
    collectable: Decimal = _ZERO,
    held: Decimal = _ZERO,
    matched: Decimal = _ZERO,
    reference: str,
    act: Act,
) -> dict[str, Any]:
    return {
        "portion_id": room.portion_id,
        "declaration_id": room.declaration_id,
        "pilot": room.pilot,
        "collectable": collectable,
        "held": held,
        "matched": matched,
        "reference": reference,
        "at": act.now,
        "actor": act.actor,
    }
