"""Files of trades that are registered after their request was answered: how far each is, and its report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from shared.http.access import Scoped
from shared.http.command import Command, Reading
from shared.http.problems import Catalogue
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from shared.scope import Scope
from shared.vocabulary.errors import Conflict
from shared.vocabulary.rules import Breach
from trade_ledger.api.trade_schemas import BulkReport, HiddenCells, JobProblem, TradeJob
from trade_ledger.domain.slip_sheets import HiddenPart
from trade_ledger.operations.trades.send_job import send_job
from trade_ledger.store.jobs import jobs_sent_by, results_of
from trade_ledger.store.tables.jobs import SentBy, TradeJobRow

router = service_router("trades")
_PATH = "/v1/trade-jobs"
_ASYNC = "respond-async"
ACCEPTED = 202
PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`respond-async` (RFC 7240): answered with 202 and a job at once, and registered afterwards",
    "schema": {"type": "string"},
}
JOB_RESPONSES: dict[int | str, dict[str, Any]] = {
    ACCEPTED: {
        "model": TradeJob,
        "description": "To a request with `Prefer: respond-async`: the job, at the address in `Location`.",
        "headers": {
            "Location": {"schema": {"type": "string"}},
            "Preference-Applied": {"schema": {"type": "string", "const": _ASYNC}},
        },
    }
}


def wants_job(request: Request) -> bool:
    """Whether the caller prefers an answer before the rows are registered (RFC 7240)."""
    told = ",".join(request.headers.getlist("prefer"))
    return any(each.partition(";")[0].strip().lower() == _ASYNC for each in told.split(","))


async def answer_with_job(
    command: Command, request: Request, content: bytes, *, rows: int, hidden: Sequence[HiddenPart] = ()
) -> Response:
    """Take the file as a job; the same request with the same key gets the same job."""
    job = await send_job(
        command.session,
        content,
        rows=rows,
        hidden=hidden,
        operation=command.attempt.operation,
        scope=command.scope,
        sent_by=SentBy(
            issuer=command.caller.issuer,
            actor=command.caller.actor,
            key=command.attempt.key,
            traceparent=command.act.traceparent,
            address=command.act.address,
        ),
        sealer=request.app.state.runtime.sealer,
    )
    told = _told(job, request.app.state.catalogue)
    return await command.answer(told, status=ACCEPTED, location=f"{_PATH}/{job.id}", applied=_ASYNC)


@router.get("/v1/trade-jobs/{job_id}")
async def read_trade_job(job_id: UUID, session: Reading, scope: Scoped, request: Request) -> TradeJob:
    """How far a file of trades is; `report` names where its report is, once it has ended."""
    row = await row_seen(session, jobs_sent_by(scope), job_id, pilot=scope.pilot, what="trade job")
    return _told(row, request.app.state.catalogue)


@router.get("/v1/trade-jobs/{job_id}/report", response_model=BulkReport)
async def read_trade_job_report(job_id: UUID, session: Reading, scope: Scoped) -> Response:
    """What became of the rows, as a request that waits for it is told; of a failed job, of those that it came to."""
    return Response(await _report(session, scope, job_id), media_type="application/json")


async def report_if_done(session: AsyncSession, scope: Scope, location: str) -> bytes | None:
    """The report of the job at an address; None while it is on its way, and where it failed."""
    job_id = UUID(location.removeprefix(f"{_PATH}/"))
    row = await row_seen(session, jobs_sent_by(scope), job_id, pilot=scope.pilot, what="trade job")
    return await _report(session, scope, job_id) if row.state == "done" else None


async def _report(session: AsyncSession, scope: Scope, job_id: UUID) -> bytes:
    row = await row_seen(session, jobs_sent_by(scope), job_id, pilot=scope.pilot, what="trade job")
    if row.ended_at is None:
        raise Conflict("job_unfinished")
    hidden = [HiddenCells.model_validate(each, from_attributes=True) for each in row.hidden]
    head = BulkReport(registered=row.registered, refused=row.refused, results=[], hidden=hidden).model_dump_json()
    # The lists of the slices are one list: twenty thousand rows needn't be read to be told.
    results = ",".join(each[1:-1] for each in await results_of(session, job_id))
    before, _, after = head.partition('"results":[')
    return f'{before}"results":[{results}{after}'.encode()


def _told(row: TradeJobRow, catalogue: Catalogue) -> TradeJob:
    problem = None
    if row.problem is not None:
        (english, chinese), of = catalogue.texts(Breach(row.problem, "", "")), catalogue[row.problem]
        problem = JobProblem(code=row.problem, message=english, message_zh=chinese, fix=of.fix, fix_zh=of.fix_zh)
    report = f"{_PATH}/{row.id}/report" if row.ended_at is not None else None
    return model_from(TradeJob, row, problem=problem, report=report)
