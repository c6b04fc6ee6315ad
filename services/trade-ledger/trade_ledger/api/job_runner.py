"""Registers the files that wait: each HTTP process goes on with one at a time, slice by slice, until it is stopped.

A slice's rows, its results and how far the job is are one transaction. So a process may end anywhere, and the next one
goes on behind the last slice. The job's row is locked meanwhile: no two processes register the same slice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Gauge
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.database import is_transient, of_pilot
from shared.http import audit
from shared.http.app import Runtime
from shared.http.command import Attempt
from shared.http.identity import Caller
from shared.http.problems import Catalogue
from shared.http.refusals import AuditLine
from shared.messaging.cancelling import pause
from shared.messaging.standing import refusal_of
from shared.policy import EVERY_PILOT
from shared.vocabulary.errors import Busy
from shared.vocabulary.legal_time import legal_date
from trade_ledger.api.trade_batches import registrations_running
from trade_ledger.api.trade_imports import results_of_slips
from trade_ledger.api.trade_rows import MOST_TOLD, Batch, audit_refused, lines_of, results_of_lines
from trade_ledger.api.trade_schemas import RowResult
from trade_ledger.operations.trades.continue_job import continue_job
from trade_ledger.operations.trades.give_up_job import GAVE_UP, give_up_job
from trade_ledger.operations.trades.read_slips import read_slips
from trade_ledger.store.jobs import job_to_continue, longest_standstill, unfinished_jobs
from trade_ledger.store.sealed import open_file
from trade_ledger.store.tables.jobs import TradeJobRow

log = structlog.get_logger()
STANDSTILL = Gauge(
    "trade_jobs_standstill_seconds", "For how long the unfinished job has stood still that waits longest", ["service"]
)
_SERVICE = "trade-ledger"
_OK, _ERROR = 200, 500
_ROWS = 100
_SLICES = 10
_PAUSE_SECONDS = 1.0
_RESULTS: TypeAdapter[list[RowResult]] = TypeAdapter(list[RowResult])


@asynccontextmanager
async def trades_running(runtime: Runtime, problems: Path) -> AsyncIterator[None]:
    """The process's way to write trades, and the files that it goes on with, for the time that it runs."""
    async with registrations_running(runtime):
        stop = runtime.extras["jobs"] = asyncio.Event()
        running = asyncio.create_task(JobRunner(runtime, Catalogue(problems)).run(stop))
        try:
            yield
        finally:
            stop.set()
            await running


@dataclass(frozen=True, slots=True)
class _Read:
    """A job's file as read: how many rows it has, and what registers some of them."""

    rows: Sequence[Any]
    register: Callable[[Batch, Sequence[Any], int], Awaitable[list[RowResult]]]


