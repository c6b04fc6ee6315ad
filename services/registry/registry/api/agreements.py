"""Agency agreements of both kinds, never one for the other (R-FILE-6)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from registry.api.agreement_schemas import AgreementOut, ExportAgencyIn, ProcurementAgencyIn
from registry.api.schemas import StepIn
from registry.operations.agreements.confirm_agency import confirm_agency
from registry.operations.agreements.propose_agency import ProposedAgency, propose_agency
from registry.operations.agreements.terminate_agency import terminate_agency
from registry.store.agreements import agreements_like, agreements_seen_by
from registry.store.tables import AgreementRow
from shared.http.access import Scoped
from shared.http.command import Commanded, Reading
from shared.http.paging import Page, UpdatedSince, Wanted, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from shared.scope import Scope
from shared.wire import Chosen, Reference

router = service_router("agreements")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which agreements are asked for."""

    number: Reference | None = None
    party: Annotated[UUID | None, Query(description="one of the two parties")] = None
    status: Annotated[Literal["proposed", "confirmed", "terminated"], Chosen("agreement_status")] | None = None
    updated_since: UpdatedSince = None


WantedAgreements = Annotated[Asked, Depends()]


async def _answer(command: Commanded, row: AgreementRow, path: str, status: int = 200) -> Response:
    location = f"/v1/{path}/{row.id}" if status == 201 else None
    return await command.answer(model_from(AgreementOut, row), status=status, version=row.version, location=location)


async def _page(session: AsyncSession, scope: Scope, wanted: Wanted, kind: str, asked: Asked) -> Page[AgreementOut]:
    query = agreements_like(agreements_seen_by(scope, kind), **asdict(asked))
    rows = await wanted.rows(session, query, AgreementRow.id)
    return wanted.page(rows, [model_from(AgreementOut, row) for row in rows], "id")


async def _read(session: AsyncSession, scope: Scope, agreement_id: UUID, kind: str, response: Response) -> AgreementOut:
    row = await row_seen(session, agreements_seen_by(scope, kind), agreement_id, pilot=scope.pilot, what="agreement")
    response.headers["etag"] = f'"{row.version}"'
    return model_from(AgreementOut, row)


@router.post("/v1/procurement-agencies", status_code=201, response_model=AgreementOut)
async def propose_procurement_agency(body: ProcurementAgencyIn, command: Commanded) -> Response:
    """Propose who buys for whom; proposing is the proposer's confirmation."""
    terms = ProposedAgency(kind="procurement_agency", **body.model_dump())
    row = await propose_agency(command.session, terms, act=command.act)
    return await _answer(command, row, "procurement-agencies", 201)


@router.get("/v1/procurement-agencies")
async def list_procurement_agencies(
    session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedAgreements
) -> Page[AgreementOut]:
    """The procurement agencies the caller is party to."""
    return await _page(session, scope, wanted, "procurement_agency", asked)


@router.get("/v1/procurement-agencies/{agreement_id}")
async def read_procurement_agency(
    agreement_id: UUID, session: Reading, scope: Scoped, response: Response
) -> AgreementOut:
    """One procurement agency the caller is party to."""
    return await _read(session, scope, agreement_id, "procurement_agency", response)


@router.post("/v1/procurement-agencies/{agreement_id}/confirmations", response_model=AgreementOut)
async def confirm_procurement_agency(agreement_id: UUID, command: Commanded) -> Response:
    """Confirm as the other party."""
    row = await confirm_agency(
        command.session,
        agreement_id,
        "procurement_agency",
        version=command.expected_version(),
        act=command.act,
    )
    return await _answer(command, row, "procurement-agencies")


@router.post("/v1/procurement-agencies/{agreement_id}/terminations", response_model=AgreementOut)
async def terminate_procurement_agency(agreement_id: UUID, body: StepIn, command: Commanded) -> Response:
    """Terminate for new trades."""
    row = await terminate_agency(
        command.session,
        agreement_id,
        "procurement_agency",
        version=command.expected_version(),
        reason=body.reason,
        act=command.act,
    )
    return await _answer(command, row, "procurement-agencies")


@router.post("/v1/export-agencies", status_code=201, response_model=AgreementOut)
async def propose_export_agency(body: ExportAgencyIn, command: Commanded) -> Response:
    """Propose who exports, who collects and who files the exemption."""
    terms = ProposedAgency(kind="export_agency", **body.model_dump())
    row = await propose_agency(command.session, terms, act=command.act)
    return await _answer(command, row, "export-agencies", 201)


@router.get("/v1/export-agencies")
async def list_export_agencies(
    session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedAgreements
) -> Page[AgreementOut]:
    """The export agencies the caller is party to."""
    return await _page(session, scope, wanted, "export_agency", asked)


@router.get("/v1/export-agencies/{agreement_id}")
async def read_export_agency(agreement_id: UUID, session: Reading, scope: Scoped, response: Response) -> AgreementOut:
    """One export agency the caller is party to."""
    return await _read(session, scope, agreement_id, "export_agency", response)


@router.post("/v1/export-agencies/{agreement_id}/confirmations", response_model=AgreementOut)
async def confirm_export_agency(agreement_id: UUID, command: Commanded) -> Response:
    """Confirm as the other party: collector and filer are fixed from now on."""
    row = await confirm_agency(
        command.session, agreement_id, "export_agency", version=command.expected_version(), act=command.act
    )
    return await _answer(command, row, "export-agencies")


@router.post("/v1/export-agencies/{agreement_id}/terminations", response_model=AgreementOut)
async def terminate_export_agency(agreement_id: UUID, body: StepIn, command: Commanded) -> Response:
    """Terminate for new trades; running ones keep its terms."""
    row = await terminate_agency(
        command.session,
        agreement_id,
        "export_agency",
        version=command.expected_version(),
        reason=body.reason,
        act=command.act,
    )
    return await _answer(command, row, "export-agencies")
