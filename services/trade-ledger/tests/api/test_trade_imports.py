from __future__ import annotations

from typing import Any

import psycopg
import pytest

from shared.workshop.testing.client import SEALING_KEY
from shared.workshop.testing.former_sealing import former_index
from shared.workshop.testing.registry_events import subject
from trade_ledger.domain.workbook import LINES_SHEET, SLIPS_SHEET


def audited(dsn: str) -> set[tuple[str, str]]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT DISTINCT rule, code FROM audit WHERE rule IS NOT NULL").fetchall()
    return {(row[0], row[1]) for row in found}


def problems(report: dict[str, Any]) -> list[tuple[str, int, str, str]]:
    return [
        (each["sheet"], each["row"], each["column"], each["code"])
        for result in report["results"]
        for each in result["problems"]
    ]


async def test_a_workbook_registers_each_slip_with_its_lines(market: Any, sheets: Any) -> None:
    lines = [sheets.line("S-1"), sheets.line("S-2"), sheets.line("S-1", goods_name="钢丝钳")]
    report = await sheets.imported([sheets.slip("S-1"), sheets.slip("S-2")], lines)
    assert (report["registered"], report["refused"]) == (2, 0)
    first = await market.door.done("GET", f"/v1/trades/{report['results'][0]['id']}", **market.as_operator())
    assert first["trade"]["external_ref"] == "S-1"
    assert first["trade"]["total"] == "612.00"
    assert [each["goods_name"] for each in first["trade"]["lines"]] == ["活动扳手", "钢丝钳"]
    assert first["trade"]["export_agency_id"] == str(market.agency)
    assert first["trade"]["buyer_id"] is None


@pytest.mark.parametrize(
    ("kind", "number", "country"),
    [
        ("credit_code", "91350100M000100Y43", "CN"),
        ("resident_id", "11010519491231002X", "CN"),
        ("foreign_registration", "PVT-2026/11", "KE"),
        ("passport", "E1234567", "RU"),
        ("permanent_resident_card", "RUS123456789012", "RU"),
        ("hk_macao_permit", "H12345678", "HK"),
        ("taiwan_permit", "12345678", "TW"),
    ],
)
async def test_a_buyer_is_found_by_the_document_it_was_filed_with(
    market: Any, sheets: Any, kind: str, number: str, country: str
) -> None:
    filed = subject("buyer", status="effective")
    identity = market.door.app.state.runtime.sealer.identity_index(kind, number, country)
    sealed = filed.subject.identity.model_copy(update={"blind_index": identity})
    state = filed.subject.model_copy(update={"identity": sealed, "identity_kind": kind, "country": country})
    await market.hear(filed.model_copy(update={"subject": state}))
    named = sheets.slip(buyer_kind=kind, buyer_number=f" {number.lower()}", buyer_country=country)
    report = await sheets.imported([named], [sheets.line()])
    trade = await market.door.done("GET", f"/v1/trades/{report['results'][0]['id']}", **market.as_operator())
    assert trade["trade"]["buyer_id"] == str(state.subject_id)


@pytest.mark.parametrize("indexed_with", ["H12345678", "H1234567801"])
@pytest.mark.parametrize(("number", "country"), [("H12345678", "CN"), ("H1234567802", "MO"), ("H1234567801", "HK")])
async def test_a_permits_holder_is_found_whatever_country_and_renewal_the_slip_says(
    market: Any, sheets: Any, indexed_with: str, number: str, country: str
) -> None:
    """An earlier release indexed the number with the count of its renewals."""
    filed = subject("buyer", status="effective")
    index = former_index(SEALING_KEY, f"CN:hk_macao_permit:{indexed_with}", "subject.identity")
    sealed = filed.subject.identity.model_copy(update={"blind_index": index})
    state = filed.subject.model_copy(update={"identity": sealed, "identity_kind": "hk_macao_permit", "country": "HK"})
    await market.hear(filed.model_copy(update={"subject": state}))
    named = sheets.slip(buyer_kind="港澳通行证", buyer_number=number, buyer_country=country)
    report = await sheets.imported([named], [sheets.line()])
    assert report["registered"] == 1, report


