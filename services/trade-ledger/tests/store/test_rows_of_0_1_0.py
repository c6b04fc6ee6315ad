"""Declarations that 0.1.0 stored are read, shown and acted on as before (schema revision 0002)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from shared.migrations import differences, upgrade
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.registry_events import hear, subject
from shared.workshop.testing.servers import MakeDatabase
from shared.workshop.testing.tokens import ServedMint
from trade_ledger.app import service
from trade_ledger.consumers.subscriptions import subscriptions

SERVICE = Path(__file__).parents[2]
SELLER, OPERATOR, BUYER, AGENCY, TRADE, LOAD = (UUID(int=0x19A << 116 | n) for n in range(1, 7))
DRAFT, SUBMITTED, RELEASED = (UUID(int=0x19B << 116 | n) for n in range(1, 4))
LINES, LISTS, PORTIONS = (tuple(UUID(int=kind << 116 | n) for n in range(3)) for kind in (0x19C, 0x19D, 0x19E))
VERDICT = {"decision": "eligible", "list_version": "positive@1", "rule": "positive@1#1", "reason": "tools",
           "reason_zh": "工具"}  # fmt: skip


def line(number: int) -> dict[str, Any]:
    return {
        "line_id": str(LINES[number]), "line_no": number + 1, "goods_name": "活动扳手", "specification": "",
        "brand": "", "brand_statement": "", "brand_evidence_hash": None, "item_mark": "", "hs_code": "8204120000",
        "quantity": "100", "unit": "把", "statutory_quantity": "50", "statutory_unit": "千克",
        "second_statutory_quantity": None, "second_statutory_unit": None, "unit_price": "3.00", "amount": "300.00",
        "packages": 5, "package_unit": "件", "net_weight_kg": "50", "origin_place": "大足", "producer": "",
        "verdict": VERDICT,
    }  # fmt: skip


TRADE_STATE = {
    "trade_id": str(TRADE), "pilot": "longshui", "number": "LS-TR-1", "version": 1, "status": "registered",
    "kind": "goods", "procurement": "self", "export_mode": "agency", "seller_id": str(SELLER), "stall_number": "",
    "owner_id": str(SELLER), "stall_holder_id": str(SELLER), "consignor_id": str(OPERATOR), "buyer_id": str(BUYER),
    "procurement_agency_id": None, "export_agency_id": str(AGENCY), "collector_id": str(OPERATOR),
    "exemption_filer_id": str(SELLER), "settlement_method": "fx", "eligible": True, "ineligible_reasons": [],
    "channel": "market", "trade_date": "2026-05-13", "price_term": "FOB", "currency": "USD", "total": "900.00",
    "domestic_leg": None, "document_hashes": [], "external_ref": "", "lines": [line(number) for number in range(3)],
}  # fmt: skip


def entered(number: int, **more: Any) -> dict[str, Any]:
    """What 0.1.0 kept of a draft."""
    return {
        "packing_list_ids": [str(LISTS[number])], "customs_office": "8012", "port": "8011", "destination": "RU",
        "price_term": "CIF", "currency": "USD", "freight": "20.5", "insurance": "0", "inland": "0",
        "simplified": False, "differences": [], "expected_arrival": None, **more,
    }  # fmt: skip


def assessed(number: int, **more: Any) -> dict[str, Any]:
    """What 0.1.0 added at submission."""
    item = {
        "item_no": 1, "hs_code": "8204120000", "goods_name": "活动扳手", "merged": False, "quantity": "100",
        "unit": "把", "value": "300.00", "packages": 5, "gross_weight_kg": "55.000000", "net_weight_kg": "50.000000",
        "portion_ids": [str(PORTIONS[number])],
    }  # fmt: skip
    return entered(
        number, total_value="300.00", total_fob="279.50", total_fob_usd="279.50", rate_id="customs:2026-05:USD",
        rate_month="2026-05-01", load_ids=[str(LOAD)], packages=5, gross_weight_kg="55.000000",
        net_weight_kg="50.000000", submitted_at="2026-05-13T01:00:00+00:00", accepted_at=None, released_at=None,
        route=None, items=[item], **more,
    )  # fmt: skip


def portion(number: int, declaration_id: UUID, **more: str) -> dict[str, Any]:
    """What 0.1.0 kept of a portion."""
    zero = {f"{stage}_{what}": "0" for stage in ("released", "departed", "shut_out", "returned")
            for what in ("quantity", "value", "fob")}  # fmt: skip
    return {
        "portion_id": str(PORTIONS[number]), "pilot": "longshui", "trade_number": "LS-TR-1",
        "trade_line_id": str(LINES[number]), "trade_kind": "goods", "sale_date": "2026-05-13",
        "trade_id": str(TRADE), "export_mode": "agency", "owner_id": str(SELLER), "stall_holder_id": str(SELLER),
        "consignor_id": str(OPERATOR), "buyer_id": str(BUYER), "export_agency_id": str(AGENCY),
        "collector_id": str(OPERATOR), "exemption_filer_id": str(SELLER), "settlement_method": "fx",
        "domestic_share_percent": "0.0000", "declaration_id": str(declaration_id), "item_no": 1,
        "hs_code": "8204120000", "goods_name": "活动扳手", "quantity": "100", "unit": "把",
        "statutory_quantity": "50.000000", "statutory_unit": "千克", "net_weight_kg": "50.000000",
        "price_term": "CIF", "slip_value": "300.00", "slip_currency": "USD", "slip_price_term": "CIF",
        "slip_rate_id": "customs:2026-05:USD", "differences": [], "declared_value": "300.00",
        "declared_currency": "USD", "fob_value": "279.50", "fob_usd": "279.50", "rate_id": "customs:2026-05:USD",
        "verdict": VERDICT, **zero, **more,
    }  # fmt: skip


RELEASE = {"customs_number": "801220260000000001", "export_date": None, "note": "",
           "portions": [{"portion_id": str(PORTIONS[2]), "quantity": "60", "declared_value": None}]}  # fmt: skip


def fill(dsn: str) -> None:
    """A trade of three lines: one drafted, one submitted, and of one 80 of 100 declared (amended) and 60 released."""
    now = "2026-05-13T01:00:00+00:00"

    def insert(table: str, **row: Any) -> None:
        values = [json.dumps(each) if isinstance(each, dict) else each for each in row.values()]
        holes = ", ".join(["%s"] * len(values))
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({holes})".encode(), values)

    with psycopg.connect(dsn) as connection:
        insert("trades", id=TRADE, pilot="longshui", number="LS-TR-1", version=1, status="registered",
               registered_by=OPERATOR, seller_id=SELLER, owner_id=SELLER, consignor_id=OPERATOR, buyer_id=BUYER,
               eligible=True, external_ref="", trade_date="2026-05-13", currency="USD", total=900, registered_at=now,
               handed_over_at=now, state=TRADE_STATE)  # fmt: skip
        insert("loads", id=LOAD, pilot="longshui", number="LS-LO-1", version=3, status="arrived",
               consolidator_id=OPERATOR, vehicle="渝A12345", seal_number="S1", arrived_at=now)  # fmt: skip
        for number, declared in enumerate((0, 100, 80)):
            released = 60 if number == 2 else 0
            insert("trade_lines", id=LINES[number], trade_id=TRADE, pilot="longshui", line_no=number + 1,
                   content=line(number))  # fmt: skip
            insert("trade_line_counters", line_id=LINES[number], pilot="longshui", registered=100, packed=100,
                   declared=declared, released=released)  # fmt: skip
            held = (None, SUBMITTED, RELEASED)[number]
            insert("packing_lists", id=LISTS[number], pilot="longshui", number=f"LS-PL-{number}", version=3,
                   status="sealed", load_id=LOAD, consignor_id=OPERATOR, destination="RU", declaration_id=held,
                   opened_at=now)  # fmt: skip
            insert("packed_lines", id=UUID(int=0x19F << 116 | number), pilot="longshui",
                   packing_list_id=LISTS[number], line_id=LINES[number], trade_id=TRADE, quantity=100, packages=5,
                   gross_weight_kg=55, net_weight_kg=50, volume_m3="0.5")  # fmt: skip
            for kind, moved in (("declared", declared), ("released", released)):
                if moved:
                    insert("movements", line_id=LINES[number], pilot="longshui", kind=kind, quantity=moved,
                           reference=f"LS-DE-{number}", at=now, actor="acct:x")  # fmt: skip
        times = {"accepted_at": "2026-05-13T08:00:00+00:00", "released_at": "2026-05-13T08:00:00+00:00"}
        route = {"decision": "review", "reasons": ["no credit grade on customs' scale"], "policy_version": "v1"}
        over = assessed(2, withdrawn_attempt=1) | times | {"route": route, "total_value": "240.00",
                "total_fob": "223.60", "total_fob_usd": "223.60"}  # fmt: skip
        over["items"][0] |= {"quantity": "80", "value": "240.00"}
        for number, (declaration_id, status, content) in enumerate(
            ((DRAFT, "draft", entered(0)), (SUBMITTED, "submitted", assessed(1)), (RELEASED, "released", over))
        ):
            insert("declarations", id=declaration_id, pilot="longshui", number=f"LS-DE-{number}", version=number,
                   status=status, attempt=number, consignor_id=OPERATOR, declarant_id=OPERATOR,
                   customs_number=RELEASE["customs_number"] if number == 2 else None, created_at=now,
                   content=content)  # fmt: skip
        born = {"quantity": "100", "declared_value": "300.00", "fob_value": "279.50", "fob_usd": "279.50"}
        changed = {"quantity": "80.000000", "declared_value": "240.00", "fob_value": "223.60", "fob_usd": "223.60",
                   "released_quantity": "60", "released_value": "180.00", "released_fob": "167.70"}  # fmt: skip
        for number, declaration_id, numbers, content in (
            (1, SUBMITTED, ("100", "300", "279.50", "0", "0"), portion(1, SUBMITTED)),
            (2, RELEASED, ("80", "240", "223.60", "60", "167.70"), portion(2, RELEASED, **changed)),
        ):
            content |= {"submitted": born} if number == 2 else {}
            quantity, value, fob, out, out_usd = map(Decimal, numbers)
            insert("portions", id=PORTIONS[number], pilot="longshui", declaration_id=declaration_id,
                   line_id=LINES[number], trade_id=TRADE, quantity=quantity, declared_value=value, fob_value=fob,
                   fob_usd=fob, released_quantity=out, departed_quantity=0, returned_quantity=0,
                   released_fob_usd=out_usd, content=content)  # fmt: skip
        amendment = {"customs_number": None, "export_date": None, "note": "",
                     "portions": [{"portion_id": str(PORTIONS[2]), "quantity": "80",
                                   "declared_value": "240.00"}]}  # fmt: skip
        for receipt_id, kind, content in (("R1", "amended", amendment), ("R2", "released", RELEASE)):
            insert("receipts", declaration_id=RELEASED, pilot="longshui", receipt_id=receipt_id, kind=kind, attempt=2,
                   issued_at="2026-05-13T08:00:00+00:00", content=content, recorded_at=now,
                   recorded_by="acct:x")  # fmt: skip


@dataclass
class Old:
    """The service on a database that 0.1.0 filled."""

    door: Door
    dsn: str

    async def read(self, declaration_id: UUID) -> dict[str, Any]:
        return await self.door.done("GET", f"/v1/declarations/{declaration_id}", role="customs")

    async def receive(self, declaration_id: UUID, receipt_id: str, kind: str, **told: Any) -> dict[str, Any]:
        body = {"receipt_id": receipt_id, "kind": kind, "issued_at": "2026-05-13T17:00:00+08:00", **told}
        return await self.door.done("POST", f"/v1/declarations/{declaration_id}/receipts", body, role="customs")


@pytest.fixture
async def old(make_database: MakeDatabase, mint: ServedMint, tmp_path: Path) -> AsyncIterator[Old]:
    dsn = make_database()
    upgrade(SERVICE, dsn, "0002")
    fill(dsn)
    upgrade(SERVICE, dsn)
    assert differences(SERVICE, dsn) == []
    async with open_door(service, dsn, mint, tmp_path) as door:
        yield Old(door, dsn)


async def test_a_draft_shows_what_was_entered_and_is_assessed(old: Old) -> None:
    draft = await old.read(DRAFT)
    assert draft["declaration"] == entered(0)
    path = f"/v1/declarations/{DRAFT}/preflight"
    async with old.door.as_worker() as session:
        await hear(session, subscriptions, subject("operator", subject_id=OPERATOR))
    preflight = await old.door.done("GET", path, role="operator", subject_id=OPERATOR)
    assert {each["code"] for each in preflight["breaches"]} >= {"customs_rate_missing", "port_not_designated"}


async def test_a_submitted_declaration_is_shown_and_released_as_if_it_were_new(old: Old) -> None:
    shown = (await old.read(SUBMITTED))["declaration"]
    numbers = ("quantity", "slip_value", "declared_value", "fob_value", "fob_usd", "released_value")
    (first,) = shown["portions"]
    assert [first[name] for name in numbers] == ["100", "300.00", "300.00", "279.50", "279.50", "0.00"]
    assert [shown[name] for name in ("currency", "total_value", "total_fob")] == ["USD", "300.00", "279.50"]
    assert [(each["value"], each["quantity"]) for each in shown["items"]] == [("300.00", "100")]
    released = (await old.receive(SUBMITTED, "R9", "released"))["declaration"]
    (first,) = released["portions"]
    assert [first[f"released_{what}"] for what in ("quantity", "value", "fob")] == ["100", "300.00", "279.50"]


async def test_an_amended_declaration_departs_from_what_it_was_submitted_with(old: Old) -> None:
    shown = (await old.read(RELEASED))["declaration"]
    (first,) = shown["portions"]
    assert [first[name] for name in ("quantity", "declared_value", "released_value", "released_fob")] == [
        "80", "240.00", "180.00", "167.70",
    ]  # fmt: skip
    assert (shown["route"]["decision"], shown["accepted_at"], shown["total_fob"]) == (
        "review", "2026-05-13T08:00:00Z", "223.60",
    )  # fmt: skip
    # Customs amended 100 to 110 and named the value: it counts from what was submitted, and FOB follows the value.
    up = [{"portion_id": str(PORTIONS[2]), "quantity": "110", "declared_value": "330.00"}]
    (first,) = (await old.receive(RELEASED, "R3", "amended", portions=up))["declaration"]["portions"]
    assert [first[name] for name in ("quantity", "fob_value", "slip_value")] == ["110", "307.45", "330.00"]


async def test_a_repeat_of_a_receipt_that_0_1_0_stored_changes_nothing(old: Old) -> None:
    before = await old.read(RELEASED)
    told = {**RELEASE, "issued_at": "2026-05-13T08:00:00+00:00"}
    assert await old.receive(RELEASED, "R2", "released", **told) == before
    with psycopg.connect(old.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
