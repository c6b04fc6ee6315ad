"""Certificates become their events."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.tax_exemption import CertificateEvent, CertificateState
from shared.messaging.outbox import announce
from shared.rows import model_from
from tax_exemption.store.tables import CertificateRow


def certificate_state(row: CertificateRow) -> CertificateState:
    """The public state of a certificate."""
    return model_from(CertificateState, row, certificate_id=row.id)


async def announce_certificate(
    session: AsyncSession, row: CertificateRow, event: type[CertificateEvent], *, act: Act, reason: str = ""
) -> None:
    """Raise the version and announce it; the caller holds the certificate's lock."""
    row.version += 1
    said = event(certificate=certificate_state(row), reason=reason)
    await announce(session, said, key=row.id, sequence=row.version, act=act)
