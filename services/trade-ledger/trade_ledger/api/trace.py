"""The whole flow of one thing as one timeline."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Request, Response
from pydantic import TypeAdapter

from shared.act import told_actor
from shared.events.registry import RoleFiling
from shared.http.parties import require_standing
from shared.http.routes import service_router
from shared.scope import Scope
from shared.sealing import Sealer
from shared.vocabulary.identifiers import InvalidIdentifier
from shared.wire import Reference
from trade_ledger.api.trace_schemas import TraceOut
from trade_ledger.api.trade_batches import trace_reads_of
from trade_ledger.domain.originals import lacks_of
from trade_ledger.store.asked import Asking
from trade_ledger.store.trace_reads import shown_by, traced_of

router = service_router("trace")
# Those whom registry shows identity numbers in clear.
_KNOW_IDENTITIES = {"commerce", "customs", "tax", "safe"}
# What an event also shows to a party whose goods are only a part of what it is about (V65).
_NO_AMOUNTS = {"status", "month", "outcome", "customs_number", "role", "filing_number", "kind"}
_FILINGS: TypeAdapter[tuple[RoleFiling, ...]] = TypeAdapter(tuple[RoleFiling, ...])


@router.get("/v1/trace/{asked:path}", operation_id="read_trace", response_model=TraceOut)
async def trace(asked: Reference, request: Request) -> Response:
    """Everything before and after an id or number, as far as the caller may see it: of a trade (also its slip), line,
    handover, packing list, load, container, vehicle, seal, declaration, receipt, case, collection, pass-on,
    conversion (also their bank references), exemption return, certificate, agreement, subject, filing, or event; also
    a credit code, for the subject itself and for authorities that read identities."""
    asking = _asking(asked, request.state.scope, request.app.state.runtime.sealer)
    reads = trace_reads_of(request)
    async with reads.of_pilot(asking.pilot) as connection:
        found = await reads.find(connection, asking)
        require_standing(request.state.caller, _FILINGS.validate_json(found.filings or "[]"), reads=True)
        traced = traced_of(found)
        told = await reads.tell(connection, asking, traced)
    own = shown_by(told)
    whole = {
        "asked": asked,
        "kind": traced.kind,
        "trades": sorted(map(str, traced.trades)),
        **{name: list(map(str, told[name])) for name in ("declarations", "portions")},
        "progress": _progress(told),
        "timeline": [_step(each, own) for each in orjson.loads(told["steps"])],
    }
    return Response(orjson.dumps(whole), 200, {"content-type": "application/json"})


def _asking(asked: str, scope: Scope, sealer: Sealer) -> Asking:
    try:
        indexes = sealer.identity_indexes("credit_code", asked, "CN")
    except InvalidIdentifier:
        indexes = []
    return Asking(scope, asked, identity_indexes=tuple(indexes), knows_identities=scope.role in _KNOW_IDENTITIES)


def _progress(told: Any) -> dict[str, Any]:
    trades = orjson.loads(told["trades_reached"])
    for each in trades:
        each["lacks"] = lacks_of(each.pop("originals"))
    untouched = ("packing_lists", "declarations", "portions")
    return {"trades": trades, **{name: orjson.Fragment(told[f"{name}_reached"]) for name in untouched}}


def _step(told: dict[str, Any], own: dict[str, dict[str, Any]]) -> dict[str, Any]:
    told["shown"] = own.get(told.pop("event_id"), told["shown"])
    told["actor"] = told_actor(told["actor"])
    if not told.pop("amounts"):
        told["shown"] = {name: value for name, value in told["shown"].items() if name in _NO_AMOUNTS}
    return told