async def test_faults_are_reported_all_at_once_by_sheet_row_and_column(market: Any, sheets: Any, dsn: str) -> None:
    slips = [
        sheets.slip("S-1"),
        sheets.slip("S-2", settlement_method="barter", trade_date="13.05.2026"),
        sheets.slip("S-3", stall_number="09-000999"),
        sheets.slip("S-4"),
        sheets.slip("S-4"),
        sheets.slip("S-5"),
    ]
    lines = [
        sheets.line("S-1"),
        sheets.line("S-2", quantity="many"),
        sheets.line("S-3"),
        sheets.line("S-9"),
        sheets.line("S-4", hs_code="930400", amount="306.01"),
        sheets.line("S-4", currency="EUR"),
    ]
    report = await sheets.imported(slips, lines)
    assert (report["registered"], report["refused"]) == (1, 5)
    assert sorted(problems(report)) == sorted(
        [
            (SLIPS_SHEET, 3, "交易日期", "cell_not_date"),
            (SLIPS_SHEET, 3, "结算方式", "cell_not_a_choice"),
            (LINES_SHEET, 3, "交易数量", "cell_not_number"),
            (SLIPS_SHEET, 4, "商户", "subject_not_filed"),
            (SLIPS_SHEET, 4, "委托代理出口", "export_agency_not_in_force"),
            (LINES_SHEET, 5, "交易单号", "slip_unknown"),
            (SLIPS_SHEET, 6, "交易单号", "cell_repeated"),
            (LINES_SHEET, 6, "商品HS编码", "goods_not_allowed"),
            (LINES_SHEET, 6, "货值", "amount_differs"),
            (LINES_SHEET, 7, "币种", "slip_currencies_differ"),
            (SLIPS_SHEET, 7, "交易单号", "slip_without_lines"),
        ]
    )
    assert ("R-FILE-1", "subject_not_filed") in audited(dsn)


async def test_a_rule_broken_by_a_line_names_its_cell(market: Any, sheets: Any, dsn: str) -> None:
    lines = [sheets.line(), sheets.line(hs_code="9304000000"), sheets.line(amount="306.01"), sheets.line(quantity="0")]
    report = await sheets.imported([sheets.slip()], lines)
    assert report["registered"] == 0
    assert problems(report) == [
        (LINES_SHEET, 5, "交易数量", "field_out_of_range"),
        (LINES_SHEET, 3, "商品HS编码", "goods_not_allowed"),
        (LINES_SHEET, 4, "货值", "amount_differs"),
    ]
    assert {("R-GOODS-1", "goods_not_allowed"), ("R-TRADE-2", "amount_differs")} <= audited(dsn)


async def test_a_slip_registered_before_is_refused_and_the_rest_of_the_workbook_is_not(
    market: Any, sheets: Any
) -> None:
    await sheets.imported([sheets.slip("S-1")], [sheets.line("S-1")])
    report = await sheets.imported([sheets.slip("S-1"), sheets.slip("S-2")], [sheets.line("S-1"), sheets.line("S-2")])
    assert report["registered"] == 1
    assert problems(report) == [(SLIPS_SHEET, 2, "交易单号", "slip_registered_already")]


async def test_the_same_import_again_is_the_same_report(market: Any, sheets: Any) -> None:
    content = sheets.written([sheets.slip()], [sheets.line()])
    first = await sheets.sent(content, key="monday")
    assert (await sheets.sent(content, key="monday")).json() == first.json()


async def test_a_domestic_leg_arrives_sealed_and_an_incomplete_one_is_named(market: Any, sheets: Any) -> None:
    whole = {
        "domestic_amount": "200",
        "domestic_paid_on": "2026-05-12",
        "domestic_payer": "成渝公司",
        "domestic_payee": "经营部",
        "domestic_reference": "R-1",
    }
    slips = [sheets.slip("S-1", **whole), sheets.slip("S-2", **{**whole, "domestic_paid_on": ""})]
    report = await sheets.imported(slips, [sheets.line("S-1"), sheets.line("S-2")])
    assert problems(report) == [(SLIPS_SHEET, 3, "境内付款日期", "cell_empty")]
    trade = await market.door.done("GET", f"/v1/trades/{report['results'][0]['id']}", **market.as_operator())
    assert trade["trade"]["domestic_leg"]["payer"] == "成***"


@pytest.mark.parametrize(
    ("status", "codes"),
    [("draft", []), ("exited", []), ("approved", ["stall_ambiguous"]), ("suspended", ["stall_ambiguous"])],
)
async def test_a_stall_that_two_hold_on_the_day_is_nobodys_goods(
    market: Any, sheets: Any, dsn: str, status: str, codes: list[str]
) -> None:
    """R-FILE-2: the goods went to the one whose filing was active, or to the later one."""
    slip = sheets.slip()
    await market.hear(subject("stall_holder", stall=slip["stall_number"], status=status))
    report = await sheets.imported([slip], [sheets.line()])
    assert problems(report) == [(SLIPS_SHEET, 2, "商户", each) for each in codes]
    assert report["registered"] == (not codes)
    assert (("R-FILE-2", "stall_ambiguous") in audited(dsn)) is bool(codes)


async def test_a_workbook_looks_its_names_up_in_three_statements(market: Any, sheets: Any) -> None:
    """Each slip asked for its stall, its buyer and its agreement by itself."""
    names = [f"S-{n}" for n in range(12)]
    slips = [sheets.slip(name, stall_number=f"{n:02}-000018") for n, name in enumerate(names)]
    with market.door.statements() as sent:
        await sheets.imported(slips, [sheets.line(name) for name in names])
    for looked_up in ("holders_of_stall", "identity_index IN", "agreement_copies.number IN"):
        assert sum(looked_up in each for each in sent) == 1, looked_up
    for one_by_one in ("identity_index =", "agreement_copies.number ="):
        assert not any(one_by_one in each for each in sent)
