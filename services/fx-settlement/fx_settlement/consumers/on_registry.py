"""Keep copies of who may collect, of banks and of grades."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.tables import BankCopy, GradeCopy, Row, SubjectCopy
from shared.events.base import Received
from shared.events.registry import BankFiled, GradeChanged, SubjectEvent


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
    """Who may collect, pass on and convert."""
    state = received.event.subject
    await put(
        session,
        SubjectCopy,
        {
            "subject_id": state.subject_id,
            "pilot": state.pilot,
            "natural_person": state.natural_person,
            "display_name": state.display_name,
            "roles": [role.model_dump(mode="json") for role in state.roles],
            "qualifications": [each.model_dump(mode="json", exclude={"account"}) for each in state.qualifications],
            "sequence": received.sequence,
        },
    )


async def copy_bank(session: AsyncSession, received: Received[BankFiled]) -> None:
    """A handling bank."""
    names = {"bank_id", "pilot", "name", "valid_from", "valid_to"}
    await put(session, BankCopy, {name: getattr(received.event, name) for name in names})


async def copy_grade(session: AsyncSession, received: Received[GradeChanged]) -> None:
    """A credit grade, from its date on."""
    names = {"subject_id", "authority", "effective_from", "grade"}
    await put(session, GradeCopy, {name: getattr(received.event, name) for name in names})
