"""Of an erased person nobody opens who paid, in collections that needn't be kept any more (R-DATA-1)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from shared.events.registry import SubjectErased
from shared.workshop.testing.registry_events import subject


async def erased(trading: Any, who: Any, until: date) -> None:
    state = subject("buyer", subject_id=who, status="exited").subject
    await trading.hear(SubjectErased(subject=state, papers_until=until), sequence=9)


@pytest.mark.parametrize("party", ["agent", "buyer"])
async def test_the_key_of_a_collection_up_to_the_day_is_destroyed_and_its_amount_stays(
    trading: Any, party: str
) -> None:
    """R-DATA-1: just over the day it is kept, at the day it goes."""
    booked = await trading.booked()
    kept = "SELECT data_key = 'erased', amount::text FROM collections"
    await erased(trading, uuid4(), date(2026, 5, 13))
    await erased(trading, getattr(trading, party), date(2026, 5, 12))
    assert trading.ask(kept) == [(False, "1000.0000")]
    await erased(trading, getattr(trading, party), date(2026, 5, 13))
    assert trading.ask(kept) == [(True, "1000.0000")]
    shown = await trading.door.done("GET", f"/v1/collections/{booked['id']}", role="safe")
    assert shown["collection"]["amount"] == "1000.00"
