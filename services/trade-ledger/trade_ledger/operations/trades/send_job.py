"""Take a file of trades that is registered after its request is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.rows import lock_name
from shared.scope import Scope, subject_of
from shared.sealing import Sealer
from shared.vocabulary.errors import Conflict
from trade_ledger.domain.slip_sheets import HiddenPart
from trade_ledger.store.jobs import unfinished_of
from trade_ledger.store.sealed import seal_file
from trade_ledger.store.tables.jobs import SentBy, TradeJobRow

MOST_UNFINISHED = 5
"""So many files of one party may be on their way in a pilot; the problem's text says it too."""


async def send_job(
    session: AsyncSession,
    content: bytes,
    *,
    rows: int,
    hidden: Sequence[HiddenPart],
    operation: str,
    scope: Scope,
    sent_by: SentBy,
    sealer: Sealer,
) -> TradeJobRow:
    """The job that waits, its file sealed; Conflict where the party has as many unfinished ones as it may."""
    party_id, job_id = subject_of(scope), uuid7()
    await lock_name(session, f"trade jobs {scope.pilot} {party_id}")
    if await unfinished_of(session, scope) >= MOST_UNFINISHED:
        raise Conflict("jobs_unfinished")
    # Eight megabytes take a while: other requests go on meanwhile.
    body, data_key = await asyncio.to_thread(seal_file, sealer, job_id, content)
    job = TradeJobRow(
        id=job_id,
        pilot=scope.pilot,
        role=scope.role,
        party_id=party_id,
        operation=operation,
        sent_by=sent_by,
        rows=rows,
        hidden=tuple(hidden),
        body=body,
        data_key=data_key,
    )
    session.add(job)
    await session.flush()
    return job
