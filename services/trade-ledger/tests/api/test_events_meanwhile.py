"""Events of registry while trades are registered: those about other rows cost nothing, those about named ones count."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.events.registry import CommodityDecided
from shared.workshop.testing.registry_events import PILOT, export_agency, subject
from trade_ledger.store.known import TRIES

REGISTER = ("POST", "/v1/trades")


class Reads:
    """How often the service read rows to decide on, and how often it asked whether they moved."""

    def __init__(self, sent: list[str]) -> None:
        self._sent = sent

    @property
    def subjects(self) -> int:
        return self._of("FROM subject_copies")

    @property
    def agreements(self) -> int:
        return self._of("FROM agreement_copies")

    @property
    def lists(self) -> int:
        return self._of("FROM commodity_decision_copies")

    @property
    def tries(self) -> int:
        return sum("UNION ALL" in each for each in self._sent)

    def _of(self, text: str) -> int:
        return sum(text in each and "UNION ALL" not in each and "SELECT" in each for each in self._sent)


@contextmanager
def reads_of(market: Any) -> Iterator[Reads]:
    with market.door.statements() as sent:
        yield Reads(sent)


def about_others() -> list[Any]:
    """Two filings and an agency of strangers."""
    return [subject("stall_holder", stall=f"09-{uuid4().hex[:6]}"), subject("buyer"), export_agency(uuid4(), uuid4())]


async def test_trades_are_registered_though_strangers_are_filed_all_the_time(market: Any) -> None:
    await market.registered()
    with reads_of(market) as reads:
        for _ in range(20):
            await market.hear(*about_others())
            await market.registered()
    assert (reads.subjects, reads.agreements, reads.lists, reads.tries) == (0, 0, 0, 0)


async def test_a_load_goes_on_under_a_stream_of_strangers(market: Any) -> None:
    async def registering() -> None:
        for _ in range(10):
            await market.registered()

    with reads_of(market) as reads:
        async with asyncio.TaskGroup() as group:
            for _ in range(6):
                group.create_task(registering())
            for _ in range(30):
                await market.hear(*about_others())
    # The caller's party is read before the others that a trade names.
    assert (reads.subjects, reads.agreements, reads.lists, reads.tries) == (2, 1, 1, 0)


async def test_a_row_that_many_ask_for_at_once_is_read_once(market: Any) -> None:
    with reads_of(market) as reads:
        await asyncio.gather(*(market.registered() for _ in range(30)))
    assert (reads.subjects, reads.agreements, reads.lists, reads.tries) == (2, 1, 1, 0)


def suspended(role: str, subject_id: UUID) -> Any:
    return subject(role, subject_id=subject_id, status="suspended")


NAMED = {
    "seller": lambda market: suspended("stall_holder", market.seller),
    "consignor": lambda market: suspended("operator", market.operator),
    "buyer": lambda market: suspended("buyer", market.buyer),
    "export agency": lambda market: export_agency(
        market.seller, market.operator, agreement_id=market.agency, status="terminated"
    ),
    "goods": lambda _: CommodityDecided.model_validate(
        {
            "decision_id": uuid4(),
            "pilot": PILOT,
            "goods_name": "活动扳手",
            "hs_code": "8204120000",
            "verdict": "not_eligible",
            "reason": "seen",
            "authority": "commerce",
            "effective_from": "2026-05-01",
        }
    ),
}


@pytest.mark.parametrize("named", NAMED)
async def test_an_event_about_a_named_row_is_seen_by_the_next_trade(market: Any, named: str) -> None:
    await asyncio.gather(*(market.registered() for _ in range(3)))
    await market.hear(NAMED[named](market))
    with reads_of(market) as reads:
        answers = await asyncio.gather(
            *(market.door.call(*REGISTER, market.trade(), **market.as_operator()) for _ in range(8))
        )
    assert {each.status_code for each in answers} == {409}, [each.text for each in answers]
    # Only what moved is read again, and once.
    assert reads.subjects + reads.agreements + reads.lists == 1


# The statement that writes never finds the subjects as they were read: as if an event came between each time.
_NEVER_REST = """
CREATE POLICY never_rest ON subject_copies AS RESTRICTIVE USING (current_query() NOT LIKE '%INSERT INTO trades %')
"""
_REST = "DROP POLICY never_rest ON subject_copies"


@pytest.mark.parametrize("path", ["/v1/trades", "/v1/trades/bulk"])
async def test_facts_that_never_rest_end_with_503_and_nothing_registered(market: Any, dsn: str, path: str) -> None:
    content = json.dumps(market.trade()).encode()

    async def send() -> Any:
        return await market.door.call("POST", path, content=content, key="k", **market.as_operator())

    await market.registered()
    with psycopg.connect(dsn) as connection:
        connection.execute(_NEVER_REST)
    with reads_of(market) as reads:
        answer = await send()
    told = (answer.status_code, answer.json().get("code"), answer.headers.get("retry-after"))
    assert told == (503, "facts_keep_changing", "1")
    assert 1 < reads.tries <= TRIES
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM trades").fetchone() == (1,)
        connection.execute(_REST)
    assert (await send()).is_success
