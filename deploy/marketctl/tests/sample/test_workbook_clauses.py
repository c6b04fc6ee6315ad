"""What the sample days must hold, clause by clause, counted from the committed workbooks alone."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from decimal import Decimal
from functools import cache
from itertools import pairwise

import pytest
from stdnum import iso6346

from marketctl.sample.expected import EXPECTED_REFUSALS, FILING_RULES, REFUSED_TRADES
from marketctl.sample.sheets import FOLDER, read_sheet
from shared.reference import hs_codes, statutory_units
from shared.vocabulary.identifiers import normalise_identity
from trade_ledger.domain.workbook import LINE_COLUMNS, LINES_SHEET, SLIP_COLUMNS, SLIPS_SHEET

Rows = list[dict[str, str]]
_FOURTEEN = ("商户", "商品名称", "商品HS编码", "货号/唛头", "规格型号", "生产厂商", "品牌", "交易数量", "单位")
_FOURTEEN += ("包装数量", "包装单位", "币种", "货值", "重量(KGS)")
# One slip is a cent over the limit, one meets another refusal: both are exported after their remedy.
_ON_THE_WAY = {"OP1-UNKNOWN", "OP1-LIMIT"}


@cache
def sheet(workbook: str, name: str) -> Rows:
    return read_sheet(FOLDER / f"{workbook}.xlsx", name)


@cache
def trade_rows(name: str) -> Rows:
    return [row for file in sorted(FOLDER.glob("trades-*.xlsx")) for row in read_sheet(file, name)]


def filed(role: str) -> Rows:
    return [row for row in sheet("filings", "主体备案") if row["角色"] == role and not row["预期代码"]]


def refused_slips() -> dict[str, str]:
    return {row["交易单号"]: row["代码"] for row in sheet("expected", "预期拒绝")}


def lines_of_slips() -> dict[str, Rows]:
    lines: dict[str, Rows] = defaultdict(list)
    for row in trade_rows(LINES_SHEET):
        lines[row["交易单号"]].append(row)
    return lines


def test_there_are_sixty_stall_holders_six_operators_and_twentyfive_buyers_each_identity_once() -> None:
    assert len(filed("stall_holder")) >= 60
    assert len(filed("operator")) == 6
    assert len(filed("buyer")) >= 25
    everybody = [row for row in sheet("filings", "主体备案") if not row["预期代码"]]
    assert len({row["证件号码"] for row in everybody}) == len(everybody)
    for row in everybody:
        assert normalise_identity(row["证件类型"], row["证件号码"], row["国别"]) == row["证件号码"]


@pytest.mark.parametrize("kind", ["credit_code", "resident_id", "foreign_registration", "passport"])
def test_buyers_are_domestic_and_foreign_enterprises_and_individuals(kind: str) -> None:
    of_kind = [row for row in filed("buyer") if row["证件类型"] == kind]
    assert len(of_kind) >= 5
    assert {row["国别"] == "CN" for row in of_kind} == {kind in ("credit_code", "resident_id")}
    used = {row["采购商证件号码"] for row in trade_rows(SLIPS_SHEET)}
    assert used & {row["证件号码"] for row in of_kind}


def test_one_workbook_per_operator_with_the_fourteen_columns_and_the_slips_sheet() -> None:
    consignors = {row["组货人"] for row in sheet("packing", "装载")}
    assert {file.stem.removeprefix("trades-") for file in FOLDER.glob("trades-*.xlsx")} == consignors
    assert {row["序号"] for row in filed("operator")} < consignors
    beside = {"交易单号", "单价", "境内货源地", "法定数量", "法定单位", "第二法定数量", "第二法定单位"}
    assert set(trade_rows(LINES_SHEET)[0]) == {*_FOURTEEN, *beside}
    assert set(trade_rows(LINES_SHEET)[0]) <= {column.header for column in LINE_COLUMNS}
    assert {"委托代理出口", "委托采购", "境内人民币金额", "单据摘要"} < set(trade_rows(SLIPS_SHEET)[0])
    assert set(trade_rows(SLIPS_SHEET)[0]) <= {column.header for column in SLIP_COLUMNS}


def test_four_hundred_trades_with_two_thousand_lines_of_hardware_in_the_nomenclature() -> None:
    slips, lines = trade_rows(SLIPS_SHEET), lines_of_slips()
    assert len(slips) - len(refused_slips()) >= 400
    assert sum(len(lines[row["交易单号"]]) for row in slips if row["交易单号"] not in refused_slips()) >= 2000
    rows = trade_rows(LINES_SHEET)
    assert {len(row["商品HS编码"]) for row in rows} <= {6, 8, 10}
    assert {row["商品HS编码"][:6] for row in rows} <= set(hs_codes())
    assert len({row["商品HS编码"] for row in rows}) >= 50
    for row in rows:
        units = statutory_units(row["商品HS编码"])
        assert units == (row["法定单位"], row["第二法定单位"] or None)
        if "千克" in units:
            by_unit = {row["法定单位"]: row["法定数量"], row["第二法定单位"]: row["第二法定数量"]}
            assert Decimal(by_unit["千克"]) == Decimal(row["重量(KGS)"])


def test_prices_times_quantities_are_the_amounts() -> None:
    for row in trade_rows(LINES_SHEET):
        assert Decimal(row["交易数量"]) * Decimal(row["单价"]) == Decimal(row["货值"])


def test_slips_name_export_and_procurement_agencies_that_the_agreements_hold() -> None:
    by_stall = {row["商户"]: row["序号"] for row in filed("stall_holder")}
    by_number = {row["证件号码"]: row["序号"] for row in filed("buyer")}
    export = {(row["委托方"], row["受托方"]) for row in sheet("agreements", "委托代理出口")}
    purchase = {(row["委托方"], row["受托方"]) for row in sheet("agreements", "委托采购")}
    modes: Counter[str] = Counter()
    for file in FOLDER.glob("trades-*.xlsx"):
        operator = file.stem.removeprefix("trades-")
        for row in read_sheet(file, SLIPS_SHEET):
            if row["交易单号"] in refused_slips():
                continue
            modes[row["出口方式"]] += 1
            if row["出口方式"] == "agency":
                assert row["委托代理出口"] == "是"
                assert (by_stall[row["商户"]], operator) in export
            else:
                assert by_stall[row["商户"]] == operator
            if row["委托采购"] == "是":
                modes["entrusted purchase"] += 1
                assert (by_number[row["采购商证件号码"]], operator) in purchase
    assert modes["agency"] >= 300
    assert modes["own"] >= 8
    assert modes["entrusted purchase"] >= 30


def test_each_slip_has_a_document_of_its_own_and_some_a_domestic_rmb_leg_or_a_buyer_to_come() -> None:
    slips = trade_rows(SLIPS_SHEET)
    assert len({row["单据摘要"] for row in slips}) == len(slips)
    legs = [row for row in slips if row["境内人民币金额"]]
    assert len(legs) >= 5
    assert all(row["境内付款人"] and row["境内收款人"] and row["境内流水号"] and row["境内付款日期"] for row in legs)
    assert any(not row["采购商证件号码"] for row in slips)


def test_dollars_euros_and_rmb_are_each_traded_and_collected() -> None:
    assert {row["币种"] for row in trade_rows(LINES_SHEET)} == {"USD", "EUR", "CNY"}
    assert {row["币种"] for row in sheet("bank", "收汇")} == {"USD", "EUR", "CNY"}
    assert {row["结算方式"] for row in trade_rows(SLIPS_SHEET)} == {"fx", "rmb", "cash"}


def test_agents_principals_in_their_own_name_and_personal_accounts_collect() -> None:
    terms = Counter(row["收汇方"] for row in sheet("agreements", "委托代理出口"))
    assert min(terms["agent"], terms["principal"]) >= 5
    collectors = {row["收汇人"] for row in sheet("bank", "收汇")}
    in_own_name = {row["委托方"] for row in sheet("agreements", "委托代理出口") if row["收汇方"] == "principal"}
    assert collectors >= {row["序号"] for row in filed("operator")}
    assert len(collectors & in_own_name) >= 5
    personal = {row["收汇人"] for row in sheet("bank", "收汇") if row["账户"] == "personal"}
    natural = {row["序号"] for row in filed("stall_holder") if row["证件类型"] == "resident_id"}
    assert personal == natural
    assert len(personal) >= 3
    banks = {row["序号"]: row["开户行"] for row in sheet("filings", "主体备案")}
    assert all(row["银行"] == banks[row["收汇人"]] for row in sheet("bank", "收汇"))
    assert all(row["银行"] == banks[row["代理人"]] for row in sheet("bank", "划转"))
    assert {row["方式"] for row in sheet("bank", "划转")} == {"fx", "rmb"}


def test_lines_are_packed_in_parts_and_one_container_is_shared_by_two_operators() -> None:
    load_of = {row["装箱单"]: row["装载"] for row in sheet("packing", "装箱清单")}
    containers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in sheet("packing", "装箱明细"):
        containers[row["交易单号"], row["行号"]].add(load_of[row["装箱单"]])
    assert sum(len(each) > 1 for each in containers.values()) >= 10
    sharers: dict[str, set[str]] = defaultdict(set)
    for row in sheet("packing", "装箱清单"):
        sharers[row["装载"]].add(row["发货人"])
    operators = {row["序号"] for row in filed("operator")}
    assert [each for each in sharers.values() if len(each & operators) == 2]
    for row in sheet("packing", "装载"):
        assert iso6346.is_valid(row["箱号"])


def test_every_slip_that_no_refusal_stops_is_packed_whole() -> None:
    packed: Counter[tuple[str, int]] = Counter()
    for row in sheet("packing", "装箱明细"):
        packed[row["交易单号"], int(row["行号"])] += int(row["数量"])
    sold = {
        (slip, number): int(row["交易数量"])
        for slip, rows in lines_of_slips().items()
        if slip not in refused_slips()
        for number, row in enumerate(rows, 1)
    }
    assert dict(packed) == sold
    assert {slip for slip, _ in sold} >= _ON_THE_WAY


def test_twenty_declarations_are_simplified_from_more_than_five_kinds() -> None:
    simplified = {row["装箱单"] for row in sheet("packing", "装箱清单") if row["简化申报"] == "是"}
    lines = lines_of_slips()
    kinds: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for row in sheet("packing", "装箱明细"):
        line = lines[row["交易单号"]][int(row["行号"]) - 1]
        kinds[row["装箱单"]].add((line["商品HS编码"], line["商品名称"], line["单位"]))
    assert sum(len(kinds[each]) > 5 for each in simplified) >= 20
    assert len(sheet("packing", "装箱清单")) > len(simplified)


def test_nine_tenths_of_what_is_exported_is_collected() -> None:
    exported: Counter[str] = Counter()
    for slip, rows in lines_of_slips().items():
        for row in rows if slip not in refused_slips() else []:
            exported[row["币种"]] += Decimal(row["货值"])  # type: ignore[assignment]  # a Counter of decimals
    collected: Counter[str] = Counter()
    for row in sheet("bank", "收汇"):
        collected[row["币种"]] += Decimal(row["金额"])  # type: ignore[assignment]  # a Counter of decimals
    for currency, amount in exported.items():
        assert Decimal("0.9") * amount <= collected[currency] <= amount


def test_each_stall_holder_files_a_return_or_its_operator_does_where_they_agreed() -> None:
    filers = {row["经营户"]: row["申报人"] for row in sheet("returns", "免税申报")}
    assert set(filers) == {row["序号"] for row in filed("stall_holder")}
    assert len(filers) >= 20
    agreed = {row["委托方"]: row for row in sheet("agreements", "委托代理出口")}
    for holder, filer in filers.items():
        by_agent = holder in agreed and agreed[holder]["免税申报方"] == "agent"
        assert filer == (agreed[holder]["受托方"] if by_agent else holder)
    assert {row["月份"] for row in sheet("returns", "免税申报")} == {"2026-05"}


def test_the_refusals_of_the_workbooks_are_among_the_committed_list() -> None:
    filings = {(row["预期依据"], row["预期代码"]) for row in sheet("filings", "主体备案") if row["预期代码"]}
    trades = {(row["依据"], row["代码"]) for row in sheet("expected", "预期拒绝")}
    assert filings == {(rule, code) for code, rule in FILING_RULES.items()}
    assert trades == {(rule, code) for code, (_, rule) in REFUSED_TRADES.items()}
    assert filings | trades < EXPECTED_REFUSALS


def test_the_bounds_are_a_file_marked_sample_and_hold_every_stall_but_the_refused_one() -> None:
    shape = json.loads((FOLDER.parent / "bounds_sample.geojson").read_text("utf-8"), parse_float=Decimal)
    assert shape["properties"]["remark"].startswith("sample")
    ring = shape["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    for row in sheet("filings", "主体备案"):
        if row["商户"]:
            inside = _inside(Decimal(row["经度"]), Decimal(row["纬度"]), ring)
            assert inside is (row["预期代码"] != "stall_out_of_bounds"), row["序号"]


def _inside(x: Decimal, y: Decimal, ring: list[list[Decimal]]) -> bool:
    crossed = 0
    for (x1, y1), (x2, y2) in pairwise(ring):
        crossed += (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
    return crossed % 2 == 1
