"""Writes the planned world as workbooks; `python -m marketctl.sample.workbook_files` writes them anew."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from pathlib import Path

from marketctl.sample.expected import FILING_RULES, REFUSED_TRADES
from marketctl.sample.people import Party, credit_code, resident_id
from marketctl.sample.sheets import FOLDER, write_workbook
from marketctl.sample.world import WORKING_DAY, Line, Slip, World
from shared.reference import statutory_units
from trade_ledger.domain.workbook import LINE_COLUMNS, LINES_SHEET, SLIP_COLUMNS, SLIPS_SHEET, Column


def _filings(world: World) -> tuple[list[str], list[list[str]]]:
    headers = ["序号", "角色", "证件类型", "证件号码", "国别", "名称", "商户", "经度", "纬度", "备案人", "资质"]
    headers += ["开户行", "预期依据", "预期代码"]
    parties = [*world.operators, *world.entrusting, *world.own, *world.buyers]
    outside = Party("SH901", "stall_holder", "credit_code", credit_code(world.random, "92"), "CN", "界外五金经营部")
    outside.stall, outside.longitude, outside.latitude = "09-000901", "105.900000", "29.541000"
    outside.qualifications, outside.expect = {"taxpayer_kind": "small_scale"}, "stall_out_of_bounds"
    good = resident_id(world.random)
    wrong = good[:-1] + ("1" if good[-1] != "1" else "2")
    digit = Party("BU91", "buyer", "resident_id", wrong, "CN", "校验错误", filed_by="OP1")
    digit.expect = "identity_check_digit_wrong"
    first = world.entrusting[0]
    again = Party("SH902", "stall_holder", first.identity_kind, first.number, "CN", first.name, stall=first.stall)
    again.longitude, again.latitude, again.expect = first.longitude, first.latitude, "already_filed"
    rows = []
    for party in [*parties, outside, digit, again]:
        held = ";".join(f"{kind}={value}" for kind, value in party.qualifications.items())
        row = [party.ref, party.role, party.identity_kind, party.number, party.country, party.name, party.stall]
        rows.append(
            [
                *row,
                party.longitude,
                party.latitude,
                party.filed_by,
                held,
                party.bank,
                FILING_RULES.get(party.expect, ""),
                party.expect,
            ]
        )
    return headers, rows


def _agreements(world: World) -> tuple[list[str], list[list[str]]]:
    headers = ["委托方", "受托方", "起", "止", "收汇方", "免税申报方"]
    rows = []
    for index, holder in enumerate(world.entrusting):
        collector = "principal" if holder.ref in world.principal_collects else "agent"
        filer = "agent" if index % 3 else "principal"
        row = [holder.ref, world.operator_of(index).ref, "2026-01-01", "2026-12-31", collector, filer]
        rows.append(row)
    return headers, rows


def _purchase_agreements(world: World) -> tuple[list[str], list[list[str]]]:
    rows = [
        [buyer, operator, "2026-01-01", "2026-12-31", "五金工具及厨具"]
        for buyer, operator in world.purchase_agents.items()
    ]
    return ["委托方", "受托方", "起", "止", "委托货物"], rows


def _slip_row(slip: Slip) -> dict[str, str]:
    buyer = slip.buyer
    leg = slip.domestic
    return {
        "slip": slip.number,
        "stall_number": slip.seller.stall,
        "buyer_kind": buyer.identity_kind if buyer else "",
        "buyer_number": buyer.number if buyer else "",
        "buyer_country": buyer.country if buyer else "",
        "export_mode": slip.mode,
        "export_agency": "是" if slip.mode == "agency" else "",
        "procurement_agency": "是" if slip.entrusted_purchase else "",
        "channel": "market",
        "trade_date": WORKING_DAY,
        "price_term": "FOB",
        "settlement_method": slip.method,
        "domestic_amount": f"{leg}" if leg else "",
        "domestic_paid_on": WORKING_DAY if leg else "",
        "domestic_payer": "成渝采购贸易有限公司" if leg else "",
        "domestic_payee": slip.seller.name if leg else "",
        "domestic_reference": f"RMB-{slip.number}" if leg else "",
        "document_hash": sha256(f"signed slip {slip.number}".encode()).hexdigest(),
    }


def _line_row(slip: Slip, line: Line) -> dict[str, str]:
    good = line.good
    net = f"{line.net.normalize():f}"
    first, second = statutory_units(good.hs_code) or ("", None)
    by_unit = {"千克": net, good.unit: str(line.quantity)}
    return {
        "slip": slip.number,
        "stall_number": slip.seller.stall,
        "goods_name": good.name,
        "hs_code": good.hs_code,
        "item_mark": "N/M",
        "specification": "标准型",
        "producer": "龙水五金生产企业（样例）",
        "brand": "",
        "quantity": str(line.quantity),
        "unit": good.unit,
        "packages": str(line.packages),
        "package_unit": "箱",
        "currency": slip.currency,
        "amount": f"{line.amount}",
        "net_weight_kg": net,
        "unit_price": f"{line.price}",
        "origin_place": "重庆大足",
        "statutory_quantity": by_unit[first],
        "statutory_unit": first,
        "second_statutory_quantity": by_unit[second] if second else "",
        "second_statutory_unit": second or "",
    }


def _trade_workbooks(world: World, folder: Path) -> None:
    for consignor in dict.fromkeys(slip.operator for slip in world.slips):
        own = [slip for slip in world.slips if slip.operator == consignor]
        slips = [_slip_row(slip) for slip in own]
        lines = [_line_row(slip, line) for slip in own for line in slip.lines]
        write_workbook(
            folder / f"trades-{consignor}.xlsx",
            {SLIPS_SHEET: sheet_of(SLIP_COLUMNS, slips), LINES_SHEET: sheet_of(LINE_COLUMNS, lines)},
        )


def sheet_of(columns: Sequence[Column], rows: list[dict[str, str]]) -> tuple[list[str], list[list[str]]]:
    """The importer's columns that the rows fill; the optional ones that they don't know stay out."""
    used = [column for column in columns if column.field in rows[0]]
    return [column.header for column in used], [[row[column.field] for column in used] for row in rows]


def _packed_rows(world: World) -> list[list[str]]:
    rows = []
    for slip in world.slips:
        for number, line in enumerate(slip.lines, 1):
            packages = line.packages
            for shipment, quantity in line.parts.items():
                share = packages if len(line.parts) == 1 else packages // 2
                net = quantity * line.good.kg
                gross = (net * Decimal("1.06")).quantize(Decimal("0.001"), ROUND_HALF_UP)
                volume = (net / 400).quantize(Decimal("0.001"), ROUND_HALF_UP)
                row = [shipment, slip.number, str(number), str(quantity), str(share)]
                rows.append([*row, f"{gross}", f"{net.normalize():f}", f"{volume}"])
    return rows


def _money(world: World) -> dict[str, tuple[list[str], list[list[str]]]]:
    """Bank receipts per shipment and collector, pass-ons per principal, conversions of individuals."""
    collected: dict[tuple[str, str, str], Decimal] = {}
    owed: dict[tuple[str, str, str], Decimal] = {}
    for slip in (each for each in world.slips if not each.expect):
        principal = slip.mode == "own" or slip.seller.ref in world.principal_collects
        collector = slip.seller.ref if principal else slip.operator
        for line in slip.lines:
            for shipment, quantity in line.parts.items():
                value = line.price * quantity
                if slip.number.endswith("-LIMIT") and line.quantity == 1:
                    value = Decimal("5.00")
                key = (shipment, collector, slip.currency)
                collected[key] = collected.get(key, Decimal(0)) + value
                if not principal:
                    due = (slip.operator, slip.seller.ref, slip.currency)
                    owed[due] = owed.get(due, Decimal(0)) + value
    bank = {party.ref: party.bank for party in (*world.operators, *world.entrusting, *world.own)}
    natural = {h.ref for h in world.entrusting if h.identity_kind == "resident_id"}
    receipts = [
        [
            f"TT{n:05}",
            bank[who],
            who,
            shipment,
            currency,
            f"{value:.2f}",
            "personal" if who in natural else "trade",
        ]
        for n, ((shipment, who, currency), value) in enumerate(sorted(collected.items()), 1)
    ]
    passed = [
        [f"PO{n:05}", bank[agent], agent, who, currency, f"{value:.2f}", "rmb" if n % 3 == 0 else "fx"]
        for n, ((agent, who, currency), value) in enumerate(sorted(owed.items()), 1)
    ]
    return {
        "收汇": (["流水号", "银行", "收汇人", "装箱单", "币种", "金额", "账户"], receipts),
        "划转": (["流水号", "银行", "代理人", "委托人", "币种", "金额", "方式"], passed),
    }


def _returns(world: World) -> tuple[list[str], list[list[str]]]:
    rows = []
    for index, holder in enumerate(world.entrusting):
        filer = world.operator_of(index).ref if index % 3 else holder.ref
        rows.append([holder.ref, filer, "2026-05", "month_first_day" if index % 2 else "sale_day"])
    rows += [[holder.ref, holder.ref, "2026-05", "month_first_day"] for holder in world.own]
    return ["经营户", "申报人", "月份", "汇率选择"], rows


def write_all(folder: Path = FOLDER) -> None:
    """Write every workbook."""
    folder.mkdir(exist_ok=True)
    world = World()
    write_workbook(folder / "filings.xlsx", {"主体备案": _filings(world)})
    write_workbook(
        folder / "agreements.xlsx",
        {"委托代理出口": _agreements(world), "委托采购": _purchase_agreements(world)},
    )
    _trade_workbooks(world, folder)
    lists = [
        [s.ref, s.load, s.consignor, s.destination, s.currency, "是" if s.simplified else "否"] for s in world.shipments
    ]
    write_workbook(
        folder / "packing.xlsx",
        {
            "装载": (["装载", "箱号", "组货人"], [list(load) for load in world.loads]),
            "装箱清单": (["装箱单", "装载", "发货人", "目的国", "币制", "简化申报"], lists),
            "装箱明细": (["装箱单", "交易单号", "行号", "数量", "件数", "毛重", "净重", "体积"], _packed_rows(world)),
        },
    )
    write_workbook(folder / "bank.xlsx", _money(world))
    write_workbook(folder / "returns.xlsx", {"免税申报": _returns(world)})
    expected = [[s.number, s.seller.ref, *REFUSED_TRADES[s.expect], s.expect] for s in world.slips if s.expect]
    write_workbook(folder / "expected.xlsx", {"预期拒绝": (["交易单号", "经营户", "环节", "依据", "代码"], expected)})


if __name__ == "__main__":
    write_all()
    sys.exit(0)
