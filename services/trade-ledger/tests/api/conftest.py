"""Fixtures for packing and declarations, and for trade workbooks."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import xlsxwriter

from shared.events import registry
from shared.events.base import Event, Received
from shared.messaging.applying import hand_over
from shared.workshop.testing.client import Door
from shared.workshop.testing.registry_events import commodity_list, export_agency, places, subject
from trade_ledger.consumers.subscriptions import subscriptions
from trade_ledger.domain.workbook import SHEETS

XLSX = {"content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
STALL = "02-000018"
SELLER, OTHER_SELLER, OPERATOR, OTHER_OPERATOR, BUYER, BROKER = (UUID(int=0x19A << 116 | n) for n in range(1, 7))
AGENCY, OTHER_AGENCY, SITE = (UUID(int=0x19B << 116 | n) for n in range(1, 4))
MORNING = datetime(2026, 5, 13, 1, tzinfo=UTC)


def held(kind: str, valid_to: date | None = None) -> registry.Qualification:
    """A qualification held since the new year."""
    return registry.Qualification(kind=kind, value="x", valid_from=date(2026, 1, 1), valid_to=valid_to)  # type: ignore[arg-type]  # a literal by value


CONSIGNOR_HOLDS = (held("customs_filing"), held("quality_undertaking"))


def filed(
    subject_id: UUID, role: str, qualifications: tuple[registry.Qualification, ...] = CONSIGNOR_HOLDS, **filing: Any
) -> Event:
    """A subject with one filing and what a consignor must hold."""
    said = subject(role, subject_id=subject_id, stall=STALL if role == "stall_holder" else "", **filing)
    return said.model_copy(update={"subject": said.subject.model_copy(update={"qualifications": qualifications})})


def decision_event(name: str, hs_code: str, verdict: str) -> registry.CommodityDecided:
    """A person's decision on goods."""
    return registry.CommodityDecided(
        decision_id=uuid4(), pilot="longshui", goods_name=name, hs_code=hs_code, verdict=verdict,  # type: ignore[arg-type]  # one of two
        reason="looked at it", authority="market_supervision", effective_from=date(2026, 1, 1),
    )  # fmt: skip


def _market() -> list[Event]:
    filings = (
        (SELLER, "stall_holder"), (OTHER_SELLER, "stall_holder"), (OPERATOR, "operator"), (OTHER_OPERATOR, "operator"),
        (BUYER, "buyer"), (BROKER, "broker"),
    )  # fmt: skip
    return [
        *places(SITE),
        registry.PortDesignated(port_code="8011", pilot="longshui", name="Port", valid_from=date(2026, 1, 1)),
        *(filed(*each) for each in filings),
        export_agency(SELLER, OPERATOR, agreement_id=AGENCY),
        export_agency(OTHER_SELLER, OPERATOR, agreement_id=OTHER_AGENCY),
        *commodity_list("positive", [{"hs_prefix": "82"}, {"hs_prefix": "73"}]),
    ]


