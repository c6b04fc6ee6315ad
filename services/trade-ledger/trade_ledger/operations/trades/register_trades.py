"""The one way to register trades: one, a bulk or a workbook are the same single statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from shared.act import Act
from trade_ledger.operations.trades.trade_text import TradeText
from trade_ledger.store.known import GOODS, PARTIES
from trade_ledger.store.register_statement import COLUMNS, REGISTER, TRADE_COLUMNS


@dataclass(frozen=True, slots=True)
class Claim:
    """The idempotency key that the registration takes, with the answer kept under it."""

    key: str
    fingerprint: bytes
    headers: str


@dataclass(frozen=True, slots=True)
class Registration:
    """A trade ready to write, for whom, by which operation; `claim` where it is a request of its own."""

    text: TradeText
    registered_by: UUID
    operation: str
    act: Act
    claim: Claim | None = None


async def register_trades(connection: Any, registrations: Sequence[Registration]) -> list[str]:
    """What became of each, as `store.register_statement` names it; all rows of a trade are written, or none."""
    order = sorted(range(len(registrations)), key=lambda n: _key(registrations[n]))
    arrays = _arrays([registrations[n] for n in order])
    rows = await connection.fetch(REGISTER, *arrays)
    outcomes = [""] * len(registrations)
    for n, row in zip(order, rows, strict=True):
        outcomes[n] = row["outcome"]
    return outcomes


def _key(registration: Registration) -> tuple[str, str]:
    return registration.act.actor, registration.claim.key if registration.claim else ""


def _arrays(registrations: Sequence[Registration]) -> list[list[Any]]:
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    appends = [columns[name].append for name in TRADE_COLUMNS]
    for each in registrations:
        for append, value in zip(appends, _row(each), strict=True):
            append(value)
        trade_id = each.text.trade_id
        for line in each.text.lines:
            columns["line_trade_id"].append(trade_id)
            columns["line_id"].append(line.line_id)
            columns["line_no"].append(line.line_no)
            columns["content"].append(line.content.decode())
            columns["quantity"].append(f"{line.quantity:f}")
        for content_hash in each.text.prepared.entry.document_hashes:
            columns["document_trade_id"].append(trade_id)
            columns["content_hash"].append(content_hash)
    return list(columns.values())


def _row(each: Registration) -> tuple[Any, ...]:
    text, act, claim = each.text, each.act, each.claim
    prepared = text.prepared
    entry = prepared.entry
    return (
        text.trade_id,
        act.pilot,
        text.number,
        each.registered_by,
        entry.seller_id,
        text.owner_id,
        entry.consignor_id,
        entry.buyer_id,
        prepared.terms.eligible,
        entry.external_ref,
        entry.trade_date,
        entry.currency,
        f"{entry.total:f}",
        act.now,
        text.state.decode(),
        act.actor,
        act.role,
        act.subject_id,
        act.traceparent,
        each.operation,
        uuid7(),
        text.payload,
        prepared.known.versions[PARTIES],
        prepared.known.versions[GOODS],
        claim.key if claim else None,
        claim.fingerprint if claim else None,
        claim.headers if claim else None,
        text.answer if claim else None,
    )
