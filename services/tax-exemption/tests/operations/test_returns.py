from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from shared.events.trade_ledger import DeclarationDeparted, GoodsReturned, Portion
from shared.workshop.testing.declaration_events import declaration_event, portion
from shared.workshop.testing.registry_events import subject

Filing = Any


def said(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        return [row[0] for row in connection.execute("SELECT type FROM outbox ORDER BY id")]


async def test_departed_portions_are_declared_and_accepted(filing: Filing) -> None:
    """R-TAX-1, V48."""
    await filing.hear(declaration_event(DeclarationDeparted, filing.own(), filing.own("250.50")))
    filed = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert filed["exemption_return"]["total_rmb"] == "8753.50"
    assert len(filed["exemption_return"]["lines"]) == 2
    path = f"/v1/returns/{filed['id']}/acceptances"
    accepted = await filing.door.done("POST", path, role="tax", version=filed["version"])
    assert accepted["status"] == "accepted"
    assert said(filing.dsn) == ["tax_exemption.return_filed.v1", "tax_exemption.return_accepted.v1"]
    again = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_declare")


@pytest.mark.parametrize(
    ("instant", "refused"),
    [
        (datetime(2026, 5, 31, 15, 59, tzinfo=UTC), True),
        (datetime(2026, 5, 31, 16, 0, tzinfo=UTC), False),
        (datetime(2026, 6, 15, 15, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 15, 16, 0, tzinfo=UTC), True),
    ],
)
async def test_the_window_is_kept_in_beijing_time(filing: Filing, instant: datetime, refused: bool) -> None:
    await filing.hear(declaration_event(DeclarationDeparted, filing.own()))
    filing.door.at(instant)
    answer = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert (answer.status_code == 409) is refused
    if refused:
        assert answer.json()["code"] == "outside_filing_window"
        assert answer.json()["rule"]["id"] == "R-TAX-2"
        assert said(filing.dsn) == []


async def test_goods_returned_after_filing_make_an_adjustment_in_a_later_month(filing: Filing) -> None:
    goods = filing.own()
    departed = declaration_event(DeclarationDeparted, goods)
    await filing.hear(departed)
    first = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    back = goods.model_copy(update={"returned_quantity": 40, "returned_value": 400, "returned_fob": 400})
    back = Portion.model_validate_json(back.model_dump_json())
    await filing.hear(
        declaration_event(GoodsReturned, back, declaration_id=departed.declaration.declaration_id), sequence=2
    )
    filing.door.at(datetime(2026, 7, 8, 1, tzinfo=UTC))
    later = await filing.door.done("POST", "/v1/returns", filing.body(month="2026-06"), **filing.as_holder())
    line = later["exemption_return"]["lines"][0]
    assert (line["fob_value"], line["exempt_rmb"], line["adjustment"]) == ("-400.00", "-2800.00", True)
    kept = await filing.door.done("GET", f"/v1/returns/{first['id']}", **filing.as_holder())
    assert kept["exemption_return"]["total_rmb"] == "7000.00"


async def test_the_operator_files_only_where_the_agency_says_so(filing: Filing) -> None:
    """V50."""
    await filing.hear(declaration_event(DeclarationDeparted, filing.own()))
    stranger = await filing.stranger()
    foreign = await filing.door.call("POST", "/v1/returns", filing.body(), **stranger)
    assert foreign.status_code == 404
    theirs = portion(filing.holder, filing.operator, filing.operator, "10.00")
    await filing.hear(declaration_event(DeclarationDeparted, theirs))
    by_operator = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_operator())
    assert len(by_operator["exemption_return"]["lines"]) == 1
    by_holder = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert len(by_holder["exemption_return"]["lines"]) == 1


async def test_the_choice_of_rate_is_kept(filing: Filing) -> None:
    await filing.hear(declaration_event(DeclarationDeparted, filing.own()))
    await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    await filing.hear(declaration_event(DeclarationDeparted, filing.own("5.00")))
    other = filing.body(rate_choice="sale_day")
    answer = await filing.door.call("POST", "/v1/returns", other, **filing.as_holder())
    assert (answer.status_code, answer.json()["code"]) == (409, "rate_choice_kept")


async def test_a_tax_officer_accepts_no_return_that_it_filed_itself(filing: Filing) -> None:
    """V6."""
    await filing.hear(declaration_event(DeclarationDeparted, filing.own()))
    own_filing = {**filing.as_holder(), "actor": "user:both"}
    filed = await filing.door.done("POST", "/v1/returns", filing.body(), **own_filing)
    path, how = f"/v1/returns/{filed['id']}/acceptances", {"role": "tax", "version": filed["version"]}
    refused = await filing.door.call("POST", path, actor="user:both", **how)
    assert (refused.status_code, refused.json()["code"]) == (409, "own_return_decided")
    assert (await filing.door.done("POST", path, actor="user:other", **how))["status"] == "accepted"


