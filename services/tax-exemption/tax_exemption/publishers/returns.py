"""Returns become their events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.tax_exemption import ReturnEvent, ReturnLine, ReturnState
from shared.messaging.outbox import announce
from shared.rows import model_from
from tax_exemption.store.returns import lines_of
from tax_exemption.store.tables import ReturnRow


def _line(columns: Mapping[Any, Any]) -> ReturnLine:
    return ReturnLine.model_validate({**columns, "item_id": columns["portion_id"]})


async def return_state(
    session: AsyncSession, row: ReturnRow, lines: Sequence[Mapping[Any, Any]] | None = None
) -> ReturnState:
    """The public state of a return with its lines; who has them spares a look at them."""
    found = await lines_of(session, row.id) if lines is None else lines
    return model_from(ReturnState, row, return_id=row.id, lines=[_line(each) for each in found])


async def announce_return(
    session: AsyncSession,
    row: ReturnRow,
    event: type[ReturnEvent],
    *,
    act: Act,
    reason: str = "",
    lines: Sequence[Mapping[Any, Any]] | None = None,
) -> ReturnState:
    """Raise the version and announce it; the caller holds the return's lock."""
    row.version += 1
    await session.flush()
    state = await return_state(session, row, lines)
    said = event(exemption_return=state, reason=reason)
    await announce(session, said, key=row.id, sequence=row.version, act=act)
    return state