@dataclass
class Yard:
    """Trade-ledger with two sellers, two operators, a buyer and a broker; the calls go over HTTP."""

    door: Door
    dsn: str

    async def hear(
        self, *events: Event, key: str = "k", event_id: UUID | None = None, under: UUID | None = None
    ) -> None:
        """Let the service's projections apply events, of acts `under` a delegation."""
        async with self.door.as_worker() as session:
            for event in events:
                about = (event, event_id or uuid4(), event.TYPE, "/services/x", key, 1, MORNING, "acct:x", "longshui")
                received = Received(*about, traceparent=None, delegation_id=under)
                await hand_over(session, subscriptions, [received], live=True)

    async def suspend(self, subject_id: UUID, role: str) -> None:
        """Commerce suspends a subject's filing."""
        await self.hear(filed(subject_id, role, status="suspended"))

    async def requalify(self, subject_id: UUID, role: str, **valid_to: date | None) -> None:
        """A subject holds these kinds of qualification and no others, until the days given."""
        marks = tuple(held(kind, until) for kind, until in valid_to.items())
        await self.hear(filed(subject_id, role, marks))

    async def as_operator(self, method: str, path: str, body: Any = None, **how: Any) -> dict[str, Any]:
        return await self.door.done(method, path, body, **{"role": "operator", "subject_id": OPERATOR, **how})

    async def trade(
        self, *lines: dict[str, Any], handed_over: bool = True, by: Any = None, **fields: Any
    ) -> dict[str, Any]:
        """A registered trade, handed over to its operator."""
        entered = [line(**each) for each in lines or ({},)]
        body = {
            "seller_id": str(SELLER), "consignor_id": str(OPERATOR), "buyer_id": str(BUYER), "export_mode": "agency",
            "export_agency_id": str(AGENCY), "settlement_method": "fx", "trade_date": "2026-05-13", "currency": "USD",
            "total": str(sum(float(each["amount"]) for each in entered)), "lines": entered,
            "document_hashes": ["0" * 64], **fields,
        }  # fmt: skip
        trade = await self.as_operator("POST", "/v1/trades", body, **(by or {}))
        if handed_over:
            await self.as_operator("POST", "/v1/handovers", {"trade_ids": [trade["id"]]})
        return trade

    async def packing_list(self, load_id: str | None = None, destination: str = "RU", **how: Any) -> dict[str, Any]:
        """An open packing list, in a load of its own unless one is named; the operator's load admits others."""
        if load_id is None:
            load_id = (await self.as_operator("POST", "/v1/loads", {"vehicle": "渝A12345"}))["id"]
        if how.get("subject_id", OPERATOR) != OPERATOR:
            load, admitted = await self.as_operator("GET", f"/v1/loads/{load_id}"), [str(how["subject_id"])]
            if load["load"]["admitted_ids"] != admitted:
                path, body = f"/v1/loads/{load_id}/admissions", {"admitted_ids": admitted}
                await self.as_operator("POST", path, body, version=load["version"])
        body = {"load_id": load_id, "destination": destination}
        return await self.as_operator("POST", "/v1/packing-lists", body, **how)

    async def sealed(self, *packed: dict[str, Any], arrived: bool = True, **how: Any) -> dict[str, Any]:
        """A sealed packing list in a sealed load that arrived."""
        packing_list = await self.packing_list(**how)
        path = f"/v1/packing-lists/{packing_list['id']}"
        await self.as_operator("POST", f"{path}/lines", {"lines": list(packed)}, version=1)
        packing_list = await self.as_operator("POST", f"{path}/seals", {}, version=2)
        load_id = packing_list["packing_list"]["load_id"]
        load = await self.as_operator("GET", f"/v1/loads/{load_id}")
        if load["load"]["status"] == "open":
            seal = {"seal_number": "S1"}
            load = await self.as_operator("POST", f"/v1/loads/{load_id}/seals", seal, version=load["version"])
        if arrived and load["load"]["status"] == "sealed":
            await self.arrival(load_id)
        return packing_list

    async def arrival(self, load_id: str, at: str = "2026-05-13T08:30:00+08:00") -> dict[str, Any]:
        """The site's report of a load's arrival."""
        load = await self.as_operator("GET", f"/v1/loads/{load_id}")
        how = {"role": "site_operator", "site_id": SITE, "version": load["version"]}
        return await self.door.done("POST", f"/v1/loads/{load_id}/arrivals", {"arrived_at": at}, **how)

    async def draft(self, *packing_list_ids: str, **fields: Any) -> dict[str, Any]:
        """A draft declaration."""
        body = {
            "packing_list_ids": list(packing_list_ids), "customs_office": "8012", "port": "8011", "price_term": "FOB",
            "currency": "USD", **fields,
        }  # fmt: skip
        return await self.as_operator("POST", "/v1/declarations", body)

    async def submitted(self, *lines: dict[str, Any], arrived: bool = True, **fields: Any) -> dict[str, Any]:
        """A submitted declaration over everything of one new trade."""
        trade = await self.trade(*lines)
        packing_list = await self.sealed(*(packed(each) for each in trade["trade"]["lines"]), arrived=arrived)
        if not arrived:
            fields.setdefault("expected_arrival", "2026-05-13")
        draft = await self.draft(packing_list["id"], **fields)
        path = f"/v1/declarations/{draft['id']}/submissions"
        return await self.as_operator("POST", path, {}, version=draft["version"])

    async def receive(
        self, declaration_id: str, kind: str, receipt_id: str | None = None, **how: Any
    ) -> dict[str, Any]:
        """A receipt of customs."""
        body = {"receipt_id": receipt_id or kind, "kind": kind, "issued_at": "2026-05-13T16:00:00+08:00", **how}
        return await self.door.done("POST", f"/v1/declarations/{declaration_id}/receipts", body, role="customs")

    def rows(self, query: str, *parameters: Any) -> list[Any]:
        """What the database holds."""
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def counters(self, line_id: str) -> tuple[int, ...]:
        """packed, declared, released, departed, returned."""
        query = "SELECT packed, declared, released, departed, returned FROM trade_line_counters WHERE line_id = %s"
        return tuple(int(each) for each in self.rows(query, line_id)[0])


