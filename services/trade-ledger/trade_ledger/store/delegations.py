"""Delegations as registry told them, and what was done under them here (V65)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.http.identity import Caller
from shared.rows import narrowed
from shared.scope import Scope, within
from trade_ledger.domain.delegations import lets
from trade_ledger.store.tables.copies import DelegationCopy
from trade_ledger.store.tables.delegations import DelegatedActRow, DelegationUseRow

ACTS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "list_trades",
            "read_trade",
            "read_trade_version",
            "read_handover",
            "read_load",
            "list_packing_lists",
            "read_packing_list",
            "list_declarations",
            "read_declaration",
        ),
        "read",
    ),
    "register_trade": "register_trades",
    **dict.fromkeys(
        (
            "record_handover",
            "open_load",
            "seal_load",
            "open_packing_list",
            "pack_lines",
            "unpack_lines",
            "seal_packing_list",
        ),
        "pack",
    ),
}
"""The operations that may be done under a delegation, each with its act."""


def _delegate(caller_id: UUID | None, told_as: str) -> ColumnElement[bool]:
    named = DelegationCopy.account == told_as
    return named if caller_id is None else or_(named, DelegationCopy.delegate_id == caller_id)


class Delegations:
    """What trade-ledger knows of delegations."""

    acts = ACTS

    async def find(
        self, session: AsyncSession, caller: Caller, told_as: str, grantor_id: UUID, act: str, today: date
    ) -> DelegationCopy | None:
        """The newest delegation in force by which a caller may do an act for a party."""
        row = DelegationCopy
        query = select(row).where(
            row.pilot == caller.pilot, row.grantor_id == grantor_id, _delegate(caller.subject_id, told_as)
        )
        for each in (await session.execute(query.order_by(row.delegation_id.desc()))).scalars():
            if lets(each.status, each.acts, each.valid_from, each.valid_to, act=act, today=today):
                return each
        return None

    async def hold(self, session: AsyncSession, delegation_id: UUID, today: date) -> bool:
        """Whether it is in force still; until the transaction ends, the consumer that ends it waits."""
        row = DelegationCopy
        query = select(row).where(row.delegation_id == delegation_id).with_for_update(read=True)
        held = (await session.execute(query)).scalar_one()
        return any(lets(held.status, held.acts, held.valid_from, held.valid_to, act=a, today=today) for a in held.acts)

    async def note(
        self,
        session: AsyncSession,
        delegation_id: UUID,
        operation: str,
        target: str | None,
        value: Decimal | None,
        act: Act,
    ) -> None:
        """Keep what was done under it."""
        session.add(
            DelegatedActRow(
                id=uuid7(),
                pilot=act.pilot,
                delegation_id=delegation_id,
                operation=operation,
                target=target,
                actor=act.actor,
                done_at=act.now,
                value_usd=value,
            )
        )
        await session.flush()


async def use_to_raise(session: AsyncSession, delegation_id: UUID, pilot: str) -> DelegationUseRow:
    """How much of its limit is used, locked: of two who take the last of it, the second sees what the first took."""
    first = insert(DelegationUseRow).values(delegation_id=delegation_id, pilot=pilot, used_usd=Decimal(0))
    await session.execute(first.on_conflict_do_nothing())
    query = select(DelegationUseRow).where(DelegationUseRow.delegation_id == delegation_id).with_for_update()
    return (await session.execute(query.execution_options(populate_existing=True))).scalar_one()


async def limit_of(session: AsyncSession, delegation_id: UUID) -> Decimal:
    """What may be registered under a delegation in all, in USD."""
    query = select(DelegationCopy.limit_usd).where(DelegationCopy.delegation_id == delegation_id)
    return await session.scalar(query) or Decimal(0)


def delegated_acts(scope: Scope, told_as: str, *, delegation_id: UUID | None) -> Select[DelegatedActRow]:
    """The acts under delegations that a caller's party gave or has, or that name its account; or all."""
    row, delegation = DelegatedActRow, DelegationCopy

    def under(side: ColumnElement[bool]) -> ColumnElement[bool]:
        return row.delegation_id.in_(select(delegation.delegation_id).where(side))

    def own(party: UUID) -> ColumnElement[bool]:
        return under(or_(_delegate(party, told_as), delegation.grantor_id == party))

    query = within(select(row), row, scope, subject=own, newcomer=under(_delegate(None, told_as)))
    return narrowed(query, row, {"delegation_id": delegation_id})