async def test_outright_exports_make_no_return(filing: Filing) -> None:
    bought = portion(
        filing.operator, filing.operator, filing.operator, export_mode="outright",
        stall_holder_id=None, exemption_filer_id=None,
    )  # fmt: skip
    await filing.hear(declaration_event(DeclarationDeparted, bought))
    answer = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert answer.status_code == 409


async def test_goods_that_all_came_back_leave_an_exempt_amount_of_exactly_zero(filing: Filing) -> None:
    """Thirds are rounded once over the whole, not once per adjustment (R-TAX-6, V54)."""
    goods = filing.own("100.07")
    departed = declaration_event(DeclarationDeparted, goods)
    await filing.hear(departed)
    await filing.door.done("POST", "/v1/returns", filing.body(rate_choice="sale_day"), **filing.as_holder())
    for number, back in enumerate(("33.33", "66.66", "100.07"), 1):
        returned = goods.model_copy(update={"returned_quantity": number, "returned_fob": Decimal(back)})
        await filing.hear(
            declaration_event(GoodsReturned, returned, declaration_id=departed.declaration.declaration_id),
            sequence=number + 1,
        )
        filing.door.at(datetime(2026, 6 + number, 8, 1, tzinfo=UTC))
        later = filing.body(month=f"2026-{5 + number:02}", rate_choice="sale_day")
        await filing.door.done("POST", "/v1/returns", later, **filing.as_holder())
    with psycopg.connect(filing.dsn) as connection:
        sums = "SELECT sum(fob_value), sum(exempt_rmb), count(*) FROM return_lines"
        assert connection.execute(sums).fetchone() == (0, 0, 4)


async def test_an_adjustment_waits_for_a_later_period(filing: Filing) -> None:
    goods = filing.own()
    departed = declaration_event(DeclarationDeparted, goods)
    await filing.hear(departed)
    await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    back = goods.model_copy(update={"returned_quantity": Decimal(40), "returned_fob": Decimal(400)})
    await filing.hear(
        declaration_event(GoodsReturned, back, declaration_id=departed.declaration.declaration_id), sequence=2
    )
    same_month = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert same_month.json()["code"] == "nothing_to_declare"


async def test_goods_returned_before_filing_reduce_the_item(filing: Filing) -> None:
    back = filing.own().model_copy(update={"returned_quantity": Decimal(40), "returned_fob": Decimal(400)})
    await filing.hear(declaration_event(GoodsReturned, back))
    filed = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    (line,) = filed["exemption_return"]["lines"]
    assert (line["fob_value"], line["exempt_rmb"], line["adjustment"]) == ("600.00", "4200.00", False)


@pytest.mark.parametrize(("choice", "total"), [("sale_day", "6900.00"), ("month_first_day", "7000.00")])
async def test_the_holder_chooses_the_middle_rate(filing: Filing, choice: str, total: str) -> None:
    await filing.hear(declaration_event(DeclarationDeparted, filing.own()))
    body = filing.body(rate_choice=choice)
    filed = await filing.door.done("POST", "/v1/returns", body, **filing.as_holder())
    assert filed["exemption_return"]["total_rmb"] == total


@pytest.mark.parametrize(("sale_day", "served"), [("2026-05-23", True), ("2026-05-24", False), ("2026-04-30", False)])
async def test_a_middle_rate_holds_for_the_days_after_it_but_not_for_weeks(
    filing: Filing, sale_day: str, served: bool
) -> None:
    await filing.hear(declaration_event(DeclarationDeparted, filing.own(sale_date=sale_day)))
    body = filing.body(rate_choice="sale_day")
    answer = await filing.door.call("POST", "/v1/returns", body, **filing.as_holder())
    assert (answer.status_code, answer.json().get("code")) == ((201, None) if served else (409, "middle_rate_missing"))


@pytest.mark.parametrize(("choice_month", "free"), [("2026-04", False), ("2025-06", False), ("2025-05", True)])
async def test_the_choice_of_rate_binds_for_twelve_months(filing: Filing, choice_month: str, free: bool) -> None:
    with psycopg.connect(filing.dsn) as connection:
        row = (str(filing.holder), choice_month, "longshui", "sale_day")
        connection.execute("INSERT INTO rate_choices VALUES (%s, %s, %s, %s)", row)
    await filing.hear(declaration_event(DeclarationDeparted, filing.own()))
    answer = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert answer.is_success is free, answer.text


async def test_before_the_acceptance_gate_only_outside_filings_are_recorded(filing: Filing) -> None:
    """V51."""
    await filing.hear(filing.gate(None), declaration_event(DeclarationDeparted, filing.own()))
    refused = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert (refused.status_code, refused.json()["code"]) == (409, "acceptance_gate_closed")
    assert refused.json()["rule"]["id"] == "R-TAX-4"
    await filing.hear(filing.gate(date(2026, 6, 9)))
    early = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert early.json()["code"] == "acceptance_gate_closed"
    outside = filing.body(outside_reference="T-1")
    recorded = await filing.door.done("POST", "/v1/returns", outside, **filing.as_holder())
    assert recorded["status"] == "filed_outside"
    assert recorded["exemption_return"]["outside_reference"] == "T-1"