def line(**changes: Any) -> dict[str, Any]:
    """A goods line as a caller enters it."""
    entered = {
        "goods_name": "活动扳手", "hs_code": "8204120000", "quantity": "100", "unit": "把", "statutory_quantity": "50",
        "statutory_unit": "千克", "unit_price": "3.00", "packages": 5, "net_weight_kg": "50", "origin_place": "大足",
        **changes,
    }  # fmt: skip
    entered.setdefault("amount", f"{float(entered['quantity']) * float(entered['unit_price']):.2f}")
    return entered


def packed(trade_line: dict[str, Any], quantity: str | None = None) -> dict[str, Any]:
    """All of a trade line, or a part, as a packing list takes it."""
    taken = Decimal(quantity or trade_line["quantity"])
    whole = Decimal(trade_line["quantity"]) if "net_weight_kg" in trade_line else Decimal(100)
    net = (Decimal(trade_line.get("net_weight_kg", "50")) * taken / whole).quantize(Decimal("0.000001"))
    return {
        "trade_line_id": trade_line["line_id"], "quantity": f"{taken:f}", "packages": 5,
        "gross_weight_kg": f"{net + 5:f}", "net_weight_kg": f"{net:f}", "volume_m3": "0.5",
    }  # fmt: skip


@pytest.fixture
async def yard(door: Door, dsn: str) -> Yard:
    opened = Yard(door, dsn)
    await opened.hear(*_market())
    for currency, rate in (("USD", "6.98"), ("EUR", "7.61")):
        body = {"month": "2026-05-01", "currency": currency, "cny_per_unit": rate, "source": "sample"}
        await door.publish("/v1/customs-rates", body, role="customs")
    return opened


@pytest.fixture
def make_packed() -> Any:
    return packed


@pytest.fixture
def make_stop_order() -> Any:
    return lambda role, subject=SELLER: filed(subject, role, stop_order=True)


@pytest.fixture
def make_decision() -> Any:
    return decision_event


@pytest.fixture
def parties() -> dict[str, UUID]:
    return {
        "seller": SELLER, "other_seller": OTHER_SELLER, "operator": OPERATOR, "other_operator": OTHER_OPERATOR,
        "buyer": BUYER, "broker": BROKER, "site": SITE, "agency": AGENCY, "other_agency": OTHER_AGENCY,
    }  # fmt: skip


class Sheets:
    """Writes workbooks of slips and lines, and imports them."""

    def __init__(self, market: Any) -> None:
        self.market = market

    def slip(self, number: str = "S-1", **changed: Any) -> dict[str, Any]:
        """A slip that may be registered."""
        return {
            "slip": number, "stall_number": STALL, "export_mode": "agency", "channel": "market", "price_term": "FOB",
            "trade_date": "2026-05-13", "settlement_method": "fx", "document_hash": "0" * 64, **changed,
        }  # fmt: skip

    def line(self, number: str = "S-1", **changed: Any) -> dict[str, Any]:
        """Its line of USD 306."""
        return {
            "slip": number, "goods_name": "活动扳手", "hs_code": "8204120000", "quantity": "120", "unit": "把",
            "packages": "6", "package_unit": "箱", "currency": "USD", "amount": "306.00", "net_weight_kg": "50.4",
            "unit_price": "2.55", "origin_place": "重庆大足", "statutory_quantity": "50.4", "statutory_unit": "千克",
            **changed,
        }  # fmt: skip

    def written(self, slips: list[dict[str, Any]], lines: list[dict[str, Any]]) -> bytes:
        """The workbook of these rows, with all columns."""
        tables = []
        for (name, columns), rows in zip(SHEETS.items(), (slips, lines), strict=True):
            headers = [column.header for column in columns]
            tables.append((name, headers, [[row.get(column.field, "") for column in columns] for row in rows]))
        return self.of(*tables)

    def of(self, *tables: tuple[str, list[str], list[list[Any]]]) -> bytes:
        """A workbook of sheets with their headers and rows."""
        file = io.BytesIO()
        book = xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy/m/d"})
        for name, headers, rows in tables:
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, headers)
            for number, row in enumerate(rows, 1):
                sheet.write_row(number, 0, row)
        book.close()
        return file.getvalue()

    async def sent(self, content: bytes, **how: Any) -> Any:
        """The answer to an import."""
        who = self.market.as_operator() | how
        return await self.market.door.call("POST", "/v1/trade-imports", content=content, headers=XLSX, **who)

    async def imported(self, *rows: list[dict[str, Any]], **how: Any) -> dict[str, Any]:
        """The report on an import of slips and lines."""
        answer = await self.sent(self.written(*rows), **how)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
def sheets(market: Any) -> Sheets:
    return Sheets(market)
