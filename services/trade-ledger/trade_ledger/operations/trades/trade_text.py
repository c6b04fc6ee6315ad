"""A trade as the bytes that its row, its lines, its event and its answer share: written once, spliced thrice."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.trade_ledger import TRADES
from shared.sealing import Sealer
from shared.vocabulary.errors import Malformed
from shared.vocabulary.recognition import Verdict
from shared.vocabulary.rules import Breach
from shared.wire import MoneyAmount
from trade_ledger.operations.trades.prepare_trade import PreparedTrade
from trade_ledger.operations.trades.trade_entry import DomesticLegEntry, LineEntry, TradeEntry
from trade_ledger.publishers.trades import verdict_of

# What the event's envelope and wrapping take stays far below the difference.
_MOST_BYTES = TRADES.max_bytes - 4096
_MONEY: TypeAdapter[Decimal] = TypeAdapter(MoneyAmount)


@dataclass(frozen=True, slots=True)
class LineText:
    """A line ready to write."""

    line_id: UUID
    line_no: int
    content: bytes
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class TradeText:
    """A trade ready to write: `state` is its whole public state, `shown` the same with payer and payee masked."""

    trade_id: UUID
    number: str
    prepared: PreparedTrade
    owner_id: UUID
    state: bytes
    shown: bytes
    lines: tuple[LineText, ...]

    @property
    def payload(self) -> bytes:
        """The event's content."""
        return b'{"trade":' + self.state + b',"reason":""}'

    @property
    def answer(self) -> bytes:
        """What the caller who registered it gets."""
        eligible = b"true" if self.prepared.terms.eligible else b"false"
        head = f'{{"id":"{self.trade_id}","number":"{self.number}","version":1,"status":"registered","eligible":'
        return head.encode() + eligible + b',"trade":' + self.shown + b"}"


def trade_text(prepared: PreparedTrade, number: str, *, sealer: Sealer, act: Act) -> TradeText:
    """The trade's first version under a number of its own; Malformed where its event would be too large."""
    trade_id = uuid7()
    lines = tuple(
        _line(line_no, line, verdict)
        for line_no, (line, verdict) in enumerate(zip(prepared.entry.lines, prepared.verdicts, strict=True), 1)
    )
    head = _head(trade_id, number, prepared, act)
    tail = b',"lines":[' + b",".join(line.content for line in lines) + b"]}"
    leg = prepared.entry.domestic_leg
    sealed, masked = (None, None) if leg is None else _legs(leg, sealer)
    state = _spliced({**head, "domestic_leg": sealed}, tail)
    shown = state if leg is None else _spliced({**head, "domestic_leg": masked}, tail)
    if len(state) > _MOST_BYTES:
        raise Malformed((Breach("trade_too_large", "", "/lines", {"limit": str(_MOST_BYTES)}),))
    return TradeText(trade_id, number, prepared, UUID(prepared.terms.owner_id), state, shown, lines)


def _spliced(head: dict[str, Any], tail: bytes) -> bytes:
    # asyncpg's ids are a subclass of UUID, which orjson leaves to `default`.
    return orjson.dumps(head, default=str)[:-1] + tail


def _head(trade_id: UUID, number: str, prepared: PreparedTrade, act: Act) -> dict[str, Any]:
    entry, terms = prepared.entry, prepared.terms
    return {
        "trade_id": trade_id,
        "pilot": act.pilot,
        "number": number,
        "version": 1,
        "status": "registered",
        **_entered(entry),
        "owner_id": terms.owner_id,
        "stall_holder_id": terms.stall_holder_id,
        "collector_id": terms.collector_id,
        "exemption_filer_id": terms.exemption_filer_id,
        "eligible": terms.eligible,
        "ineligible_reasons": terms.ineligible_reasons,
        "total": _MONEY.dump_python(entry.total, mode="json"),
    }


_AS_ENTERED = (
    "kind",
    "procurement",
    "export_mode",
    "seller_id",
    "stall_number",
    "consignor_id",
    "buyer_id",
    "procurement_agency_id",
    "export_agency_id",
    "settlement_method",
    "channel",
    "trade_date",
    "price_term",
    "currency",
    "document_hashes",
    "external_ref",
)


def _entered(entry: TradeEntry) -> dict[str, Any]:
    values = entry.__dict__
    return {name: values[name] for name in _AS_ENTERED}


def _line(line_no: int, line: LineEntry, verdict: Verdict) -> LineText:
    line_id = uuid7()
    entered = line.__pydantic_serializer__.to_json(line)
    content = b'{"line_id":"%s","line_no":%d,%s,"verdict":%s}' % (
        str(line_id).encode(),
        line_no,
        entered[1:-1],
        verdict_of(verdict).model_dump_json().encode(),
    )
    return LineText(line_id, line_no, content, line.quantity)


def _legs(leg: DomesticLegEntry, sealer: Sealer) -> tuple[dict[str, Any], dict[str, Any]]:
    """The domestic leg as it travels, payer and payee sealed, and as it is shown (V66)."""
    plain = leg.model_dump(mode="json", exclude={"payer", "payee"})
    sealed = {
        name: sealer.seal(text, purpose="trade.party", mask=text[:1] + "***")
        for name, text in (("payer", leg.payer), ("payee", leg.payee))
    }
    travelling = {name: each.model_dump() for name, each in sealed.items()}
    return {**plain, **travelling}, {**plain, **{name: each.mask for name, each in sealed.items()}}
