"""A trade as the bytes that its row, its lines, its event and its answer share: written once, spliced thrice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from shared.act import Act
from shared.events.trade_ledger import TRADES
from shared.sealing import RowKey, Sealer
from shared.vocabulary.errors import Malformed
from shared.vocabulary.recognition import Verdict
from shared.vocabulary.rules import Breach
from shared.wire import MoneyAmount
from trade_ledger.domain.originals import lacks_of
from trade_ledger.domain.registration import Settled
from trade_ledger.publishers.trades import verdict_of
from trade_ledger.store.entries import DomesticLegEntry, LineEntry, TradeEntry
from trade_ledger.store.known import Known
from trade_ledger.store.registrations import Claim, LineText, Registration
from trade_ledger.store.row_versions import AGREEMENT, GOODS, PILOT, SUBJECT
from trade_ledger.store.sealed import PAYEE, PAYER
from trade_ledger.store.sealed import TRADES as TRADES_TABLE

# What the event's envelope and wrapping take stays far below the difference.
_MOST_BYTES = TRADES.max_bytes - 4096
_MONEY: TypeAdapter[Decimal] = TypeAdapter(MoneyAmount)


@dataclass(frozen=True, slots=True)
class TradeText:
    """A trade ready to write: `state` is its whole public state, `shown` the same with payer and payee masked.

    `shown` is None where it is the same text; `data_key` is its row's, where it has anything sealed.
    """

    trade_id: UUID
    number: str
    entry: TradeEntry
    terms: Settled
    state: bytes
    shown: bytes | None
    lines: tuple[LineText, ...]
    data_key: str | None

    @property
    def answer_head(self) -> bytes:
        """What stands in the answer before the trade as it is shown; after it the object ends."""
        eligible = b"true" if self.terms.eligible else b"false"
        head = f'{{"id":"{self.trade_id}","number":"{self.number}","version":1,"status":"registered","eligible":'
        lacks = orjson.dumps(lacks_of(len(self.entry.document_hashes)))
        return head.encode() + eligible + b',"lacks":' + lacks + b',"trade":'

    @property
    def answer(self) -> bytes:
        """What the caller who registered it gets."""
        return self.answer_head + (self.shown or self.state) + b"}"


def trade_text(
    entry: TradeEntry,
    terms: Settled,
    verdicts: Sequence[Verdict],
    number: str,
    *,
    ids: Sequence[UUID],
    sealer: Sealer,
    act: Act,
    data_key: str | None = None,
) -> TradeText:
    """The trade's first version under a number of its own; Malformed where its event would be too large.

    `ids` are the trade's, then a new one for each line; `data_key` is the one that the trade has.
    """
    trade_id, *line_ids = ids
    lines = tuple(
        _line(line_id, line_no, line, verdict)
        for line_no, (line_id, line, verdict) in enumerate(zip(line_ids, entry.lines, verdicts, strict=True), 1)
    )
    head = _head(trade_id, number, entry, terms, act)
    tail = b',"lines":[' + b",".join(line.content for line in lines) + b"]}"
    leg = entry.domestic_leg
    sealed, masked = None, None
    if leg is not None:
        key = sealer.row_key(TRADES_TABLE, trade_id, data_key)
        data_key = key.wrapped
        sealed, masked = _legs(leg, key)
    state = _spliced({**head, "domestic_leg": sealed}, tail)
    shown = None if leg is None else _spliced({**head, "domestic_leg": masked}, tail)
    if len(state) > _MOST_BYTES:
        raise Malformed((Breach("trade_too_large", "", "/lines", {"limit": str(_MOST_BYTES)}),))
    return TradeText(trade_id, number, entry, terms, state, shown, lines, data_key)


def registration_of(
    text: TradeText,
    known: Known,
    *,
    event_id: UUID,
    registered_by: UUID,
    operation: str,
    act: Act,
    claim: Claim | None = None,
) -> Registration:
    """The trade as its rows are written, decided on the rows in `known`; `claim` where a request waits for it."""
    entry = text.entry
    row = (
        text.trade_id,
        act.pilot,
        text.number,
        registered_by,
        entry.seller_id,
        UUID(text.terms.owner_id),
        entry.consignor_id,
        entry.buyer_id,
        text.terms.eligible,
        entry.external_ref,
        entry.trade_date,
        entry.currency,
        f"{entry.total:f}",
        act.now,
        text.state.decode(),
        text.data_key,
        act.actor,
        act.told_as,
        act.role,
        act.subject_id,
        act.traceparent,
        act.delegation_id,
        act.address,
        operation,
        event_id,
        known.version(GOODS, act.pilot),
        known.version(PILOT, act.pilot),
        known.version(SUBJECT, entry.seller_id),
        known.version(SUBJECT, entry.consignor_id),
        known.version(SUBJECT, entry.buyer_id),
        entry.export_agency_id,
        known.version(AGREEMENT, entry.export_agency_id),
        entry.procurement_agency_id,
        known.version(AGREEMENT, entry.procurement_agency_id),
        claim.principal if claim else None,
        claim.key if claim else None,
        claim.fingerprint if claim else None,
        orjson.dumps(answer_headers(text)).decode() if claim else None,
        text.answer_head.decode() if claim else None,
        text.shown.decode() if claim and text.shown else None,
    )
    return Registration(text.trade_id, claim, entry.external_ref, row, text.lines, tuple(entry.document_hashes))


def answer_headers(text: TradeText) -> dict[str, str]:
    """The headers of a registration's answer."""
    return {"content-type": "application/json", "etag": '"1"', "location": f"/v1/trades/{text.trade_id}"}


def _spliced(head: dict[str, Any], tail: bytes) -> bytes:
    # asyncpg's ids are a subclass of UUID, which orjson leaves to `default`.
    return orjson.dumps(head, default=str)[:-1] + tail


def _head(trade_id: UUID, number: str, entry: TradeEntry, terms: Settled, act: Act) -> dict[str, Any]:
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


def _line(line_id: UUID, line_no: int, line: LineEntry, verdict: Verdict) -> LineText:
    entered = line.__pydantic_serializer__.to_json(line)
    content = b'{"line_id":"%s","line_no":%d,%s,"verdict":%s}' % (
        str(line_id).encode(),
        line_no,
        entered[1:-1],
        verdict_of(verdict).model_dump_json().encode(),
    )
    return LineText(line_id, line_no, content, line.quantity)


def _legs(leg: DomesticLegEntry, key: RowKey) -> tuple[dict[str, Any], dict[str, Any]]:
    """The domestic leg as it travels, payer and payee sealed, and as it is shown (V66)."""
    plain = leg.model_dump(mode="json", exclude={"payer", "payee"})
    sealed = {
        column.column: key.seal(text, column, mask=text[:1] + "***")
        for column, text in ((PAYER, leg.payer), (PAYEE, leg.payee))
    }
    travelling = {name: each.model_dump() for name, each in sealed.items()}
    return {**plain, **travelling}, {**plain, **{name: each.mask for name, each in sealed.items()}}
