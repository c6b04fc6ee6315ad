"""Questions about agency agreements."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import AgreementRow, SubjectRow, messaging
from shared.act import Act
from shared.events.registry import AGREEMENTS
from shared.rows import announced_since, narrowed, row_to_change
from shared.scope import Scope, within


class AgencyTerms(Protocol):
    """What an agreement says, proposed or stored."""

    @property
    def kind(self) -> str: ...
    @property
    def principal_id(self) -> UUID: ...
    @property
    def agent_id(self) -> UUID: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date: ...
    @property
    def collector(self) -> str | None: ...
    @property
    def exemption_filer(self) -> str | None: ...


async def agreement_to_change(
    session: AsyncSession, agreement_id: UUID, kind: str, *, version: int, act: Act
) -> AgreementRow:
    """The agreement, locked, at the version the caller saw, if it is a party to it."""

    def own(row: AgreementRow) -> bool:
        return act.subject_id in (str(row.principal_id), str(row.agent_id))

    of_kind = AgreementRow.kind == kind
    return await row_to_change(
        session, AgreementRow, agreement_id, of_kind, pilot=act.pilot, version=version, what="agreement", own=own
    )


def agreements_seen_by(scope: Scope, kind: str | None = None) -> Select[AgreementRow]:
    """The agreements that a caller is party to, or all; of both kinds, or of one."""
    row = AgreementRow
    owned = select(SubjectRow.id).where(SubjectRow.pilot == scope.pilot, SubjectRow.account == scope.account)
    query = within(
        select(row),
        row,
        scope,
        subject=lambda party: or_(row.principal_id == party, row.agent_id == party),
        newcomer=or_(row.principal_id.in_(owned), row.agent_id.in_(owned)),
    )
    return narrowed(query, row, {"kind": kind})


def agreements_like(
    query: Select[AgreementRow], *, party: UUID | None = None, updated_since: datetime | None = None, **columns: Any
) -> Select[AgreementRow]:
    """Of these agreements, those with that party and what else is asked for."""
    query = narrowed(query, AgreementRow, columns)
    if party is not None:
        query = query.where(or_(AgreementRow.principal_id == party, AgreementRow.agent_id == party))
    return announced_since(query, messaging.outbox, AGREEMENTS.name, AgreementRow.id, updated_since)


async def agreements_of(session: AsyncSession, scope: Scope, subject_id: UUID) -> list[AgreementRow]:
    """Every agreement of both kinds of a subject that the caller may see, oldest first."""
    query = agreements_like(agreements_seen_by(scope), party=subject_id)
    return list((await session.execute(query.order_by(AgreementRow.id))).scalars())
