"""The whole flow of one thing as one timeline."""

from __future__ import annotations

from fastapi import APIRouter

from shared.http.access import Authorised
from shared.http.command import Reading
from shared.rows import model_from
from shared.vocabulary.errors import Hidden, NotFound
from shared.wire import Reference
from trade_ledger.api.schemas import TraceOut, TraceStep
from trade_ledger.store.trace import find, timeline, widen
from trade_ledger.store.trades import trade_ids_among, trades_seen_by

router = APIRouter(tags=["trace"])


@router.get("/v1/trace/{asked}", operation_id="read_trace")
async def trace(asked: Reference, session: Reading, caller: Authorised) -> TraceOut:
    """Everything before and after an id or number of a subject, trade, line, packing list, container,
    declaration, collection or exemption, as far as the caller may see it."""
    traced = await find(session, caller.pilot, asked)
    if traced is None:
        raise NotFound("nothing is known of it")
    if caller.is_party:
        as_agent = caller.role == "agent"
        query = trades_seen_by(caller.pilot, caller.subject_id, all_of_them=False, as_agent=as_agent)
        traced.trades = await trade_ids_among(session, query, traced.trades)
        if not traced.trades and asked != str(caller.subject_id):
            raise Hidden("it is somebody else's")
    await widen(session, traced)
    party = caller.subject_id if caller.is_party else None
    steps = await timeline(session, caller.pilot, traced, party=party)
    return TraceOut(
        asked=asked,
        kind=traced.kind,
        trades=sorted(traced.trades),
        declarations=sorted(traced.declarations),
        portions=sorted(traced.portions),
        timeline=[model_from(TraceStep, step) for step in steps],
    )
