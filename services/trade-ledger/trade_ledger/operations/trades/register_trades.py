"""The one way to register trades: one, a bulk or a workbook are the same few set-based statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import TradeRegistered
from shared.messaging.outbox import INSERT_OUTBOX, outbox_row
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach
from trade_ledger.operations.trades.prepare_trades import PreparedTrade
from trade_ledger.publishers.trades import trade_event
from trade_ledger.store.tables.row import numbers
from trade_ledger.store.tables.trades import LineCounterRow, TradeLineRow, TradeRow, TradeVersionRow


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of one prepared trade."""

    breaches: tuple[Breach, ...]
    state: dict[str, Any] | None = None


async def register_trades(
    session: AsyncSession, prepared: Sequence[PreparedTrade], *, registered_by: UUID, act: Act
) -> list[Registered]:
    """Write those without breaches and announce each; five statements whatever their number."""
    taken = await _taken_refs(session, prepared, registered_by, act.pilot)
    outcomes: list[Registered] = []
    for each in prepared:
        ref = each.entered.external_ref
        if each.breaches:
            outcomes.append(Registered(each.breaches))
        elif ref and ref in taken:
            params = {"reference": ref}
            outcomes.append(Registered((Breach("slip_registered_already", "R-TRADE-1", "/external_ref", params),)))
        else:
            taken.add(ref)
            outcomes.append(Registered((), each.state))
    states = [outcome.state for outcome in outcomes if outcome.state is not None]
    if states:
        await _number(session, states, act.pilot)
        await _write(session, states, registered_by, act)
    return outcomes


async def _taken_refs(
    session: AsyncSession, prepared: Sequence[PreparedTrade], registered_by: UUID, pilot: str
) -> set[str]:
    refs = [each.entered.external_ref for each in prepared if each.entered.external_ref]
    if not refs:
        return set()
    query = select(TradeRow.external_ref).where(
        TradeRow.pilot == pilot, TradeRow.registered_by == registered_by, TradeRow.external_ref.in_(refs)
    )
    return set((await session.execute(query)).scalars())


async def _number(session: AsyncSession, states: Sequence[dict[str, Any]], pilot: str) -> None:
    series = select(numbers["trade"].next_value()).select_from(func.generate_series(1, len(states)))
    for state, serial in zip(states, (await session.execute(series)).scalars(), strict=True):
        state["number"] = human_number(pilot, "TR", serial)


async def _write(session: AsyncSession, states: Sequence[dict[str, Any]], registered_by: UUID, act: Act) -> None:
    await session.execute(insert(TradeRow), [trade_row(state, registered_by, act) for state in states])
    await session.execute(insert(TradeLineRow), [row for state in states for row in line_rows(state)])
    await session.execute(insert(LineCounterRow), [row for state in states for row in _counter_rows(state)])
    await session.execute(insert(TradeVersionRow), [version_row(state, act, "registered") for state in states])
    events = [
        outbox_row(trade_event(TradeRegistered, state), key=state["trade_id"], sequence=1, act=act) for state in states
    ]
    await session.execute(INSERT_OUTBOX, events)


def trade_row(state: dict[str, Any], registered_by: UUID, act: Act) -> dict[str, Any]:
    """A trade's row from its state."""
    ids = {name: UUID(state[name]) for name in ("seller_id", "owner_id", "consignor_id")}
    return {
        "id": UUID(state["trade_id"]),
        **{name: state[name] for name in ("pilot", "number", "version", "status", "eligible", "external_ref")},
        "registered_by": registered_by,
        **ids,
        "buyer_id": UUID(state["buyer_id"]) if state["buyer_id"] else None,
        "trade_date": date.fromisoformat(state["trade_date"]),
        "currency": state["currency"],
        "total": Decimal(state["total"]),
        "registered_at": act.now,
        "handed_over_at": None,
        "state": state,
    }


def line_rows(state: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a trade's lines."""
    return [
        {
            "id": UUID(line["line_id"]),
            "trade_id": UUID(state["trade_id"]),
            "pilot": state["pilot"],
            "line_no": line["line_no"],
            "content": line,
        }
        for line in state["lines"]
    ]


def _counter_rows(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"line_id": UUID(line["line_id"]), "pilot": state["pilot"], "registered": Decimal(line["quantity"])}
        for line in state["lines"]
    ]


def version_row(state: dict[str, Any], act: Act, reason: str) -> dict[str, Any]:
    """The history line of a trade's version."""
    return {
        "trade_id": UUID(state["trade_id"]),
        "version": state["version"],
        "at": act.now,
        "actor": act.actor,
        "reason": reason,
        "state": state,
    }
