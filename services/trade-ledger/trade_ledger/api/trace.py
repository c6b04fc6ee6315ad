"""The whole flow of one thing as one timeline."""

from __future__ import annotations

from fastapi import Request

from shared.http.access import Scoped
from shared.http.command import Reading
from shared.http.routes import service_router
from shared.rows import model_from
from shared.scope import Scope
from shared.sealing import Sealer
from shared.vocabulary.identifiers import InvalidIdentifier
from shared.wire import Reference
from trade_ledger.api.trace_schemas import (
    OpenCase,
    Progress,
    TracedDeclaration,
    TracedPackingList,
    TracedPortion,
    TracedTrade,
    TraceOut,
    TraceStep,
)
from trade_ledger.api.trade_schemas import LineCounters
from trade_ledger.domain.originals import lacks_of
from trade_ledger.store.asked import Asking
from trade_ledger.store.progress import GoodsReached, goods_reached
from trade_ledger.store.trace import timeline, widen
from trade_ledger.store.traced import find

router = service_router("trace")
# Those whom registry shows identity numbers in clear.
_KNOW_IDENTITIES = {"commerce", "customs", "tax", "safe"}


@router.get("/v1/trace/{asked:path}", operation_id="read_trace")
async def trace(asked: Reference, session: Reading, scope: Scoped, request: Request) -> TraceOut:
    """Everything before and after an id or number, as far as the caller may see it: of a trade (also its slip), line,
    handover, packing list, load, container, vehicle, seal, declaration, receipt, case, collection, pass-on,
    conversion (also their bank references), exemption return, certificate, agreement, subject, filing, or event; also
    a credit code, for the subject itself and for authorities that read identities."""
    asking = _asking(asked, scope, request.app.state.runtime.sealer)
    traced = await find(session, asking)
    await widen(session, traced)
    steps = await timeline(session, asking, traced)
    return TraceOut(
        asked=asked,
        kind=traced.kind,
        trades=sorted(traced.trades),
        declarations=sorted(traced.declarations),
        portions=sorted(traced.portions),
        progress=_progress(await goods_reached(session, traced)),
        timeline=[model_from(TraceStep, step) for step in steps],
    )


def _asking(asked: str, scope: Scope, sealer: Sealer) -> Asking:
    try:
        indexes = sealer.identity_indexes("credit_code", asked, "CN")
    except InvalidIdentifier:
        indexes = []
    return Asking(scope, asked, identity_indexes=tuple(indexes), knows_identities=scope.role in _KNOW_IDENTITIES)


def _progress(reached: GoodsReached) -> Progress:
    return Progress(
        trades=[
            model_from(
                TracedTrade,
                trade,
                export_mode=trade.state.export_mode,
                buyer_named=trade.buyer_id is not None,
                lacks=lacks_of(len(trade.state.document_hashes)),
                collector_id=trade.state.collector_id,
                exemption_filer_id=trade.state.exemption_filer_id,
                counters=[
                    model_from(LineCounters, counter, line_no=line.line_no)
                    for line, counter in reached.lines.get(trade.id, [])
                ],
            )
            for trade in reached.trades
        ],
        packing_lists=[
            model_from(
                TracedPackingList,
                packing_list,
                load_status=load.status,
                container_number=load.container_number,
                seal_number=load.seal_number,
                arrived_at=load.arrived_at,
            )
            for packing_list, load in reached.packing_lists
        ],
        declarations=[
            model_from(
                TracedDeclaration,
                declaration,
                open_cases=[model_from(OpenCase, case) for case in reached.cases.get(declaration.id, [])],
            )
            for declaration in reached.declarations
        ],
        portions=[
            model_from(
                TracedPortion,
                portion,
                currency=portion.declared_currency,
                owner_id=portion.content.owner_id,
                collector_id=portion.content.collector_id,
                exemption_filer_id=portion.content.exemption_filer_id,
            )
            for portion in reached.portions
        ],
    )
