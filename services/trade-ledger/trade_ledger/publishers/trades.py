"""A trade's state becomes its event."""

from __future__ import annotations

from typing import Any

from shared.events.trade_ledger import TradeEvent, TradeState


def trade_event(kind: type[TradeEvent], state: dict[str, Any] | TradeState, reason: str = "") -> TradeEvent:
    """The event of a change."""
    return kind.model_validate({"trade": state, "reason": reason})
