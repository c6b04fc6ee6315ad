"""Certificates of agency export: the operator applies, tax issues, either voids (R-TAX-5, V52)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.tax_exemption import CertificateApplied, CertificateIssued, CertificateVoided
from shared.rows import lock_name, next_number, row_to_change
from shared.vocabulary.errors import Conflict, Hidden, NotFound, Refused
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach
from tax_exemption.publishers.returns import announce_certificate
from tax_exemption.store.pilots import prefix_of
from tax_exemption.store.tables import CertificateRow, PrincipalRelease


async def apply_for_certificate(
    session: AsyncSession, declaration_id: UUID, principal_id: UUID, *, operator_id: UUID, act: Act
) -> CertificateRow:
    """The application over everything released for the principal in the declaration."""
    key = (declaration_id, principal_id)
    # Locked: neither a second application nor a change of the declaration goes by meanwhile.
    release = await session.get(PrincipalRelease, key, with_for_update=True, populate_existing=True)
    if release is None or release.pilot != act.pilot:
        raise NotFound("nothing was released for this principal in this declaration")
    if operator_id != release.consignor_id:
        raise Hidden("the declaration is another operator's")
    live = select(CertificateRow.number).where(
        CertificateRow.declaration_id == declaration_id,
        CertificateRow.principal_id == principal_id,
        CertificateRow.status != "void",
    )
    number = await session.scalar(live)
    if number is not None:
        raise Refused((Breach("certificate_applied_already", "R-TAX-5", "", {"certificate": number}),))
    prefix, serial = await prefix_of(session, act.pilot), await next_number(session, "certificate")
    row = CertificateRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(prefix, "CE", serial),
        version=0,
        operator_id=release.consignor_id,
        principal_id=principal_id,
        declaration_id=declaration_id,
        customs_number=release.customs_number,
        export_date=release.export_date,
        status="applied",
        value=release.value,
        currency=release.currency,
        portion_ids=release.portion_ids,
        issued_number=None,
        issued_at=None,
        voided_at=None,
    )
    session.add(row)
    await announce_certificate(session, row, CertificateApplied, act=act)
    return row


async def _certificate(session: AsyncSession, certificate_id: UUID, version: int, act: Act) -> CertificateRow:
    return await row_to_change(
        session, CertificateRow, certificate_id, pilot=act.pilot, version=version, what="certificate"
    )


async def issue_certificate(
    session: AsyncSession, certificate_id: UUID, *, issued_number: str, version: int, act: Act
) -> CertificateRow:
    """The issued certificate with tax's own number, used once."""
    row = await _certificate(session, certificate_id, version, act)
    if row.status != "applied":
        raise Conflict("certificate_not_applied", f"the certificate is {row.status}")
    await lock_name(session, issued_number)
    used = select(CertificateRow.number).where(CertificateRow.issued_number == issued_number)
    number = await session.scalar(used)
    if number is not None:
        raise Refused((Breach("issued_number_used", "R-TAX-5", "/issued_number", {"certificate": number}),))
    release = await session.get(PrincipalRelease, (row.declaration_id, row.principal_id))
    if release is not None:
        # Applied for at release, the goods may have left since.
        row.customs_number, row.export_date = release.customs_number, release.export_date
    row.status, row.issued_number, row.issued_at = "issued", issued_number, act.now
    await announce_certificate(session, row, CertificateIssued, act=act)
    return row


async def void_certificate(
    session: AsyncSession, certificate_id: UUID, *, reason: str, version: int, act: Act
) -> CertificateRow:
    """The void certificate; another may be applied for."""
    row = await _certificate(session, certificate_id, version, act)
    if row.status == "void":
        raise Conflict("certificate_void_already", "the certificate is void")
    await _void(session, row, reason, act)
    return row


async def void_outdated_certificates(session: AsyncSession, declaration_id: UUID, *, act: Act) -> None:
    """Void what no longer says the released value of its principal; another may be applied for (V52)."""
    live = select(CertificateRow).where(
        CertificateRow.declaration_id == declaration_id, CertificateRow.status != "void"
    )
    rows = (await session.execute(live.order_by(CertificateRow.id).with_for_update())).scalars().all()
    for row in rows:
        release = await session.get(PrincipalRelease, (declaration_id, row.principal_id), populate_existing=True)
        if release is None or (release.value, release.currency) != (row.value, row.currency):
            await _void(session, row, "the declaration has another value for this principal", act)


async def _void(session: AsyncSession, row: CertificateRow, reason: str, act: Act) -> None:
    row.status, row.voided_at = "void", act.now
    await announce_certificate(session, row, CertificateVoided, act=act, reason=reason)
