"""Void certificates whose value no longer holds after a change of their declaration (V52)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.tax_exemption import CertificateVoided
from tax_exemption.domain.certificate import is_outdated
from tax_exemption.publishers.certificates import announce_certificate
from tax_exemption.store.certificates import live_certificates, release_of


async def void_outdated_certificates(session: AsyncSession, changed: Mapping[UUID, Act]) -> None:
    """Void those of the declarations that changed, each by the act that changed it, that no longer state the
    principal's released value; another may be applied for.
    """
    for row in await live_certificates(session, changed):
        release = await release_of(session, row)
        released = None if release is None else (release.value, release.currency)
        if is_outdated((row.value, row.currency), released):
            act = changed[row.declaration_id]
            row.status, row.voided_at = "void", act.now
            reason = "the declaration has another value for this principal"
            await announce_certificate(session, row, CertificateVoided, act=act, reason=reason)
