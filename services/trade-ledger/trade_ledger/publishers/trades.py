"""Makes a trade's event from its state, and a line's verdict fields from a verdict."""

from __future__ import annotations

from shared.events.trade_ledger import TradeEvent, TradeState, Verdict
from shared.vocabulary import recognition


def trade_event(kind: type[TradeEvent], state: TradeState, reason: str = "") -> TradeEvent:
    """The event of a change."""
    return kind(trade=state, reason=reason)


def verdict_of(found: recognition.Verdict) -> Verdict:
    """A verdict as the line keeps it, with the list version and entry behind it (V8)."""
    return Verdict(
        decision=found.decision,
        list_version=recognition.list_version(found.reference),
        rule=found.reference,
        reason=found.reason,
        reason_zh=found.reason_zh,
    )
