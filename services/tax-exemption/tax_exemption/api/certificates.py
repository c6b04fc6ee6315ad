"""Certificates of agency export."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from fastapi import Response

from shared.http.access import Scoped
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from shared.scope import subject_of
from shared.vocabulary.errors import NotFound
from tax_exemption.api.filters import WantedCertificates
from tax_exemption.api.schemas import CertificateIn, CertificateOut, IssueIn, ReasonIn
from tax_exemption.operations.apply_for_certificate import apply_for_certificate
from tax_exemption.operations.issue_certificate import issue_certificate
from tax_exemption.operations.void_certificate import void_certificate
from tax_exemption.store.certificates import certificates_like, certificates_seen_by, declaration_released_as
from tax_exemption.store.tables import CertificateRow

router = service_router("tax")


def _certificate(row: CertificateRow) -> CertificateOut:
    return model_from(CertificateOut, row)


@router.post("/v1/certificates", status_code=201, response_model=CertificateOut)
async def apply_for_a_certificate(body: CertificateIn, command: Commanded) -> Response:
    """Apply for a certificate of agency export."""
    operator_id, declaration_id = subject_of(command.scope), body.declaration_id
    if declaration_id is None:
        declaration_id = await declaration_released_as(
            command.session, command.scope, body.customs_number or "", body.principal_id
        )
    if declaration_id is None:
        raise NotFound("nothing was released for this principal under this number")
    row = await apply_for_certificate(
        command.session, declaration_id, body.principal_id, operator_id=operator_id, act=command.act
    )
    location = f"/v1/certificates/{row.id}"
    return await command.answer(_certificate(row), status=201, version=row.version, location=location)


@router.get("/v1/certificates")
async def list_certificates(
    session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedCertificates
) -> Page[CertificateOut]:
    """The certificates the caller may see, newest first."""
    query = certificates_like(certificates_seen_by(scope), **asdict(asked))
    rows = await wanted.rows(session, query, CertificateRow.id)
    return wanted.page(rows, [_certificate(row) for row in rows], "id")


@router.get("/v1/certificates/{certificate_id}")
async def read_certificate(certificate_id: UUID, session: Reading, scope: Scoped, response: Response) -> CertificateOut:
    """One certificate."""
    query = certificates_seen_by(scope)
    row = await row_seen(session, query, certificate_id, pilot=scope.pilot, what="certificate")
    response.headers["etag"] = f'"{row.version}"'
    return _certificate(row)


@router.post("/v1/certificates/{certificate_id}/issues", response_model=CertificateOut)
async def issue_a_certificate(certificate_id: UUID, body: IssueIn, command: Commanded) -> Response:
    """Issue a certificate with tax's own number."""
    row = await issue_certificate(
        command.session,
        certificate_id,
        issued_number=body.issued_number,
        version=command.expected_version(),
        act=command.act,
    )
    return await command.answer(_certificate(row), version=row.version)


@router.post("/v1/certificates/{certificate_id}/voidings", response_model=CertificateOut)
async def void_a_certificate(certificate_id: UUID, body: ReasonIn, command: Commanded) -> Response:
    """Void a certificate."""
    row = await void_certificate(
        command.session, certificate_id, reason=body.reason, version=command.expected_version(), act=command.act
    )
    return await command.answer(_certificate(row), version=row.version)
