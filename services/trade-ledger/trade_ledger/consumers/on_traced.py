"""Stores events of the other services about this service's objects and their parties, for the trace (R-DECL-5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.base import Event, Received, told_reference
from shared.events.registry import SubjectEvent
from shared.row_sets import put_all
from shared.rows import columns_from
from trade_ledger.store.asked import REFERENCES
from trade_ledger.store.documents import Shown
from trade_ledger.store.tables.copies import TraceLink

_NAMED = ("trade_id", "portion_id", "declaration_id", "collection_id", "return_id", "certificate_id",
          "pass_on_id", "conversion_id", "proof_portion_ids", "portion_ids", "collector_id", "owner_id",
          "agent_id", "principal_id", "holder_id", "stall_holder_id", "filer_id", "operator_id",
          "subject_id", "agreement_id", "filed_by")  # fmt: skip
_SHOWN = ("status", "number", "amount", "currency", "matched", "collectable", "total_rmb", "value", "month",
          "issued_number", "outcome", "rmb_amount", "customs_number", "kind")  # fmt: skip


_SPELLED = ("issued_number", "customs_number")


async def link_events(session: AsyncSession, received: Sequence[Received[Event]]) -> None:
    """One row per event with every id it names, and the numbers by which people ask for it."""
    await put_all(session, TraceLink, [_event_link(each) for each in received])


async def link_filings(session: AsyncSession, received: Sequence[Received[SubjectEvent]]) -> None:
    """One row per event of a subject: which filing changed, and how it stands (V66: no name and no identity)."""
    await put_all(session, TraceLink, [_filing_link(each) for each in received])


def _event_link(received: Received[Event]) -> dict[str, Any]:
    content = received.event.model_dump(mode="json")
    refs: set[str] = {received.key}
    shown: dict[str, Any] = {}
    _gather(content, refs, shown)
    return _link(received, refs, shown)


def _filing_link(received: Received[SubjectEvent]) -> dict[str, Any]:
    state = received.event.subject
    refs = {received.key, str(state.subject_id)} | {str(each.filed_by) for each in state.roles if each.filed_by}
    shown: dict[str, Any] = {"number": state.number}
    for each in state.roles:
        if each.role == received.event.role:
            shown |= {"role": each.role, "filing_number": each.filing_number, "status": each.status}
    return _link(received, refs, shown)


def _link(received: Received[Any], refs: set[str], shown: dict[str, Any]) -> dict[str, Any]:
    return columns_from(
        TraceLink, received, at=received.occurred_at, refs=sorted(refs), shown=Shown.model_validate(shown)
    )


def _gather(content: Any, refs: set[str], shown: dict[str, Any], depth: int = 0) -> None:
    if isinstance(content, list):
        for each in content:
            _gather(each, refs, shown, depth + 1)
        return
    if not isinstance(content, dict):
        return
    for name, value in content.items():
        refs.update(_named(name, value, depth))
        if name in _SHOWN and depth <= 1:
            shown[name] = told_reference(value) if name in _SPELLED and value else value
        _gather(value, refs, shown, depth + 1)


def _named(name: str, value: Any, depth: int) -> list[str]:
    if not value:
        return []
    if name in _NAMED:
        return value if isinstance(value, list) else [value]
    return [f"{name}:{told_reference(str(value))}"] if name in REFERENCES and depth <= 1 else []
