"""A column and the stored document of a row can't differ: the database refuses such a row."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

_COLUMNS = {
    "version": "version + 1",
    "status": "'void'",
    "eligible": "NOT eligible",
    "currency": "'EUR'",
    "total": "total + 1",
    "trade_date": "trade_date - 1",
    "external_ref": "'another'",
    "seller_id": "consignor_id",
    "owner_id": "consignor_id",
    "consignor_id": "seller_id",
    "buyer_id": "NULL",
}


async def refused(market: Any, dsn: str, statement: str) -> str | None:
    """The name of the CHECK that refuses a statement which changes a registered trade directly in the database."""
    await market.registered(external_ref="S-1")
    with psycopg.connect(dsn) as connection, pytest.raises(psycopg.errors.CheckViolation) as found:
        connection.execute(statement.encode())
    return found.value.diag.constraint_name


@pytest.mark.parametrize("column", _COLUMNS)
async def test_a_trades_column_cannot_leave_its_state(market: Any, dsn: str, column: str) -> None:
    assert await refused(market, dsn, f"UPDATE trades SET {column} = {_COLUMNS[column]}") == "ck_trades_state"


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ('UPDATE trades SET state = state || \'{"total": "306.01"}\'', "ck_trades_state"),
        ("UPDATE trades SET state = state - 'version'", "ck_trades_state"),
        ("UPDATE trade_versions SET version = 2", "ck_trade_versions_state"),
        ("UPDATE trade_versions SET state = state - 'version'", "ck_trade_versions_state"),
        ("UPDATE trade_lines SET line_no = 2", "ck_trade_lines_content"),
        ("UPDATE trade_lines SET content = content - 'line_no'", "ck_trade_lines_content"),
    ],
)
async def test_a_document_cannot_leave_its_columns(market: Any, dsn: str, statement: str, check: str) -> None:
    assert await refused(market, dsn, statement) == check
