"""Returns become their events."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.tax_exemption import ReturnEvent, ReturnLine, ReturnState
from shared.messaging.outbox import announce
from shared.rows import model_from
from tax_exemption.store.returns import lines_of
from tax_exemption.store.tables import ReturnLineRow, ReturnRow


def _line(row: ReturnLineRow) -> ReturnLine:
    return model_from(ReturnLine, row, item_id=row.portion_id)


async def return_state(session: AsyncSession, row: ReturnRow) -> ReturnState:
    """The public state of a return with its lines."""
    lines = [_line(each) for each in await lines_of(session, row.id)]
    return model_from(ReturnState, row, return_id=row.id, lines=lines)


async def announce_return(
    session: AsyncSession, row: ReturnRow, event: type[ReturnEvent], *, act: Act, reason: str = ""
) -> ReturnState:
    """Raise the version and announce it; the caller holds the return's lock."""
    row.version += 1
    await session.flush()
    state = await return_state(session, row)
    said = event(exemption_return=state, reason=reason)
    await announce(session, said, key=row.id, sequence=row.version, act=act)
    return state
