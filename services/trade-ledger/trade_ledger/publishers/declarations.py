"""A declaration's rows become its public state and its event."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import DeclarationEvent, DeclarationState, DeclarationSubmitted
from shared.messaging.outbox import announce
from trade_ledger.store.declarations import conflicts_of, portions_of
from trade_ledger.store.tables.declarations import ConflictRow, DeclarationRow

# What release, departure and cases add to a declaration of 2,000 portions: customs' word must never be too long.
_GROWS_BY = 256 * 1024


def conflict_json(row: ConflictRow) -> dict[str, Any]:
    """An open case as the declaration's state carries it."""
    return {
        "conflict_id": row.id,
        "code": row.code,
        "opened_at": row.opened_at,
        "detail": row.detail,
        "must_act": row.must_act,
    }


async def declaration_state(session: AsyncSession, row: DeclarationRow) -> DeclarationState:
    """The public state of a declaration with all its portions and open cases."""
    conflicts = [conflict_json(each) for each in await conflicts_of(session, row.id) if each.closed_at is None]
    portions = [each.content for each in await portions_of(session, row.id)]
    names = ("pilot", "number", "version", "status", "attempt", "consignor_id", "declarant_id", "customs_number",
             "export_date")  # fmt: skip
    return DeclarationState.model_validate(
        {
            **row.content,
            "declaration_id": row.id,
            **{name: getattr(row, name) for name in names},
            "portions": portions,
            "open_conflicts": conflicts,
        }
    )


async def announce_declaration(
    session: AsyncSession,
    row: DeclarationRow,
    event: type[DeclarationEvent],
    *,
    act: Act,
    receipt_id: str = "",
    reason: str = "",
) -> None:
    """One version more, told; the caller holds the declaration's lock."""
    row.version += 1
    await session.flush()
    said = event(declaration=await declaration_state(session, row), receipt_id=receipt_id, reason=reason)
    spare = _GROWS_BY if event is DeclarationSubmitted else 0
    await announce(session, said, key=row.id, sequence=row.version, act=act, spare=spare)
