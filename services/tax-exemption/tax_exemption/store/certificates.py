"""Questions about certificates of agency export, and the releases they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.tax_exemption import CERTIFICATES
from shared.rows import announced_since, lock_name, narrowed
from shared.scope import Scope, subject_of, within
from tax_exemption.store.tables import CertificateRow, PrincipalRelease, messaging


def certificates_seen_by(scope: Scope) -> Select[CertificateRow]:
    """The certificates a caller may see: as operator or principal; all of the pilot where it is no party."""
    row = CertificateRow
    return within(
        select(row), row, scope, subject=lambda party: or_(row.operator_id == party, row.principal_id == party)
    )


def certificates_like(
    query: Select[CertificateRow], *, updated_since: datetime | None, **columns: Any
) -> Select[CertificateRow]:
    """Those of a query's certificates that are asked for."""
    query = narrowed(query, CertificateRow, columns)
    return announced_since(query, messaging.outbox, CERTIFICATES.name, CertificateRow.id, updated_since)


async def release_for_update(
    session: AsyncSession, declaration_id: UUID, principal_id: UUID
) -> PrincipalRelease | None:
    """What was released for a principal, locked: neither an application nor a change of it goes by meanwhile."""
    key = (declaration_id, principal_id)
    return await session.get(PrincipalRelease, key, with_for_update=True, populate_existing=True)


async def declaration_released_as(
    session: AsyncSession, scope: Scope, customs_number: str, principal_id: UUID
) -> UUID | None:
    """The caller's declaration under which something was released for a principal, by customs' number."""
    table = PrincipalRelease
    query = select(table.declaration_id).where(
        table.customs_number == customs_number,
        table.principal_id == principal_id,
        table.pilot == scope.pilot,
        table.consignor_id == subject_of(scope),
    )
    found: UUID | None = await session.scalar(query.order_by(table.declaration_id.desc()).limit(1))
    return found


async def release_of(session: AsyncSession, row: CertificateRow) -> PrincipalRelease | None:
    """What is released now for a certificate's principal."""
    return await session.get(PrincipalRelease, (row.declaration_id, row.principal_id), populate_existing=True)


async def live_number(session: AsyncSession, declaration_id: UUID, principal_id: UUID) -> str | None:
    """The number of the certificate that isn't void for a declaration and principal."""
    table = CertificateRow
    query = select(table.number).where(
        table.declaration_id == declaration_id, table.principal_id == principal_id, table.status != "void"
    )
    number: str | None = await session.scalar(query)
    return number


async def number_issued_as(session: AsyncSession, issued_number: str) -> str | None:
    """The number of the certificate on which tax's own number stands; of two who ask at once the second waits."""
    await lock_name(session, issued_number)
    query = select(CertificateRow.number).where(CertificateRow.issued_number == issued_number)
    number: str | None = await session.scalar(query)
    return number


async def live_certificates(session: AsyncSession, declaration_ids: Iterable[UUID]) -> Sequence[CertificateRow]:
    """The certificates of some declarations that aren't void, locked until commit."""
    table = CertificateRow
    query = select(table).where(table.declaration_id.in_(set(declaration_ids)), table.status != "void")
    return (await session.execute(query.order_by(table.id).with_for_update())).scalars().all()