class JobRunner:
    """Goes on with jobs of all pilots, a few slices of one and then of the next."""

    def __init__(self, runtime: Runtime, catalogue: Catalogue) -> None:
        self._runtime = runtime
        self._catalogue = catalogue
        self._standstill = STANDSTILL.labels(_SERVICE)

    async def run(self, stop: asyncio.Event) -> None:
        """Until asked to stop: the slice under way is finished, and the job goes on in the next process."""
        while not stop.is_set():
            moved = False
            try:
                moved = await self.turn(stop)
            except Exception as error:  # noqa: BLE001 - the jobs wait in the database, and are looked for again
                log.warning("trade jobs wait", error=type(error).__name__)
            if not moved:
                await pause(stop, _PAUSE_SECONDS)

    async def turn(self, stop: asyncio.Event) -> bool:
        """Some slices of the first job that can go on; whether there was one."""
        async with self._runtime.sessions(info=of_pilot(EVERY_PILOT)) as session:
            jobs = await unfinished_jobs(session)
            self._standstill.set(await longest_standstill(session))
        for job_id, pilot in jobs:
            if await self._slices(job_id, pilot, stop):
                return True
        return False

    async def _slices(self, job_id: UUID, pilot: str, stop: asyncio.Event) -> bool:
        read: _Read | None = None
        for done in range(_SLICES):
            try:
                async with self._runtime.sessions(info=of_pilot(pilot)) as session:
                    job = await job_to_continue(session, job_id, with_file=read is None)
                    if job is None:
                        return done > 0
                    read = await self._slice(session, job, read)
                    await session.commit()
            except Exception as error:  # noqa: BLE001 - whatever it is, other jobs go on
                await self._failed(job_id, pilot, error)
                return done > 0
            self._runtime.wake.poke()
            if stop.is_set():
                break
        return True

    async def _slice(self, session: AsyncSession, job: TradeJobRow, read: _Read | None) -> _Read:
        batch = self._batch(session, job)
        read = await self._read(job) if read is None else read
        rows = read.rows[job.rows_done : job.rows_done + _ROWS]
        results = await read.register(batch, rows, MOST_TOLD - job.told)
        await audit_refused(batch, results)
        registered = sum(each.id is not None for each in results)
        continue_job(
            session,
            job,
            _RESULTS.dump_json(results).decode(),
            registered=registered,
            refused=len(results) - registered,
            told=sum(len(each.problems) for each in results),
            at=datetime.now(UTC),
        )
        if job.state == "done":
            await self._audit_end(session, batch.attempt, AuditLine("done", _OK))
        return read

    async def _read(self, job: TradeJobRow) -> _Read:
        if job.body is None or job.data_key is None:
            raise RuntimeError(f"trade job {job.id} has no file")
        content = await asyncio.to_thread(open_file, self._runtime.sealer, job.id, job.body, job.data_key)
        if job.operation == "register_trades_in_bulk":
            return _Read(lines_of(content), results_of_lines)
        sheets = await read_slips(content, str(job.party_id))
        return _Read(sheets.slips, lambda batch, slips, _: results_of_slips(batch, sheets, slips))

    async def _failed(self, job_id: UUID, pilot: str, error: Exception) -> None:
        """What passes is tried again until it has passed; anything else counts, and in the end the job fails."""
        passes = isinstance(error, Busy) or is_transient(error) or refusal_of(error) is not None
        log.warning("a slice of a trade job failed", job=str(job_id), error=type(error).__name__, passes=passes)
        if passes:
            return
        async with self._runtime.sessions(info=of_pilot(pilot)) as session:
            job = await job_to_continue(session, job_id, with_file=False)
            if job is None:
                return
            give_up_job(job, at=datetime.now(UTC))
            if job.state == "failed":
                log.error("a trade job failed", job=str(job_id), rows=job.rows, rows_done=job.rows_done)
                attempt = self._attempt(job)
                await self._audit_end(session, attempt, AuditLine("refused", _ERROR, code=GAVE_UP))
            await session.commit()

    async def _audit_end(self, session: AsyncSession, attempt: Attempt, line: AuditLine) -> None:
        # The key's one effect is the job itself, in the trail since it was sent.
        entry = replace(attempt.entry(line), idempotency_key=None)
        await audit.record(session, self._runtime.http_tables, [entry])

    def _batch(self, session: AsyncSession, job: TradeJobRow) -> Batch:
        attempt = self._attempt(job)
        return Batch(
            session=session,
            scope=attempt.caller.scope(legal_date(attempt.act.now)),
            attempt=attempt,
            tables=self._runtime.http_tables,
            registrations=self._runtime.extras["registrations"],
            sealer=self._runtime.sealer,
            catalogue=self._catalogue,
        )

    def _attempt(self, job: TradeJobRow) -> Attempt:
        """The sender's, now: a trade is registered when it is written."""
        sent, runtime = job.sent_by, self._runtime
        caller = Caller(sent.actor, job.role, job.pilot, job.party_id, issuer=sent.issuer)
        act = Act(
            actor=sent.actor,
            pilot=job.pilot,
            now=runtime.clock.now(),
            traceparent=sent.traceparent,
            role=job.role,
            subject_id=str(job.party_id),
            told_as=runtime.actors.opaque(sent.issuer, sent.actor),
            national=job.pilot == runtime.settings.national_pilot,
            address=sent.address,
        )
        return Attempt(caller, act, job.operation, sent.key, b"", str(job.id))
