"""Rows of a file of trades, each by itself: what is wrong in them, and what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.http import audit
from shared.http.command import Attempt, Command
from shared.http.problems import MOST_ERRORS, Catalogue, bounded
from shared.http.refusals import AuditLine
from shared.http.routes import is_crowded
from shared.http.tables import HttpTables
from shared.scope import Scope, subject_of
from shared.sealing import Sealer
from shared.vocabulary.errors import Malformed
from shared.vocabulary.rules import Breach, citation
from trade_ledger.api.trade_reading import read_entry
from trade_ledger.api.trade_schemas import RowProblem, RowResult
from trade_ledger.domain.originals import lacks_of
from trade_ledger.domain.registration import slip_taken
from trade_ledger.domain.unread import standing
from trade_ledger.operations.trades.prepare_trade import prepare_trade
from trade_ledger.operations.trades.register_trades import Outcome, register_trades
from trade_ledger.publishers.trade_text import TradeText
from trade_ledger.store.entries import TradeEntry
from trade_ledger.store.registrations import Registrations
from trade_ledger.store.trades import references_registered

_MOST_ROWS = 2000
MOST_ROWS_OF_A_JOB = 20_000
MOST_TOLD = 2000
"""So many problems one report tells, beside the first of each row."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What rows are registered with: one transaction, for whom, and by what attempt; a request's or a job's."""

    session: AsyncSession
    scope: Scope
    attempt: Attempt
    tables: HttpTables
    registrations: Registrations
    sealer: Sealer
    catalogue: Catalogue

    @property
    def act(self) -> Act:
        """The act by which the trades are registered."""
        return self.attempt.act


def batch_of(command: Command, request: Request) -> Batch:
    """The batch of a request that waits for its report."""
    runtime = request.app.state.runtime
    return Batch(
        session=command.session,
        scope=command.scope,
        attempt=command.attempt,
        tables=command.tables,
        registrations=runtime.extras["registrations"],
        sealer=runtime.sealer,
        catalogue=request.app.state.catalogue,
    )


def is_own(entry: TradeEntry, scope: Scope) -> bool:
    """Seller or consignor enters a trade; for anybody else its subjects are somebody else's data (V65)."""
    return subject_of(scope) in (entry.seller_id, entry.consignor_id)


def check_count(rows: int, *, as_job: bool) -> None:
    """Malformed if there is nothing to register, or too much for one transaction or one job."""
    most = MOST_ROWS_OF_A_JOB if as_job else _MOST_ROWS
    if not rows:
        raise Malformed((Breach("batch_empty", "", ""),))
    if rows > most:
        raise Malformed((Breach("batch_too_large", "", "", {"limit": str(most)}),))


@dataclass(frozen=True, slots=True)
class Checked:
    """A row or slip: its own number, and its entry, or every breach of it."""

    reference: str
    entry: TradeEntry | tuple[Breach, ...]


async def checked(
    batch: Batch, row: bytes | dict[str, Any], unread: frozenset[str], *, faulty: bool = False
) -> Checked:
    """The entry, if its form is right; else every breach of form, and of the rules as far as it can be read."""
    if isinstance(row, bytes) and is_crowded(row):
        return Checked("", (Breach("body_too_crowded", "", ""),))
    read = read_entry(row)
    if read.entry is None:
        return Checked("", read.breaches)
    reference = "" if "/external_ref" in read.unread else read.entry.external_ref
    unread |= read.unread
    own = is_own(read.entry, batch.scope)
    if not own:
        unclear = {"/seller_id", "/consignor_id"} & unread
        return Checked("", read.breaches + (() if unclear else (Breach("not_yours", "V65"),)))
    if not read.breaches and not faulty:
        return Checked(reference, read.entry)
    facts = batch.registrations.facts
    prepared = await prepare_trade(read.entry, facts, act=batch.act, session=batch.session)
    return Checked(reference, read.breaches + standing(prepared.breaches, unread))


