"""Makes the sample days' workbooks from one seed.

Trades are planned by shipment: a shipment is one packing list, so that what is packed, declared and collected
together is known before the trades are written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from stdnum.iso6346 import calc_check_digit

from marketctl.sample.goods import GOODS, NEGATIVE, UNKNOWN, Good
from marketctl.sample.people import Party, buyers, operators, stall_holders

SEED = 1039
WORKING_DAY = "2026-05-13"
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
    entrusted_purchase: bool = False


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
        # A buyer entrusts its purchases to the operator that filed it. Foreign individuals buy for themselves.
        self.purchase_agents = {each.ref: each.filed_by for each in self.buyers if each.identity_kind != "passport"}
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
            if mode == "agency" and slip.buyer is not None:
                slip.entrusted_purchase = self.purchase_agents.get(slip.buyer.ref) == consignor.ref
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
        """The trades that an expected refusal stops, and those that are refused once and go on."""
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
