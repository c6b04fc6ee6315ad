"""Makes the sample days' workbooks from one seed; `python -m marketctl.sample.world` writes them anew.

Trades are planned by shipment: a shipment is one packing list, so that what is packed, declared and collected
together is known before the trades are written.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random

from stdnum.iso6346 import calc_check_digit

from marketctl.sample.goods import GOODS, NEGATIVE, UNKNOWN, Good
from marketctl.sample.people import Party, buyers, credit_code, operators, resident_id, stall_holders
from marketctl.sample.sheets import FOLDER, write_workbook
from trade_ledger.domain.workbook import LINE_COLUMNS, LINES_SHEET, SLIP_COLUMNS, SLIPS_SHEET

SEED = 1039
_DAY = "2026-05-13"
_AGENCY_HOLDERS = 56
_OWN_HOLDERS = 8
_SHIPMENTS_PER_OPERATOR = 5
_TRADES_PER_SHIPMENT = 13
_SUSPENDED = 6
_CENT = Decimal("0.01")


@dataclass(slots=True)
class Line:
    """A line of a slip; `parts` says how much goes into which shipment."""

    good: Good
    quantity: int
    price: Decimal
    packages: int
    parts: dict[str, int] = field(default_factory=dict)

    @property
    def amount(self) -> Decimal:
        return (self.quantity * self.price).quantize(_CENT, ROUND_HALF_UP)

    @property
    def net(self) -> Decimal:
        return self.quantity * self.good.kg


@dataclass(slots=True)
class Slip:
    """A trade as its slip says; `expect` is the refusal it must meet, if any."""

    number: str
    operator: str
    seller: Party
    buyer: Party | None
    mode: str
    currency: str
    method: str
    lines: list[Line]
    shipment: str = ""
    domestic: Decimal | None = None
    expect: str = ""


@dataclass(slots=True)
class Shipment:
    """One packing list: its load, consignor, destination, currency, and how it is declared."""

    ref: str
    load: str
    consignor: str
    destination: str
    currency: str
    simplified: bool


class World:
    """Everything the workbooks say."""

    def __init__(self, seed: int = SEED) -> None:
        self.random = Random(seed)
        holders = stall_holders(self.random, _AGENCY_HOLDERS + _OWN_HOLDERS)
        self.own = [holder for holder in holders if holder.identity_kind == "credit_code"][-_OWN_HOLDERS:]
        self.entrusting = [holder for holder in holders if holder not in self.own]
        self.operators = operators(self.random)
        self.buyers = buyers(self.random)
        for holder in self.own:
            holder.qualifications |= {"customs_filing": f"501299{holder.stall[-4:]}", "quality_undertaking": "signed"}
        self.principal_collects = set(self.entrusting[i].ref for i in range(0, len(self.entrusting), 5))
        self.principal_collects |= {each.ref for each in self.entrusting if each.identity_kind == "resident_id"}
        self.shipments: list[Shipment] = []
        self.slips: list[Slip] = []
        self.loads: list[tuple[str, str, str]] = []
        self._plan()

    def operator_of(self, index: int) -> Party:
        """The operator that an entrusting stall holder's agreement names."""
        return self.operators[index % len(self.operators)]

    def _container(self, serial: int) -> str:
        body = f"CQSU{100000 + serial:06}"
        return body + calc_check_digit(body)

    def _add_shipment(self, consignor: str, destination: str, currency: str, *, load: str = "") -> Shipment:
        number = len(self.shipments) + 1
        if not load:
            load = f"L{len(self.loads) + 1:02}"
            self.loads.append((load, self._container(len(self.loads) + 1), consignor))
        shipment = Shipment(f"P{number:02}", load, consignor, destination, currency, simplified=number % 7 != 0)
        self.shipments.append(shipment)
        return shipment

    def _plan(self) -> None:
        foreign = [buyer for buyer in self.buyers if buyer.country != "CN"]
        countries = sorted({buyer.country for buyer in foreign})
        for n, operator in enumerate(self.operators):
            holders = [h for i, h in enumerate(self.entrusting) if self.operator_of(i) is operator and i != _SUSPENDED]
            for k in range(_SHIPMENTS_PER_OPERATOR):
                currency = "EUR" if k == 3 else "CNY" if k == 4 else "USD"
                # One container is shared by two operators (R-PACK-4).
                shared = self.shipments[1].load if n == 1 and k == 0 else ""
                shipment = self._add_shipment(operator.ref, countries[(n + k) % 8], currency, load=shared)
                self._fill(shipment, operator, holders, "agency", _TRADES_PER_SHIPMENT)
        for n, holder in enumerate(self.own):
            shipment = self._add_shipment(holder.ref, countries[n % 8], "USD")
            shipment.simplified = True
            self._fill(shipment, holder, [holder], "own", 4)
        self._split_over_containers()
        self._special()

    def _fill(self, shipment: Shipment, consignor: Party, holders: list[Party], mode: str, trades: int) -> None:
        near = [b for b in self.buyers if b.country in (shipment.destination, "CN")]
        # Not simplified means at most fifty items: fewer kinds then.
        choice = GOODS if shipment.simplified else GOODS[:40]
        for n in range(trades):
            seller = holders[(n + len(self.slips)) % len(holders)]
            buyer = near[self.random.randrange(len(near))]
            lines = [self._line(self.random.choice(choice), shipment.currency) for _ in range(5)]
            slip = Slip(
                number=f"{consignor.ref}-{len(self.slips) + 1:04}",
                operator=consignor.ref,
                seller=seller,
                buyer=None if len(self.slips) % 50 == 17 else buyer,
                mode=mode,
                currency=shipment.currency,
                method="rmb" if shipment.currency == "CNY" else "fx",
                lines=lines,
                shipment=shipment.ref,
                domestic=Decimal(200) if len(self.slips) % 40 == 9 else None,
            )
            for line in lines:
                line.parts[shipment.ref] = line.quantity
            self.slips.append(slip)

    def _line(self, good: Good, currency: str) -> Line:
        by_weight = good.unit == "千克"
        factor = {"USD": Decimal(1), "EUR": Decimal("0.9"), "CNY": Decimal(7)}[currency]
        price = (good.usd * factor * Decimal(self.random.randint(90, 115)) / 100).quantize(_CENT, ROUND_HALF_UP)
        value = self.random.randint(300, 1500)
        quantity = max(10, int(value / good.usd)) // 2 * 2
        return Line(good, quantity, price, max(2, quantity // (40 if by_weight else 24)) // 2 * 2 or 2)

    def _split_over_containers(self) -> None:
        """Half of some lines goes into another shipment of the same consignor, currency and price term."""
        by_ref = {shipment.ref: shipment for shipment in self.shipments}
        for slip in self.slips[::9]:
            own = by_ref[slip.shipment]
            others = [
                s
                for s in self.shipments
                if s.consignor == own.consignor and s.currency == own.currency and s is not own
            ]
            if not others or slip.mode == "own":
                continue
            line = slip.lines[0]
            half = line.quantity // 2
            line.parts = {own.ref: line.quantity - half, others[0].ref: half}

    def _special(self) -> None:
        """The trades that an expected refusal stops, and those that meet one on their way."""
        operator = self.operators[0]
        seller = next(h for i, h in enumerate(self.entrusting) if self.operator_of(i) is operator)
        buyer = self.buyers[0]

        def slip(name: str, lines: list[Line], **changes: object) -> Slip:
            made = Slip(f"{operator.ref}-{name}", operator.ref, seller, buyer, "agency", "USD", "fx", lines)
            for key, value in changes.items():
                setattr(made, key, value)
            self.slips.append(made)
            return made

        pliers = next(good for good in GOODS if good.english == "combination pliers")
        slip("CASH", [self._line(pliers, "USD")], method="cash", expect="cash_settlement_not_exportable")
        slip("NEGATIVE", [self._line(NEGATIVE, "USD")], expect="goods_not_allowed")
        nobody = Party("SH999", "stall_holder", "credit_code", "", "CN", "未备案", stall="09-000999")
        slip("UNFILED", [self._line(pliers, "USD")], seller=nobody, mode="outright", expect="subject_not_filed")
        suspended = self.entrusting[_SUSPENDED]
        slip("SUSPENDED", [self._line(pliers, "USD")], seller=suspended, expect="subject_suspended")
        unknown = self._add_shipment(operator.ref, "RU", "USD")
        unknown.simplified = False
        line = self._line(UNKNOWN, "USD")
        line.parts[unknown.ref] = line.quantity
        slip("UNKNOWN", [line], shipment=unknown.ref)
        limit = self._add_shipment(operator.ref, "RU", "USD")
        limit.simplified = False
        # A cent over the limit; correcting the second line's price to 5.00 brings it exactly to the limit.
        lines = [Line(pliers, 29999, Decimal("5.00"), 600), Line(pliers, 1, Decimal("5.01"), 1)]
        for each in lines:
            each.parts[limit.ref] = each.quantity
        slip("LIMIT", lines, shipment=limit.ref)


def _filings(world: World) -> tuple[list[str], list[list[str]]]:
    headers = ["序号", "角色", "证件类型", "证件号码", "国别", "名称", "商户", "经度", "纬度", "备案人", "资质", "预期"]
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
        rows.append([*row, party.longitude, party.latitude, party.filed_by, held, party.expect])
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
        "export_agency": "",
        "procurement_agency": "",
        "channel": "market",
        "trade_date": _DAY,
        "price_term": "FOB",
        "settlement_method": slip.method,
        "domestic_amount": f"{leg}" if leg else "",
        "domestic_paid_on": _DAY if leg else "",
        "domestic_payer": "成渝采购贸易有限公司" if leg else "",
        "domestic_payee": slip.seller.name if leg else "",
        "domestic_reference": f"RMB-{slip.number}" if leg else "",
        "document_hash": "",
    }


def _line_row(slip: Slip, line: Line) -> dict[str, str]:
    good = line.good
    piece_and_weight = good.hs_code[:4] in ("8425", "8467", "8481")
    net = f"{line.net.normalize():f}"
    return {
        "slip": slip.number,
        "stall_number": slip.seller.stall,
        "goods_name": good.name,
        "hs_code": good.hs_code,
        "quantity": str(line.quantity),
        "unit": good.unit,
        "packages": str(line.packages),
        "package_unit": "箱",
        "currency": slip.currency,
        "amount": f"{line.amount}",
        "net_weight_kg": net,
        "unit_price": f"{line.price}",
        "origin_place": "重庆大足",
        "statutory_quantity": str(line.quantity) if piece_and_weight else net,
        "statutory_unit": good.unit if piece_and_weight else "千克",
        "second_statutory_quantity": net if piece_and_weight else "",
        "second_statutory_unit": "千克" if piece_and_weight else "",
    }


def _trade_workbooks(world: World, folder: Path) -> None:
    for consignor in dict.fromkeys(slip.operator for slip in world.slips):
        own = [slip for slip in world.slips if slip.operator == consignor]
        slips = [_slip_row(slip) for slip in own]
        lines = [_line_row(slip, line) for slip in own for line in slip.lines]
        write_workbook(
            folder / f"trades-{consignor}.xlsx",
            {
                SLIPS_SHEET: (
                    [column.header for column in SLIP_COLUMNS],
                    [[row.get(column.field, "") for column in SLIP_COLUMNS] for row in slips],
                ),
                LINES_SHEET: (
                    [column.header for column in LINE_COLUMNS],
                    [[row.get(column.field, "") for column in LINE_COLUMNS] for row in lines],
                ),
            },
        )


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
    natural = {h.ref for h in world.entrusting if h.identity_kind == "resident_id"}
    receipts = [
        [
            f"TT{n:05}",
            str(n % 2 + 1),
            who,
            shipment,
            currency,
            f"{value:.2f}",
            "personal" if who in natural else "trade",
        ]
        for n, ((shipment, who, currency), value) in enumerate(sorted(collected.items()), 1)
    ]
    passed = [
        [f"PO{n:05}", str(n % 2 + 1), agent, who, currency, f"{value:.2f}", "rmb" if n % 3 == 0 else "fx"]
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
    write_workbook(folder / "agreements.xlsx", {"委托代理出口": _agreements(world)})
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
    expected = [[s.number, s.seller.ref, s.expect] for s in world.slips if s.expect]
    write_workbook(folder / "expected.xlsx", {"预期拒绝": (["交易单号", "经营户", "代码"], expected)})


if __name__ == "__main__":
    write_all()
    sys.exit(0)
