"""Tax voids a certificate of agency export (V52)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.tax_exemption import CertificateVoided
from shared.rows import row_to_change
from shared.vocabulary.errors import Refused
from tax_exemption.domain.certificate import breaches_of_voiding
from tax_exemption.publishers.certificates import announce_certificate
from tax_exemption.store.tables import CertificateRow


async def void_certificate(
    session: AsyncSession, certificate_id: UUID, *, reason: str, version: int, act: Act
) -> CertificateRow:
    """The void certificate; another may be applied for."""
    row = await row_to_change(
        session, CertificateRow, certificate_id, pilot=act.pilot, version=version, what="certificate"
    )
    if breaches := breaches_of_voiding(row.status):
        raise Refused(breaches)
    row.status, row.voided_at = "void", act.now
    await announce_certificate(session, row, CertificateVoided, act=act, reason=reason)
    return row
