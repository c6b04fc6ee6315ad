"""The steps in the life of a filing (R-FILE-3)."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request, Response

from registry.api.schemas import AmendmentIn, ChosenRole, DecisionIn, StepIn, SubjectOut, SuspensionIn, stall_of
from registry.api.subject_views import answer_subject
from registry.operations.subjects.advance_filing import advance_filing
from registry.operations.subjects.amend_subject import Amendment, amend_subject
from shared.events.registry import Role
from shared.http.command import Commanded
from shared.http.routes import service_router

router = service_router("filings")


async def _step(command: Commanded, subject_id: UUID, role: Role, step: str, body: StepIn | DecisionIn) -> Response:
    subject = await advance_filing(
        command.session,
        subject_id,
        role,
        step,
        version=command.expected_version(),
        reason=body.reason,
        stop_order=isinstance(body, SuspensionIn) and body.stop_order,
        act=command.act,
    )
    return await answer_subject(command, subject)


_FILING = "/v1/subjects/{subject_id}/filings/{role}"


@router.post(_FILING + "/submissions", response_model=SubjectOut)
async def submit_filing(subject_id: UUID, role: ChosenRole, body: StepIn, command: Commanded) -> Response:
    """Submit a draft or returned filing for review."""
    return await _step(command, subject_id, role, "submit", body)


@router.post(_FILING + "/reviews", response_model=SubjectOut)
async def review_filing(subject_id: UUID, role: ChosenRole, body: DecisionIn, command: Commanded) -> Response:
    """Take a filing under review."""
    return await _step(command, subject_id, role, "review", body)


@router.post(_FILING + "/approvals", response_model=SubjectOut)
async def approve_filing(subject_id: UUID, role: ChosenRole, body: DecisionIn, command: Commanded) -> Response:
    """Approve; never by the one who submitted (V6)."""
    return await _step(command, subject_id, role, "approve", body)


@router.post(_FILING + "/returns", response_model=SubjectOut)
async def return_filing(subject_id: UUID, role: ChosenRole, body: DecisionIn, command: Commanded) -> Response:
    """Return for correction."""
    return await _step(command, subject_id, role, "return", body)


@router.post(_FILING + "/rejections", response_model=SubjectOut)
async def reject_filing(subject_id: UUID, role: ChosenRole, body: DecisionIn, command: Commanded) -> Response:
    """Reject."""
    return await _step(command, subject_id, role, "reject", body)


@router.post(_FILING + "/suspensions", response_model=SubjectOut)
async def suspend_filing(subject_id: UUID, role: ChosenRole, body: SuspensionIn, command: Commanded) -> Response:
    """Suspend for new trades, or with a stop order for running ones too; while suspended, give or lift that order."""
    return await _step(command, subject_id, role, "suspend", body)


@router.post(_FILING + "/reinstatements", response_model=SubjectOut)
async def reinstate_filing(subject_id: UUID, role: ChosenRole, body: DecisionIn, command: Commanded) -> Response:
    """Reinstate after a suspension."""
    return await _step(command, subject_id, role, "reinstate", body)


@router.post(_FILING + "/exits", response_model=SubjectOut)
async def exit_filing(subject_id: UUID, role: ChosenRole, body: DecisionIn, command: Commanded) -> Response:
    """End the filing; what departed before is still collected, exempted and corrected (V2)."""
    return await _step(command, subject_id, role, "exit", body)


@router.post(_FILING + "/amendments", response_model=SubjectOut, responses={202: {"model": SubjectOut}})
async def amend_filing(
    subject_id: UUID, role: ChosenRole, body: AmendmentIn, command: Commanded, request: Request
) -> Response:
    """Amend stalls or name: a new version, the old one stays readable.

    Of what commerce has approved the amendment waits for its approval (202, `Location`): the subject stays as it is.
    """
    amendment = Amendment(
        stalls=None if body.stalls is None else tuple(map(stall_of, body.stalls)),
        name=body.name,
        reason=body.reason,
    )
    subject, waiting = await amend_subject(
        command.session,
        subject_id,
        role,
        amendment,
        version=command.expected_version(),
        sealer=request.app.state.runtime.sealer,
        act=command.act,
    )
    return await answer_subject(command, subject, waiting=waiting)
