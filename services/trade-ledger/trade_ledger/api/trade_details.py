"""A trade as it is read by its id: the stored document itself, without what its reader isn't shown."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import BaseModel

from shared.events.trade_ledger import TradeLine, Verdict
from trade_ledger.api.trade_schemas import DomesticLegShown, TradeShown
from trade_ledger.domain.originals import lacks_of
from trade_ledger.store.trade_reads import TradeFound


def _optional(form: type[BaseModel]) -> dict[str, Any]:
    """What a document of an earlier release, which lacks some fields, says by that."""
    return {name: each.default for name, each in form.model_fields.items() if not each.is_required()}


_TRADE, _LINE, _VERDICT = _optional(TradeShown), _optional(TradeLine), _optional(Verdict)


def detail_told(found: TradeFound) -> bytes:
    """The JSON text of a `TradeDetail`."""
    stored = orjson.loads(found.state)
    trade = {**_TRADE, **stored, "lines": [_line(each) for each in stored["lines"]]}
    if found.hides_buyer:
        trade["buyer_id"] = None
    if trade["domestic_leg"] is not None:
        trade["domestic_leg"] = _masked(trade["domestic_leg"])
    head = {
        "id": str(found.id),
        "number": found.number,
        "version": found.version,
        "status": found.status,
        "eligible": found.eligible,
        "lacks": lacks_of(len(trade["document_hashes"])),
        "trade": trade,
        "counters": orjson.Fragment(found.counters),
        "same_document": orjson.Fragment(found.same_document),
    }
    return orjson.dumps(head)


def _line(stored: dict[str, Any]) -> dict[str, Any]:
    return {**_LINE, **stored, "verdict": {**_VERDICT, **stored["verdict"]}}


def _masked(leg: dict[str, Any]) -> dict[str, Any]:
    """The domestic leg with the masks of payer and payee in the places of what is sealed (V66)."""
    masks = {name: leg[name]["mask"] for name in ("payer", "payee")}
    return DomesticLegShown.model_validate({**leg, **masks}).model_dump(mode="json")