def _told_of_taken(row: Checked, outcome: Outcome, taken: Collection[str]) -> Outcome:
    """What is refused for another reason is told too if its slip was registered before."""
    if isinstance(outcome, TradeText) or row.reference not in taken:
        return outcome
    told = any(each.pointer == "/external_ref" for each in outcome)
    return outcome if told else (*outcome, slip_taken(row.reference))


async def outcomes_of(batch: Batch, rows: Sequence[Checked]) -> list[Outcome]:
    """What became of each: the registered trade, or every breach."""
    entries = [row.entry for row in rows]
    importer = subject_of(batch.scope)
    references = {row.reference for row in rows} - {""}
    taken = await references_registered(batch.session, batch.act.pilot, importer, references)
    readable = {n: entry for n, entry in enumerate(entries) if isinstance(entry, TradeEntry)}
    registered = await register_trades(
        batch.session,
        list(readable.values()),
        batch.registrations,
        registered_by=importer,
        operation=batch.attempt.operation,
        sealer=batch.sealer,
        act=batch.act,
    )
    outcomes: list[Outcome] = [entry if isinstance(entry, tuple) else () for entry in entries]
    for n, outcome in zip(readable, registered, strict=True):
        outcomes[n] = outcome
    return [_told_of_taken(row, outcome, taken) for row, outcome in zip(rows, outcomes, strict=True)]


def _told_in_full(outcomes: Sequence[Outcome], left: int) -> list[Outcome]:
    """The outcomes with so many breaches as a row and the whole report tell; each refused row tells one at least."""
    told: list[Outcome] = []
    for outcome in outcomes:
        kept = outcome if isinstance(outcome, TradeText) else bounded(outcome, min(max(left, 1), MOST_ERRORS))
        left -= 0 if isinstance(kept, TradeText) else len(kept)
        told.append(kept)
    return told


def problem_in(
    batch: Batch, row: int, breach: Breach, *, sheet: str = "", column: str = "", cell: str = ""
) -> RowProblem:
    problem, (english, chinese) = batch.catalogue[breach.code], batch.catalogue.texts(breach)
    return RowProblem(
        sheet=sheet,
        row=row,
        column=column,
        cell=cell,
        code=breach.code,
        rule=breach.rule,
        rule_version=citation(breach.rule).version if breach.rule else "",
        message=english,
        message_zh=chinese,
        fix=problem.fix,
        fix_zh=problem.fix_zh,
    )


def result_of(batch: Batch, row: int, reference: str, outcome: Outcome) -> RowResult:
    if isinstance(outcome, TradeText):
        lacks = lacks_of(len(outcome.entry.document_hashes))
        return RowResult(row=row, reference=reference, id=outcome.trade_id, number=outcome.number, lacks=lacks)
    problems = [problem_in(batch, row, breach, column=breach.pointer) for breach in outcome]
    return RowResult(row=row, reference=reference, problems=problems)


async def results_of_lines(batch: Batch, lines: Sequence[tuple[int, bytes]], left: int) -> list[RowResult]:
    """What became of lines of NDJSON; `left` is how many problems the report may still tell."""
    rows = []
    for _, line in lines:
        rows.append(await checked(batch, line, frozenset()))
        # Two thousand rows that are wrong in everything would keep all other callers waiting.
        await asyncio.sleep(0)
    outcomes = _told_in_full(await outcomes_of(batch, rows), left)
    return [
        result_of(batch, number, row.reference, outcome)
        for (number, _), row, outcome in zip(lines, rows, outcomes, strict=True)
    ]


def lines_of(content: bytes) -> list[tuple[int, bytes]]:
    """The lines of NDJSON that say something, with their numbers in the file."""
    return [(number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip()]


async def audit_refused(batch: Batch, results: Sequence[RowResult]) -> None:
    """What a rule refused is audited with the rows, like a refusal of its own."""
    refused = [
        batch.attempt.entry(
            AuditLine(
                "denied" if problem.rule == "V65" else "refused",
                404 if problem.rule == "V65" else 409,
                problem.rule,
                problem.code,
            )
        )
        for result in results
        for problem in result.problems
        if problem.rule
    ]
    if refused:
        await audit.record(batch.session, batch.tables, refused)
