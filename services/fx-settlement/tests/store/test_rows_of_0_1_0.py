"""Documents that 0.1.0 stored are read, shown and decided on as before (schema revision 0002)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from fx_settlement.app import service
from shared.migrations import differences, upgrade
from shared.vocabulary.identifiers import first_account
from shared.workshop.testing.client import open_door
from shared.workshop.testing.servers import MakeDatabase
from shared.workshop.testing.tokens import ServedMint

SERVICE = Path(__file__).parents[2]
BANK, PERSON, COLLECTION, BY_PROOF, BY_QUOTA, PORTION = (UUID(int=0x19A << 116 | n) for n in range(1, 7))
ROLE = {
    "role": "stall_holder", "filing_number": "LS-SH-1", "status": "effective", "filed_by": None,
    "effective_from": "2026-01-01T00:00:00Z", "suspended_at": None, "exited_at": None, "stop_order": False,
    "reason": "", "version": 2,
}  # fmt: skip
ACCOUNT = {
    "kind": "personal_fx_account", "value": "yes", "valid_from": "2026-01-01", "valid_to": None, "source": "",
    "bank_id": str(BANK),
}  # fmt: skip
PAYER = {"mask": "V***", "blind_index": "0" * 64, "ciphertext": "k1.AAAA"}


def fill(dsn: str) -> None:
    """A person with USD 1000 in a personal account, 10 converted on proof before and 60 of a stated quota of 100."""

    def insert(table: str, **row: Any) -> None:
        values = [json.dumps(each) if isinstance(each, (dict, list)) else each for each in row.values()]
        holes = ", ".join(["%s"] * len(values))
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({holes})".encode(), values)

    with psycopg.connect(dsn) as connection:
        insert("bank_copies", bank_id=BANK, pilot="longshui", name="行", valid_from="2026-01-01")
        insert("subject_copies", subject_id=PERSON, pilot="longshui", natural_person=True, display_name="王",
               roles=[ROLE], qualifications=[ACCOUNT], sequence=3)  # fmt: skip
        insert("personal_balances", holder_id=PERSON, currency="USD", pilot="longshui", balance=1000)
        insert("collections", id=COLLECTION, pilot="longshui", number="LS-CO-1", version=1, bank_id=BANK,
               bank_reference="TT1", collector_id=PERSON, account_kind="personal", method="fx", currency="USD",
               amount=1070, bank_charges=0, matched=0, refunded=0, linked=0, received_on="2026-05-12", payer=PAYER,
               payer_relation="buyer", payer_evidence_hash="")  # fmt: skip
        same = {"pilot": "longshui", "bank_id": BANK, "holder_id": PERSON, "currency": "USD", "rate": 7,
                "rate_id": "r", "converted_on": "2026-05-12"}  # fmt: skip
        insert("conversions", id=BY_PROOF, number="LS-CV-1", bank_reference="CV1", amount=10, rmb_amount=70,
               uses_quota=False, proof_portion_ids=[str(PORTION)], **same)  # fmt: skip
        insert("conversions", id=BY_QUOTA, number="LS-CV-2", bank_reference="CV2", amount=60, rmb_amount=420,
               uses_quota=True, proof_portion_ids=[], quota_statement={"reference": "Q-1", "remaining": "100.00"},
               **same)  # fmt: skip


@pytest.fixture
async def old(make_database: MakeDatabase, make_trading: Any, mint: ServedMint, tmp_path: Path) -> AsyncIterator[Any]:
    dsn = make_database()
    upgrade(SERVICE, dsn, "0002")
    fill(dsn)
    upgrade(SERVICE, dsn)
    assert differences(SERVICE, dsn) == []
    async with open_door(service, dsn, mint, tmp_path) as door:
        door.at(datetime(2026, 5, 13, 1, tzinfo=UTC))
        trading = make_trading(door, dsn, bank=BANK, person=PERSON)
        # 0.1.0 had no prefix of the pilot.
        await trading.hear(trading.events()[0])
        yield trading


async def test_a_payer_and_a_proof_are_shown(old: Any) -> None:
    collection = await old.door.done("GET", f"/v1/collections/{COLLECTION}", **old.as_bank())
    assert (collection["collection"]["payer"], collection["collection"]["amount"]) == ("V***", "1070.00")
    proven = await old.door.done("GET", f"/v1/conversions/{BY_PROOF}", **old.as_bank())
    assert proven["proof_portion_ids"] == [str(PORTION)]


async def test_a_filing_and_an_account_still_let_its_holder_collect(old: Any) -> None:
    booked = await old.booked("5.00", collector_id=str(PERSON), account_kind="personal")
    assert booked["collection"]["number"].startswith("LS-CO-")


@pytest.mark.parametrize(("amount", "status"), [("39.99", 201), ("40.00", 201), ("40.01", 409)])
async def test_what_was_converted_under_a_statement_still_counts(old: Any, amount: str, status: int) -> None:
    wanted = {
        "holder_id": str(PERSON), "currency": "USD", "amount": amount, "rate": "7",
        "quota_statement": {"reference": "Q-1", "remaining": "100.00"}, "converted_on": "2026-05-13",
        "bank_reference": "CV3",
    }  # fmt: skip
    answer = await old.door.call("POST", "/v1/conversions", wanted, **old.as_bank())
    assert answer.status_code == status, answer.text


async def test_money_of_0_1_0_lies_on_the_first_account_and_is_converted_from_there(old: Any) -> None:
    """0.1.0 named no account; a second one that is filed since has none of it (R-FX-2)."""
    first, further = first_account(PERSON, BANK), uuid4()
    collection = await old.door.done("GET", f"/v1/collections/{COLLECTION}", **old.as_bank())
    assert collection["collection"]["account_id"] == str(first)
    proven = await old.door.done("GET", f"/v1/conversions/{BY_PROOF}", **old.as_bank())
    assert proven["account_id"] == str(first)
    wanted = {
        "holder_id": str(PERSON), "currency": "USD", "amount": "10.00", "rate": "7", "converted_on": "2026-05-13",
        "quota_statement": {"reference": "Q-2", "remaining": "100.00"}, "bank_reference": "CV3",
    }  # fmt: skip
    await old.door.done("POST", "/v1/conversions", wanted, **old.as_bank())
    kept = (old.account(natural=True), old.account(natural=True, account_id=further))
    await old.opened(PERSON, *kept, natural=True, sequence=9)
    wanted["bank_reference"] = "CV4"
    for account, status in ((further, 409), (first, 201)):
        body = {**wanted, "account_id": str(account)}
        answer = await old.door.call("POST", "/v1/conversions", body, **old.as_bank())
        assert answer.status_code == status, answer.text
    (item,) = (await old.door.done("GET", "/v1/balances", **old.as_bank()))["items"]
    assert item["accounts"] == [{"bank_id": str(BANK), "account_id": str(first), "balance": "980.00"}]
