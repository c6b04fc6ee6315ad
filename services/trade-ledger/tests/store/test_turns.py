from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from trade_ledger.store.turns import Turns


class Ledger:
    """Writes numbers; a batch with a negative one is refused whole, as a database would."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def flush(self, items: Sequence[int]) -> list[int]:
        await self.gate.wait()
        if any(item < 0 for item in items):
            raise ValueError("negative")
        self.batches.append(list(items))
        return [item * 10 for item in items]


async def test_items_that_wait_while_a_batch_is_written_make_the_next_batch() -> None:
    ledger = Ledger()
    turns: Turns[int, int] = Turns(ledger.flush, key=lambda item: item)
    ledger.gate.clear()
    waiting = [asyncio.create_task(turns.join(n)) for n in range(5)]
    await asyncio.sleep(0)
    more = [asyncio.create_task(turns.join(n)) for n in range(5, 8)]
    await asyncio.sleep(0)
    ledger.gate.set()
    assert await asyncio.gather(*waiting, *more) == [n * 10 for n in range(8)]
    assert [item for batch in ledger.batches for item in batch] == list(range(8))
    assert len(ledger.batches) <= 2


async def test_a_bad_item_fails_alone() -> None:
    ledger = Ledger()
    turns: Turns[int, int] = Turns(ledger.flush, key=lambda item: item)
    outcomes = await asyncio.gather(*(turns.join(n) for n in (1, -1, 2)), return_exceptions=True)
    assert (outcomes[0], outcomes[2]) == (10, 20)
    assert isinstance(outcomes[1], ValueError)
    assert await turns.join(3) == 30


async def test_items_of_one_key_never_share_a_batch_and_keep_their_order() -> None:
    ledger = Ledger()
    turns: Turns[int, int] = Turns(ledger.flush, key=lambda item: item % 2)
    assert await asyncio.gather(*(turns.join(n) for n in range(6))) == [n * 10 for n in range(6)]
    assert all(len({item % 2 for item in batch}) == len(batch) for batch in ledger.batches)
    assert [item for batch in ledger.batches for item in batch if item % 2] == [1, 3, 5]


async def test_an_item_whose_caller_gave_up_is_left_out() -> None:
    ledger = Ledger()
    turns: Turns[int, int] = Turns(ledger.flush, key=lambda item: item)
    ledger.gate.clear()
    first = asyncio.create_task(turns.join(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second = asyncio.create_task(turns.join(2))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    ledger.gate.set()
    assert await first == 10
    await turns.close()
    assert ledger.batches == [[1]]
