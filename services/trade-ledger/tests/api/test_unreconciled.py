"""The one statement that registers trades takes none while database and bus contradict each other."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

REGISTER = ("POST", "/v1/trades")


def written(dsn: str) -> Any:
    counted = "SELECT (SELECT count(*) FROM trades), (SELECT count(*) FROM outbox), (SELECT count(*) FROM trade_lines)"
    with psycopg.connect(dsn) as connection:
        return connection.execute(counted).fetchone()


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ("INSERT INTO contradictions (part, code, reason) VALUES ('relay', 'x', 'found')", "needs_reconciling"),
        ("UPDATE lineage SET compared_in = 'another cluster'", "not_compared"),
    ],
)
async def test_no_trade_is_registered_while_database_and_bus_disagree_and_a_repeat_is_answered(
    market: Any, dsn: str, cause: str, code: str
) -> None:
    first = await market.door.call(*REGISTER, market.trade(external_ref="1"), key="k", **market.as_operator())
    assert first.status_code == 201
    before = written(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(cause)  # type: ignore[arg-type]  # a constant of the test
    refused = await market.door.call(*REGISTER, market.trade(external_ref="2"), **market.as_operator())
    assert (refused.status_code, refused.json()["code"], written(dsn)) == (503, code, before)
    again = await market.door.call(*REGISTER, market.trade(external_ref="1"), key="k", **market.as_operator())
    assert (again.status_code, again.content) == (201, first.content)
