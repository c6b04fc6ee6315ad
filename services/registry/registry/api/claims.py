"""Claims: an account that says it is a subject which is on file already, and commerce's decision."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from registry.api.schemas import DecisionIn, IdentityIn
from registry.operations.claims.claim_subject import claim_subject
from registry.operations.claims.decide_claim import decide_claim
from registry.store.claims import claims_seen_by, subjects_claimed
from registry.store.tables import SubjectClaimRow, SubjectRow
from shared.http.access import Scoped
from shared.http.command import Command, Commanded, Reading
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from shared.scope import PARTIES, Scope
from shared.vocabulary.identifiers import IdentityKind
from shared.wire import Chosen, FilledText, Input

router = service_router("claims")

ClaimStatus = Literal["open", "approved", "rejected"]


class ClaimIn(Input):
    """The identity that the caller's account claims, and what shows that it is the caller's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "identity": {"kind": "passport", "number": "RU7654321", "country": "RU"},
                    "reason": "passport shown at the counter on 13 May",
                }
            ]
        },
    )

    identity: IdentityIn
    reason: FilledText = Field(max_length=500)


class ClaimOut(BaseModel):
    """A claim; the claimant reads of the subject only what it stated, until commerce approved it."""

    id: UUID
    identity_kind: IdentityKind
    identity_mask: str
    claimant: str | None
    status: ClaimStatus
    reason: str
    claimed_at: datetime
    decided_at: datetime | None
    decision_reason: str
    subject_id: UUID | None
    contested: bool | None
    version: int


def _shown(scope: Scope, claim: SubjectClaimRow, subject: SubjectRow) -> ClaimOut:
    own, by_party = claim.claimant == scope.account, scope.role in PARTIES
    told: dict[str, None] = {}
    if by_party and own and claim.status != "approved":
        told = {"subject_id": None, "contested": None}
    elif by_party and not own:
        told = {"claimant": None}
    identity = {"identity_kind": subject.identity_kind, "identity_mask": subject.identity.mask}
    return model_from(ClaimOut, claim, **identity, **told)


async def _answer(command: Command, claim: SubjectClaimRow, status: int = 200) -> Response:
    subject = (await subjects_claimed(command.session, [claim]))[claim.subject_id]
    location = f"/v1/subject-claims/{claim.id}" if status == 201 else None
    shown = _shown(command.scope, claim, subject)
    return await command.answer(shown, status=status, version=claim.version, location=location)


@router.post("/v1/subject-claims", status_code=201, response_model=ClaimOut)
async def claim_a_subject(body: ClaimIn, command: Commanded, request: Request) -> Response:
    """Claim an identity that is on file: commerce decides, and its owner sees the claim (R-FILE-4)."""
    claim = await claim_subject(
        command.session,
        kind=body.identity.kind,
        number=body.identity.number,
        country=body.identity.country,
        reason=body.reason,
        sealer=request.app.state.runtime.sealer,
        act=command.act,
    )
    return await _answer(command, claim, 201)


@router.get("/v1/subject-claims")
async def list_subject_claims(
    session: Reading,
    scope: Scoped,
    wanted: WantedPage,
    status: Annotated[ClaimStatus, Chosen("claim_status")] | None = None,
) -> Page[ClaimOut]:
    """The claims that the caller made, and those that others made to its subject; commerce sees all."""
    query = claims_seen_by(scope, status=status)
    rows = await wanted.rows(session, query, SubjectClaimRow.id)
    subjects = await subjects_claimed(session, rows)
    return wanted.page(rows, [_shown(scope, row, subjects[row.subject_id]) for row in rows], "id")


@router.get("/v1/subject-claims/{claim_id}")
async def read_subject_claim(claim_id: UUID, session: Reading, scope: Scoped, response: Response) -> ClaimOut:
    """One claim."""
    claim = await _claim_seen(session, scope, claim_id)
    response.headers["etag"] = f'"{claim.version}"'
    return _shown(scope, claim, (await subjects_claimed(session, [claim]))[claim.subject_id])


async def _claim_seen(session: AsyncSession, scope: Scope, claim_id: UUID) -> SubjectClaimRow:
    return await row_seen(session, claims_seen_by(scope), claim_id, pilot=scope.pilot, what="claim")


async def _decided(
    command: Command, claim_id: UUID, decision: Literal["approved", "rejected"], body: DecisionIn
) -> Response:
    claim = await decide_claim(
        command.session,
        claim_id,
        decision,
        version=command.expected_version(),
        reason=body.reason,
        act=command.act,
    )
    return await _answer(command, claim)


@router.post("/v1/subject-claims/{claim_id}/approvals", response_model=ClaimOut)
async def approve_subject_claim(claim_id: UUID, body: DecisionIn, command: Commanded) -> Response:
    """Approve: the claimant's account speaks for the subject from now on; never by the claimant (V6)."""
    return await _decided(command, claim_id, "approved", body)


@router.post("/v1/subject-claims/{claim_id}/rejections", response_model=ClaimOut)
async def reject_subject_claim(claim_id: UUID, body: DecisionIn, command: Commanded) -> Response:
    """Reject: the subject stays whose it is."""
    return await _decided(command, claim_id, "rejected", body)
