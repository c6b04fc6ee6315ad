"""The operator applies for a certificate of agency export (R-TAX-5)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.tax_exemption import CertificateApplied
from shared.rows import next_number
from shared.vocabulary.errors import Hidden, NotFound, Refused
from shared.vocabulary.numbers import human_number
from tax_exemption.domain.certificate import breaches_of_application
from tax_exemption.publishers.certificates import announce_certificate
from tax_exemption.store.certificates import live_number, release_for_update
from tax_exemption.store.pilots import prefix_of
from tax_exemption.store.tables import CertificateRow


async def apply_for_certificate(
    session: AsyncSession, declaration_id: UUID, principal_id: UUID, *, operator_id: UUID, act: Act
) -> CertificateRow:
    """The application over everything released for the principal in the declaration."""
    release = await release_for_update(session, declaration_id, principal_id)
    if release is None or release.pilot != act.pilot:
        raise NotFound("nothing was released for this principal in this declaration")
    if operator_id != release.consignor_id:
        raise Hidden("the declaration is another operator's")
    live = await live_number(session, declaration_id, principal_id)
    if breaches := breaches_of_application(live, frozen=release.frozen):
        raise Refused(breaches)
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
