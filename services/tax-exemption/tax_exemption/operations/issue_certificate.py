"""Tax issues a certificate of agency export (R-TAX-5)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.tax_exemption import CertificateIssued
from shared.rows import row_to_change
from shared.vocabulary.errors import Refused
from tax_exemption.domain.certificate import breaches_of_issue
from tax_exemption.publishers.certificates import announce_certificate
from tax_exemption.store.certificates import number_issued_as, release_of
from tax_exemption.store.tables import CertificateRow


async def issue_certificate(
    session: AsyncSession, certificate_id: UUID, *, issued_number: str, version: int, act: Act
) -> CertificateRow:
    """The issued certificate with tax's own number, used once."""
    row = await row_to_change(
        session, CertificateRow, certificate_id, pilot=act.pilot, version=version, what="certificate"
    )
    used_by = await number_issued_as(session, issued_number)
    release = await release_of(session, row)
    frozen = release is not None and release.frozen
    if breaches := breaches_of_issue(row.status, number_used_by=used_by, frozen=frozen):
        raise Refused(breaches)
    if release is not None:
        # Applied for at release, the goods may have left since.
        row.customs_number, row.export_date = release.customs_number, release.export_date
    row.status, row.issued_number, row.issued_at = "issued", issued_number, act.now
    await announce_certificate(session, row, CertificateIssued, act=act)
    return row