async def test_once_the_gate_is_open_no_outside_filing_is_recorded(filing: Filing) -> None:
    await filing.hear(declaration_event(DeclarationDeparted, filing.own()))
    body = filing.body(outside_reference="T-1")
    answer = await filing.door.call("POST", "/v1/returns", body, **filing.as_holder())
    assert (answer.status_code, answer.json()["code"]) == (409, "filed_through_the_system")


async def test_a_quarterly_filer_declares_the_quarter_in_the_month_after_it(filing: Filing) -> None:
    await filing.hear(filing.files("quarter"))
    april = declaration_event(DeclarationDeparted, filing.own(), export_date=date(2026, 4, 30))
    await filing.hear(april, declaration_event(DeclarationDeparted, filing.own()))
    monthly = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert monthly.json()["code"] == "nothing_to_declare"
    quarter = filing.body(month="2026-06", rate_choice="sale_day")
    early = await filing.door.call("POST", "/v1/returns", quarter, **filing.as_holder())
    assert early.json()["code"] == "outside_filing_window"
    filing.door.at(datetime(2026, 7, 15, 15, 59, tzinfo=UTC))
    filed = await filing.door.done("POST", "/v1/returns", quarter, **filing.as_holder())
    assert len(filed["exemption_return"]["lines"]) == 2


async def test_tax_may_require_quarterly_filers_to_declare_each_month(filing: Filing) -> None:
    body = {
        "name": "quarterly_period", "effective_from": "2026-01-01", "value": "month",
        "citation": "tax", "remark": "confirmed",
    }  # fmt: skip
    await filing.door.set_parameter(body, role="tax")
    await filing.hear(filing.files("quarter"), declaration_event(DeclarationDeparted, filing.own()))
    await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())


async def test_a_published_free_day_and_a_published_extension_move_the_end(filing: Filing) -> None:
    async def last() -> str:
        window = await filing.door.done("GET", "/v1/windows?month=2026-06", **filing.as_holder())
        return str(window["last"])

    assert await last() == "2026-07-15"
    day = {"day": "2026-07-15", "working": False, "source": "notice"}
    await filing.door.publish("/v1/calendar-days", day, role="tax")
    assert await last() == "2026-07-16"
    body = {
        "name": "exemption_window", "effective_from": "2026-06-01",
        "value": {"last_day": 15, "extended": {"2026-06": "2026-07-22"}}, "citation": "notice", "remark": "",
    }  # fmt: skip
    await filing.door.set_parameter(body, role="tax")
    assert await last() == "2026-07-22"


@pytest.mark.parametrize("month", ["2026-12", "2027-09", "2002-12", "2099-12"])
async def test_a_year_without_a_calendar_has_a_provisional_window(filing: Filing, month: str) -> None:
    window = await filing.door.done("GET", f"/v1/windows?month={month}", **filing.as_holder())
    assert window["provisional"] is True


async def test_an_exited_stall_holder_declares_all_the_same(filing: Filing) -> None:
    """V2: exempting goods that left stays allowed whatever became of the filing."""
    left = subject("stall_holder", subject_id=filing.holder, stall="A-1", status="exited")
    await filing.hear(left, declaration_event(DeclarationDeparted, filing.own()))
    await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())


async def test_of_ten_filings_at_once_one_holds_the_items(filing: Filing) -> None:
    """`file_return` takes the holder's name."""
    await filing.hear(declaration_event(DeclarationDeparted, filing.own(), filing.own()))
    answers = await asyncio.gather(
        *(filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder()) for _ in range(10))
    )
    assert Counter((each.status_code, each.json().get("code")) for each in answers) == {
        (201, None): 1,
        (409, "nothing_to_declare"): 9,
    }


async def test_a_return_of_many_items_takes_as_many_statements_as_one_of_two(filing: Filing) -> None:
    taken = []
    for month, many in (("2026-05", 2), ("2026-06", 200)):
        portions = [filing.own("10.00") for _ in range(many)]
        day = date.fromisoformat(f"{month}-02")
        await filing.hear(declaration_event(DeclarationDeparted, *portions, export_date=day))
        filing.door.at(datetime(day.year, day.month + 1, 8, 1, tzinfo=UTC))
        rate = {"day": f"{month}-01", "currency": "USD", "cny_per_unit": "7.00", "source": "sample"}
        if month != "2026-05":
            await filing.door.publish("/v1/middle-rates", rate, role="tax")
        with filing.door.statements() as sent:
            filed = await filing.door.done("POST", "/v1/returns", filing.body(month=month), **filing.as_holder())
        assert len(filed["exemption_return"]["lines"]) == many
        taken.append(sent)
    assert len(taken[1]) <= len(taken[0]), taken[1]
