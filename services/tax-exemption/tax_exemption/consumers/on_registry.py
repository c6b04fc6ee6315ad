"""Keep copies of stall holders, operators and the pilot's acceptance gate."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.base import Received
from shared.events.registry import PilotChanged, SubjectEvent
from tax_exemption.store.tables import PilotCopy, Row, SubjectCopy


async def put(session: AsyncSession, table: type[Row], row: dict[str, Any]) -> None:
    """Insert or replace by primary key."""
    statement = insert(table).values(row)
    keys = [column.name for column in table.__table__.primary_key]
    await session.execute(statement.on_conflict_do_update(index_elements=keys, set_=row))


async def put_all(session: AsyncSession, table: type[Row], rows: list[dict[str, Any]]) -> None:
    """Insert or replace many by primary key, in one batch."""
    if not rows:
        return
    statement = insert(cast(Table, table.__table__))
    keys = [column.name for column in table.__table__.primary_key]
    newest = {name: statement.excluded[name] for name in rows[0]}
    await session.execute(statement.on_conflict_do_update(index_elements=keys, set_=newest), rows)


async def copy_subject(session: AsyncSession, received: Received[SubjectEvent]) -> None:
    """Who owns exemptions and who files for whom."""
    state = received.event.subject
    await put(
        session,
        SubjectCopy,
        {
            "subject_id": state.subject_id,
            "pilot": state.pilot,
            "display_name": state.display_name,
            "roles": [role.model_dump(mode="json") for role in state.roles],
            "qualifications": [each.model_dump(mode="json", exclude={"account"}) for each in state.qualifications],
            "sequence": received.sequence,
        },
    )


async def copy_pilot(session: AsyncSession, received: Received[PilotChanged]) -> None:
    """Since when returns are filed through this system."""
    event = received.event
    row = {"pilot": event.pilot, "acceptance_gate_open_from": event.acceptance_gate_open_from}
    await put(session, PilotCopy, row)
