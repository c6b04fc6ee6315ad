"""Delegations as registry told them, and what was done under them here (V65)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.http.delegation_tables import DelegatedActColumns, DelegationColumns
from shared.http.identity import Caller
from shared.rows import narrowed
from shared.scope import Scope, within
from shared.vocabulary.delegation import breaches_of_value, lets, may_act_for_another
from shared.vocabulary.errors import DelegateNotInForce, Forbidden, Refused


class Delegations:
    """What a service knows of delegations and of who acts under them, from its own copies.

    `acts` are its operations that may be done under a delegation, each with its act. A service in which others only
    read keeps neither what was `done` nor what `uses` of a limit there are.
    """

    def __init__(
        self,
        acts: Mapping[str, str],
        *,
        delegations: type[DelegationColumns],
        subjects: Any,
        done: Any = None,
        uses: Any = None,
    ) -> None:
        self.acts = acts
        self.delegation = delegations
        self._subject = subjects
        self.done = done
        self.use = uses

    async def find(
        self, session: AsyncSession, caller: Caller, told_as: str, grantor_id: UUID, act: str, today: date
    ) -> DelegationColumns | None:
        """The newest delegation in force by which a caller may do an act for a party.

        DelegateNotInForce where there is one, and the caller isn't any more who may act under it.
        """
        row = self.delegation
        query = select(row).where(
            row.pilot == caller.pilot, row.grantor_id == grantor_id, self._delegate(caller.subject_id, told_as)
        )
        newest_first = (await session.execute(query.order_by(row.delegation_id.desc()))).scalars()
        found = [
            each
            for each in newest_first
            if lets(each.status, each.acts, each.valid_from, each.valid_to, act=act, today=today)
        ]
        for each in found:
            if await self._may_act(session, caller, each.role, locked=False):
                return each
        if found:
            raise DelegateNotInForce(caller.role)
        return None

    async def hold(self, session: AsyncSession, caller: Caller, delegation_id: UUID, today: date) -> None:
        """Until the transaction ends, nobody ends the delegation here, and the delegate stays what it is.

        Forbidden where the delegation has ended, DelegateNotInForce where the caller may not act under it any more.
        """
        row = self.delegation
        query = select(row).where(row.delegation_id == delegation_id).with_for_update(read=True)
        held = (await session.execute(query)).scalar_one()
        if not any(lets(held.status, held.acts, held.valid_from, held.valid_to, act=a, today=today) for a in held.acts):
            raise Forbidden("the delegation has ended")
        if not await self._may_act(session, caller, held.role, locked=True):
            raise DelegateNotInForce(caller.role)

    async def _may_act(self, session: AsyncSession, caller: Caller, role: str, *, locked: bool) -> bool:
        """Whether the caller's party may act for another one; a clerk's token, which names none, has the role."""
        if caller.subject_id is None:
            return caller.role == role
        row = self._subject
        query = select(row.roles).where(row.subject_id == caller.subject_id, row.pilot == caller.pilot)
        filings = await session.scalar(query.with_for_update(read=True) if locked else query)
        return may_act_for_another(caller.role, filings or ())

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
            self.done(
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

    def acts_seen_by(self, scope: Scope, told_as: str, *, delegation_id: UUID | None) -> Select[DelegatedActColumns]:
        """The acts under delegations that a caller's party gave or has, or that name its account; or all."""
        row, delegation = self.done, self.delegation

        def under(side: ColumnElement[bool]) -> ColumnElement[bool]:
            condition: ColumnElement[bool] = row.delegation_id.in_(select(delegation.delegation_id).where(side))
            return condition

        def own(party: UUID) -> ColumnElement[bool]:
            return under(or_(self._delegate(party, told_as), delegation.grantor_id == party))

        query = within(select(row), row, scope, subject=own, newcomer=under(self._delegate(None, told_as)))
        return narrowed(query, row, {"delegation_id": delegation_id})

    def _delegate(self, caller_id: UUID | None, told_as: str) -> ColumnElement[bool]:
        named = self.delegation.account == told_as
        return named if caller_id is None else or_(named, self.delegation.delegate_id == caller_id)


async def count_value(
    session: AsyncSession,
    known: Delegations,
    delegation_id: UUID,
    value: Decimal | None,
    *,
    rate_at: str,
    value_at: str,
    act: Act,
) -> Decimal:
    """A value in USD, counted against the delegation's limit; Refused where that much isn't left, or it isn't known.

    `rate_at` and `value_at` point to the fields that a refusal names.
    Of two who take the last of it, the second sees what the first took.
    """
    uses, row = known.use, known.delegation
    first = insert(uses).values(delegation_id=delegation_id, pilot=act.pilot, used_usd=Decimal(0))
    await session.execute(first.on_conflict_do_nothing())
    query = select(uses).where(uses.delegation_id == delegation_id).with_for_update()
    use = (await session.execute(query.execution_options(populate_existing=True))).scalar_one()
    limit = await session.scalar(select(row.limit_usd).where(row.delegation_id == delegation_id))
    breaches = breaches_of_value(value, use.used_usd, limit or Decimal(0), rate_at=rate_at, value_at=value_at)
    if breaches or value is None:
        raise Refused(breaches)
    use.used_usd += value
    return value
