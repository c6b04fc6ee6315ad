"""A trade's state becomes its event."""

from __future__ import annotations

from typing import Any

from shared.events.trade_ledger import TradeEvent, TradeState
from trade_ledger.store.tables.trades import TradeRow


def trade_state(row: TradeRow) -> TradeState:
    """The public state of a trade."""
    return TradeState.model_validate(row.state)


def trade_event(kind: type[TradeEvent], state: dict[str, Any] | TradeState, reason: str = "") -> TradeEvent:
    """The event of a change."""
    return kind.model_validate({"trade": state, "reason": reason})
