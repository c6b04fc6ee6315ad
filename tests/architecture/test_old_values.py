"""Values that earlier releases stored as people wrote them: a migration brings them to code and spelling."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from marketctl.layout import ROOT
from shared.migrations import upgrade
from shared.vocabulary.spelling import Unreadable, name_spelling, reference_spelling
from shared.workshop.testing.servers import MakeDatabase

_PLAIN = {
    "text": "x", "boolean": False, "integer": 0, "bigint": 0, "numeric": 0, "date": "2026-01-01", "jsonb": "[]",
    "timestamp with time zone": "2026-01-01T00:00:00Z", "ARRAY": "{}",
}  # fmt: skip
SUBJECTS = {
    "registry": ("subjects", "0009"),
    "trade-ledger": ("subject_copies", "0019"),
    "fx-settlement": ("subject_copies", "0015"),
    "tax-exemption": ("subject_copies", "0013"),
}
"""Where a service keeps subjects, and the migration before the codes of their qualifications."""


def insert(connection: psycopg.Connection[Any], table: str, **stated: Any) -> None:
    """A row with these values, and with something in every other column that must be filled."""
    needed = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
        " AND is_nullable = 'NO' AND column_default IS NULL AND is_generated = 'NEVER'", [table]
    ).fetchall()  # fmt: skip
    row = {name: str(uuid4()) if kind == "uuid" else _PLAIN[kind] for name, kind in needed}
    row |= {name: "USD" for name in row if name.endswith("currency")}
    row |= {name: json.dumps(each) if isinstance(each, dict | list) else each for name, each in stated.items()}
    marks = ", ".join(["%s"] * len(row))
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
    connection.execute(statement, list(row.values()))  # type: ignore[call-overload]  # SQL of the test


def held(kind: str, value: str) -> dict[str, Any]:
    return {"kind": kind, "value": value, "valid_from": "2026-01-01", "valid_to": None, "source": "", "bank_id": None}


@pytest.mark.parametrize("service", SUBJECTS)
def test_a_qualifications_word_becomes_its_code_where_its_meaning_is_certain(
    make_database: MakeDatabase, service: str
) -> None:
    table, before = SUBJECTS[service]
    told = [
        ("fx_directory", "c", "C"),
        ("fx_directory", "Ｃ 类", "C"),
        ("fx_directory", "A", "A"),
        ("fx_directory", "特", "特"),
        ("filing_frequency", "Quarterly", "quarter"),
        ("filing_frequency", "按\u200b月", "month"),
        ("filing_frequency", "半年", "半年"),
        ("taxpayer_kind", "Small-Scale", "small_scale"),
        ("customs_filing", "c", "c"),
        ("tax_authority", "月", "月"),
    ]
    dsn = make_database()
    upgrade(ROOT / "services" / service, dsn, before)
    with psycopg.connect(dsn, autocommit=True) as connection:
        insert(connection, table, qualifications=[held(kind, value) for kind, value, _ in told])
        upgrade(ROOT / "services" / service, dsn)
        rows = connection.execute(f"SELECT qualifications FROM {table}".encode()).fetchall()
    assert rows == [([held(kind, code) for kind, _, code in told],)]


BEFORE = {"registry": "0010", "trade-ledger": "0020", "fx-settlement": "0016", "tax-exemption": "0014"}
"""The migration before the one that spells references and names."""
WRITTEN = [
    "FA-14", "FA-14\u200b", "ＦＡ－１５", "\ufeffFA\u201116", "F\u00adA-17", "No.  18", "合同　19", "A\u3000\u00a020",
    "Ⅳ21",
    "é22", "e\u030123", "A\U000e002024", "样例", "A\u0007B", "A\u202e25", "\ue00026", "货单（27）",
    "ﾊﾝ28", "x²29", "\u200b", "½30 kg", "ﬁ31",
]  # fmt: skip
"""References and names as people paste, scan and type them."""


def spelled(text: str, spelling: Callable[[str], str]) -> str:
    try:
        return spelling(text) or text
    except Unreadable:
        return text


@pytest.mark.parametrize(
    ("service", "table", "column", "spelling"),
    [
        ("registry", "subjects", "display_name", name_spelling),
        ("trade-ledger", "declarations", "customs_number", reference_spelling),
        ("trade-ledger", "loads", "seal_number", reference_spelling),
        ("fx-settlement", "entitlement_portions", "customs_number", reference_spelling),
        ("tax-exemption", "exemption_items", "customs_number", reference_spelling),
        ("tax-exemption", "exemption_returns", "outside_reference", reference_spelling),
    ],
)
def test_what_was_stored_is_spelled_as_what_is_entered(
    make_database: MakeDatabase, service: str, table: str, column: str, spelling: Callable[[str], str]
) -> None:
    dsn = make_database()
    upgrade(ROOT / "services" / service, dsn, BEFORE[service])
    with psycopg.connect(dsn, autocommit=True) as connection:
        for n, text in enumerate(WRITTEN):
            insert(connection, table, **{column: text}, **_unique_of(connection, table, n))
        upgrade(ROOT / "services" / service, dsn)
        rows = [row[0] for row in connection.execute(f"SELECT {column} FROM {table}".encode())]
    # Half-width letters of another script stay in a name, for a person to read.
    odd = {"ﾊﾝ28"} if spelling is name_spelling else set()
    assert sorted(rows) == sorted(text if text in odd else spelled(text, spelling) for text in WRITTEN)


def _unique_of(connection: psycopg.Connection[Any], table: str, n: int) -> dict[str, Any]:
    columns = {row[0] for row in connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])}  # fmt: skip
    return {name: f"LS-{n}" for name in ("number", "identity_index") if name in columns}


def test_two_bank_references_that_become_the_same_stay(make_database: MakeDatabase) -> None:
    """V39: whatever their kind, and only at one bank."""
    bank, other = str(uuid4()), str(uuid4())
    dsn = make_database()
    upgrade(ROOT / "services" / "fx-settlement", dsn, BEFORE["fx-settlement"])
    told = [
        ("collections", bank, "FA-14", "FA-14"),
        ("pass_ons", bank, "FA-14\u200b", "FA-14\u200b"),
        ("collections", other, "FA-14\u200b", "FA-14"),
        ("conversions", bank, "ＣＶ-1", "CV-1"),
        ("collections", bank, "TT\u200b2", "TT\u200b2"),
        ("collections", bank, "TT\u200b\u200b2", "TT\u200b\u200b2"),
        ("pass_ons", bank, "PO\u200b3", "PO3"),
    ]
    with psycopg.connect(dsn, autocommit=True) as connection:
        for n, (table, bank_id, written, _) in enumerate(told):
            shapes = {"currency": "USD", "amount": 1, "number": f"N{n}"} | (
                {"blocked_by": []} if table == "collections" else {}
            )
            insert(connection, table, bank_id=bank_id, bank_reference=written, **shapes)
        upgrade(ROOT / "services" / "fx-settlement", dsn)
        for n, (table, _, _, expected) in enumerate(told):
            query = f"SELECT bank_reference FROM {table} WHERE number = 'N{n}'"
            assert connection.execute(query.encode()).fetchone() == (expected,), n


def test_a_slip_is_spelled_in_its_column_and_its_document(make_database: MakeDatabase) -> None:
    """R-TRADE-1: two slips that look the same stay two, and a new one of that look is refused."""
    operator = str(uuid4())
    dsn = make_database()
    upgrade(ROOT / "services" / "trade-ledger", dsn, BEFORE["trade-ledger"])
    written = ["S-1", "S-1\u200b", "Ｓ-2", "", ""]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE trades DROP CONSTRAINT ck_trades_state")
        for n, text in enumerate(written):
            state = {"external_ref": text, "stall_number": "02\u2011000018", "domestic_leg": {"reference": "D\u200b1"}}
            insert(connection, "trades", number=f"N{n}", registered_by=operator, external_ref=text, state=state)
        insert(connection, "subject_copies", stalls=[{"stall_number": "02-\u200b18", "valid_from": "2026-01-01"}],
               stall_numbers="{02-\u200b18}")  # fmt: skip
        upgrade(ROOT / "services" / "trade-ledger", dsn)
        trades = connection.execute("SELECT external_ref, state FROM trades ORDER BY number").fetchall()
        ((stalls, numbers),) = connection.execute("SELECT stalls, stall_numbers FROM subject_copies").fetchall()
    assert [ref for ref, _ in trades] == ["S-1", "S-1\u200b", "S-2", "", ""]
    assert [state for _, state in trades] == [
        {"external_ref": ref, "stall_number": "02-000018", "domestic_leg": {"reference": "D1"}} for ref, _ in trades
    ]
    assert ([each["stall_number"] for each in stalls], numbers) == (["02-18"], ["02-18"])
