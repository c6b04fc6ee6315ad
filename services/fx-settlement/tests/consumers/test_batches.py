"""However the events are cut into batches, fx-settlement keeps the same rows and says the same events."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.consumers.subscriptions import subscriptions
from fx_settlement.store.tables import metadata
from fx_settlement.store.tables.row import messaging
from shared.database import make_sessions
from shared.events.base import Event
from shared.events.trade_ledger import GoodsReturned, TradeCorrected, TradeVoided
from shared.messaging.applying import apply_records
from shared.messaging.bus import Record
from shared.messaging.progress import progress_of, store_sequences
from shared.workshop.testing.registry_events import PILOT
from shared.workshop.testing.signing import TRUST, signed

HEARD = subscriptions.believing(TRUST)
_NUMBERED_BY_ITSELF = "'{id,event_id,entry_id,xid,payload}'::text[]"
# A match that is cut goes on under an id of its own.
_SAID = r"""regexp_replace(convert_from(payload, 'UTF8'), '"match_id"\:"[^"]*"', '', 'g')"""


def record(offset: int, key: UUID, sequence: int, event: Event) -> Record:
    fields = {
        "ce_id": str(uuid5(key, str(sequence))), "ce_type": event.TYPE, "ce_source": "/services/trade-ledger",
        "ce_subject": str(key), "ce_sequence": str(sequence), "ce_time": f"2026-05-13T01:00:{offset:02}Z",
        "ce_actor": "actor_untold", "ce_pilot": PILOT,
    }  # fmt: skip
    headers = [(name, value.encode()) for name, value in fields.items()]
    return signed(Record(event.TOPIC, 0, offset, str(key), event.model_dump_json().encode(), headers))


@pytest.fixture
async def records(trading: Any) -> list[Record]:
    """Trades that shrink and end under an advance, and declarations that are released, and shrink under a match."""
    paid, plain = trading.trade("1000.00"), trading.trade("50.00")
    await trading.hear(paid)
    advance = await trading.booked("1000.00")
    linked = await trading.act(advance, "advances", {"trade_id": str(paid.trade.trade_id), "amount": "800.00"})
    assert linked.status_code == 200, linked.text
    _, (matched,) = await trading.released(trading.portion("500.00"))
    await trading.matched(await trading.booked("500.00"), (matched, "500.00"))
    other = trading.declaration(trading.portion(), trading.portion("5.00"))

    def now(trade: Any, kind: type[Any], **changed: Any) -> Any:
        return kind(trade=trade.trade.model_copy(update=changed))

    def with_returned(declaration: Any, *values: str) -> Any:
        portions = [
            portion.model_copy(update={"returned_quantity": Decimal(1), "returned_value": Decimal(value)})
            for portion, value in zip(declaration.declaration.portions, values, strict=True)
        ]
        return GoodsReturned(declaration=declaration.declaration.model_copy(update={"portions": tuple(portions)}))

    again = trading.declaration(matched, declaration_id=matched.declaration_id)
    histories: list[tuple[UUID, Sequence[Event]]] = [
        (
            paid.trade.trade_id,
            [
                paid,
                now(paid, TradeCorrected, total=Decimal("600.00"), version=2),
                now(paid, TradeVoided, status="void", version=3),
            ],
        ),
        (plain.trade.trade_id, [plain, now(plain, TradeCorrected, total=Decimal("70.00"), version=2)]),
        (matched.declaration_id, [again, with_returned(again, "450.00")]),
        (other.declaration.declaration_id, [other, with_returned(other, "10.00", "1.00")]),
    ]
    # One event of each aggregate after the other, so that neighbours are of different ones.
    said = [
        (key, sequence, events[sequence - 1])
        for sequence in (1, 2, 3)
        for key, events in histories
        if sequence <= len(events)
    ]
    return [record(offset, *each) for offset, each in enumerate(said)]


async def apply(session: AsyncSession, batches: Sequence[Sequence[Record]]) -> None:
    for batch in batches:
        progress = await progress_of(session, messaging, {(each.topic, each.key) for each in batch})
        await apply_records(session, messaging, HEARD, batch, progress, live=True)
        await session.flush()
        await store_sequences(session, messaging, progress)


async def rows_after(trading: Any, batches: Sequence[Sequence[Record]]) -> dict[str, list[str]]:
    """All tables after these batches, which are rolled back."""
    async with make_sessions(trading.door.worker)() as session:
        await apply(session, batches)
        rows = {}
        for name in metadata.tables:
            if not await session.scalar(text("SELECT has_table_privilege(:name, 'SELECT')"), {"name": name}):
                continue
            said = _SAID if name == "outbox" else "''"
            query = f"SELECT (to_jsonb(t) - {_NUMBERED_BY_ITSELF})::text || {said} FROM {name} t ORDER BY 1"
            rows[name] = list(await session.scalars(text(query)))
        await session.rollback()
    return rows


# Nothing is shrunk: eight cuts are few enough to read, and each example is a database's work.
@settings(
    max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.sets(st.integers(1, 8)))
async def test_any_batches_give_the_same_rows_and_the_same_events(
    trading: Any, records: list[Record], cuts: set[int]
) -> None:
    one_by_one = await rows_after(trading, [[each] for each in records])
    said = [row for row in one_by_one["outbox"] if "advance_unlinked" in row or "collection_unmatched" in row]
    assert len(said) == 2
    edges = [0, *sorted(cuts), len(records)]
    batches = [records[first:after] for first, after in pairwise(edges)]
    in_batches = await rows_after(trading, batches)
    differing = {
        name: set(rows) ^ set(one_by_one[name]) for name, rows in in_batches.items() if rows != one_by_one[name]
    }
    assert differing == {}, differing
