"""Stores events of fx-settlement and tax-exemption about this service's objects, for the trace (R-DECL-5)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.base import Event, Received
from shared.rows import columns_from, put
from trade_ledger.store.documents import Shown
from trade_ledger.store.tables.copies import TraceLink

_NAMED = ("trade_id", "portion_id", "declaration_id", "collection_id", "return_id", "certificate_id",
          "pass_on_id", "conversion_id", "proof_portion_ids", "portion_ids", "collector_id", "owner_id",
          "agent_id", "principal_id", "holder_id", "stall_holder_id", "filer_id", "operator_id")  # fmt: skip
_SHOWN = ("status", "number", "amount", "currency", "matched", "collectable", "total_rmb", "value", "month",
          "issued_number", "outcome", "rmb_amount", "customs_number")  # fmt: skip


async def link_event(session: AsyncSession, received: Received[Event]) -> None:
    """One row per event with every id it names."""
    content = received.event.model_dump(mode="json")
    refs: set[str] = {received.key}
    shown: dict[str, Any] = {}
    _gather(content, refs, shown)
    link = columns_from(
        TraceLink, received, at=received.occurred_at, refs=sorted(refs), shown=Shown.model_validate(shown)
    )
    await put(session, TraceLink, link)


def _gather(content: Any, refs: set[str], shown: dict[str, Any], depth: int = 0) -> None:
    if isinstance(content, list):
        for each in content:
            _gather(each, refs, shown, depth + 1)
        return
    if not isinstance(content, dict):
        return
    for name, value in content.items():
        if name in _NAMED and value is not None:
            refs.update(value if isinstance(value, list) else [value])
        elif name in _SHOWN and depth <= 1:
            shown[name] = value
        _gather(value, refs, shown, depth + 1)
