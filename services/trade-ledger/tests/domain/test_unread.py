"""A breach stands where it rests on nothing that can't be read; the table of what each rests on is complete."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.vocabulary.rules import Breach
from trade_ledger import domain
from trade_ledger.domain.parties import RoleStanding
from trade_ledger.domain.registration import AgencyFacts, LineFacts, TradeFacts, breaches_of_registration
from trade_ledger.domain.unread import RESTS_ON, rests_on, standing

DAY = date(2026, 5, 13)
FILED = {role: RoleStanding("approved") for role in ("stall_holder", "operator", "buyer")}
AGENCY = AgencyFacts("export_agency", "s", "c", True, "agent", "agent")
LINE = LineFacts(
    hs_code="8204120000", hs_exists=True, quantity=Decimal(10), unit_price=Decimal(2), amount=Decimal(20),
    statutory_units=("千克", "个"), statutory_quantity=Decimal(5), statutory_unit="千克",
    second_statutory_quantity=Decimal(10), second_statutory_unit="个", net_weight_kg=Decimal(5), unlisted_units=(),
    unit_factors=(None, None), decision="eligible", reason="", reason_zh="",
)  # fmt: skip
TRADE = TradeFacts(
    kind="goods", procurement="self", export_mode="agency", today=DAY, trade_date=DAY, currency="USD",
    currency_listed=True, settlement_method="fx", total=Decimal(40), seller=FILED, seller_stall_in_force=True,
    consignor=FILED, buyer=FILED, buyer_named=True, seller_id="s", consignor_id="c", buyer_id="b",
    export_agency_named=True, export_agency=AGENCY, procurement_agency_named=False, procurement_agency=None,
    domestic_paid_on=DAY, domestic_amount=Decimal(1), lines=[LINE, LINE],
)  # fmt: skip
# Facts that are looked up or worked out of a field of another name.
FIELD_OF = {
    "seller": "/seller_id", "consignor": "/consignor_id", "buyer": "/buyer_id", "buyer_named": "/buyer_id",
    "seller_stall_in_force": "/stall_number", "currency_listed": "/currency", "export_agency": "/export_agency_id",
    "export_agency_named": "/export_agency_id", "procurement_agency": "/procurement_agency_id",
    "procurement_agency_named": "/procurement_agency_id", "domestic_paid_on": "/domestic_leg/paid_on",
    "domestic_amount": "/domestic_leg/amount",
}  # fmt: skip
LINE_FIELD_OF = {"hs_exists": "hs_code", "statutory_units": "hs_code", "decision": "hs_code", "unlisted_units": "unit"}
NO_FIELD = {"today", "lines", "reason", "reason_zh", "unit_factors"}
OTHER: Mapping[type, Any] = {
    str: lambda value: value + "x", bool: lambda value: not value, Decimal: lambda value: value + 1,
    date: lambda value: value + timedelta(1),
}  # fmt: skip


def late(day: date) -> TradeFacts:
    return replace(TRADE, trade_date=day)


def of_lines(**changed: Any) -> TradeFacts:
    return replace(TRADE, lines=[LINE, replace(LINE, **changed)])


BROKEN = {
    "subject_not_filed": replace(TRADE, seller=None),
    "subject_suspended": replace(TRADE, consignor={"operator": RoleStanding("suspended")}),
    "stall_not_in_force": replace(TRADE, seller_stall_in_force=False),
    "export_agency_not_in_force": replace(TRADE, export_agency=None),
    "export_agency_not_wanted": replace(TRADE, export_mode="outright"),
    "own_export_by_another": replace(TRADE, export_mode="own", export_agency_named=False),
    "procurement_agency_not_in_force": replace(TRADE, procurement="entrusted"),
    "procurement_agency_not_wanted": replace(TRADE, procurement_agency_named=True),
    "date_in_the_future": late(DAY + timedelta(1)),
    "trade_without_lines": replace(TRADE, lines=[]),
    "total_differs": replace(TRADE, total=Decimal(41)),
    "amount_too_fine": replace(TRADE, domestic_amount=Decimal("1.001")),
    "currency_unknown": replace(TRADE, currency_listed=False),
    "hs_code_unknown": of_lines(hs_exists=False),
    "goods_not_allowed": of_lines(decision="not_eligible"),
    "amount_not_positive": of_lines(quantity=Decimal(0)),
    "amount_differs": of_lines(unit_price=Decimal(3)),
    "statutory_unit_differs": of_lines(statutory_unit="个"),
    "net_weight_differs": of_lines(net_weight_kg=Decimal(6)),
    "unit_unknown": of_lines(unlisted_units=("unit",)),
    "statutory_quantity_differs": of_lines(unit_factors=(Decimal(2), None)),
}


def codes_in(file: Path) -> set[str]:
    """The codes of the breaches that a file makes, but for those that end or refuse by another way."""
    calls = [each for each in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(each, ast.Call)]
    made = [each for each in calls if isinstance(each.func, ast.Name) and each.func.id == "Breach"]
    return {each.args[0].value for each in made if isinstance(each.args[0], ast.Constant)}  # type: ignore[misc]  # a code is text


def test_every_breach_of_a_registration_has_its_row() -> None:
    folder = Path(str(domain.__file__)).parent
    made = codes_in(folder / "registration.py") - {"slip_registered_already"}
    assert made | {"subject_not_filed", "subject_suspended", "amount_too_fine"} == set(RESTS_ON)
    assert set(BROKEN) == set(RESTS_ON)


def said(facts: TradeFacts, code: str) -> set[Breach]:
    return {each for each in map(plain, breaches_of_registration(facts)) if each.code == code}


def plain(breach: Breach) -> Breach:
    return Breach(breach.code, breach.rule, breach.pointer, tuple(sorted(breach.params.items())))  # type: ignore[arg-type]  # to compare


def changes(facts: TradeFacts) -> list[tuple[str, TradeFacts]]:
    """The facts with one field changed, and the pointer of what was entered there."""
    found = []
    for each in fields(TradeFacts):
        other = OTHER.get(type(getattr(facts, each.name)))
        if each.name not in NO_FIELD and other is not None:
            changed = replace(facts, **{each.name: other(getattr(facts, each.name))})
            found.append((FIELD_OF.get(each.name, f"/{each.name}"), changed))
    for n, line in enumerate(facts.lines):
        for each in fields(LineFacts):
            other = OTHER.get(type(getattr(line, each.name)))
            if each.name not in NO_FIELD and other is not None:
                lines = list(facts.lines)
                lines[n] = replace(line, **{each.name: other(getattr(line, each.name))})
                pointer = f"/lines/{n}/{LINE_FIELD_OF.get(each.name, each.name)}"
                found.append((pointer, replace(facts, lines=lines)))
    return found


@pytest.mark.parametrize("code", RESTS_ON)
def test_what_can_make_a_breach_go_is_in_its_row(code: str) -> None:
    facts = BROKEN[code]
    (breach,) = (each for each in breaches_of_registration(facts) if each.code == code)
    before = said(facts, code)
    assert len(before) == 1
    for pointer, changed in changes(facts):
        if not before <= said(changed, code):
            assert standing([breach], {pointer}) == (), f"{code} rests on {pointer} too"


@pytest.mark.parametrize(
    ("code", "pointer", "unread", "stands"),
    [
        ("total_differs", "/total", "/trade_date", True),
        ("total_differs", "/total", "/lines/3/amount", False),
        ("total_differs", "/total", "/lines/3/hs_code", True),
        ("total_differs", "/total", "/lines", False),
        ("subject_not_filed", "/seller_id", "/lines/0/hs_code", True),
        ("subject_not_filed", "/seller_id", "/trade_date", True),
        ("subject_not_filed", "/consignor_id", "/export_mode", False),
        ("amount_differs", "/lines/1/amount", "/lines/1/unit_price", False),
        ("amount_differs", "/lines/1/amount", "/lines/0/unit_price", True),
        ("amount_differs", "/lines/1/amount", "/lines/1", False),
        ("amount_differs", "/lines/1/amount", "/trade_date", True),
        ("amount_differs", "/lines/10/amount", "/lines/1/amount", True),
        ("date_in_the_future", "/domestic_leg/paid_on", "/domestic_leg", False),
        ("date_in_the_future", "/domestic_leg/paid_on", "/trade_date", True),
    ],
)
def test_a_breach_stands_beside_what_it_does_not_rest_on(code: str, pointer: str, unread: str, stands: bool) -> None:
    assert bool(standing([Breach(code, "R-TRADE-2", pointer)], {unread})) is stands


def test_a_filing_that_began_later_rests_on_the_date() -> None:
    since = Breach("subject_not_filed", "R-FILE-1", "/seller_id", {"role": "stall_holder", "since": "2026-05-14"})
    assert "/trade_date" in rests_on(since)
