"""Returns by the days on which goods left and came back, without what a conflict case holds back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from shared.events.trade_ledger import ConflictCase, DeclarationDeparted, GoodsReturned, Portion
from shared.workshop.testing.declaration_events import declaration_event

Filing = Any


def parts(*days: tuple[str, str]) -> list[dict[str, str]]:
    """A quarter of the portion's pieces for each day, worth so much."""
    return [{"on": day, "quantity": "25", "value": fob, "fob": fob} for day, fob in days]


async def lines_of(filing: Filing, month: str, **changed: Any) -> list[tuple[str, str, bool]]:
    body = filing.body(month=month, rate_choice="sale_day", **changed)
    filed = await filing.door.done("POST", "/v1/returns", body, **filing.as_holder())
    return [(line["export_date"], line["fob_value"], line["adjustment"]) for line in filed["exemption_return"]["lines"]]


async def test_a_portion_that_leaves_in_two_months_is_exempted_in_each_for_its_part(filing: Filing) -> None:
    """R-TAX-6."""
    goods = filing.own(departures=parts(("2026-05-31", "600.00"), ("2026-06-01", "400.00")))
    await filing.hear(declaration_event(DeclarationDeparted, goods, export_date=date(2026, 6, 1)))
    assert await lines_of(filing, "2026-05") == [("2026-05-31", "600.00", False)]
    filing.door.at(datetime(2026, 7, 8, 1, tzinfo=UTC))
    assert await lines_of(filing, "2026-06") == [("2026-06-01", "400.00", False)]


async def test_goods_that_came_back_are_corrected_in_the_month_of_their_return(filing: Filing) -> None:
    """V53: what came back in September stands in September's return, not in August's."""
    goods = filing.own(departures=parts(("2026-05-13", "1000.00")))
    departed = declaration_event(DeclarationDeparted, goods)
    await filing.hear(departed)
    await lines_of(filing, "2026-05")
    back = filing.own(portion_id=goods.portion_id, departures=parts(("2026-05-13", "1000.00")),
        returns=parts(("2026-09-02", "400.00")), returned_quantity="40", returned_fob="400.00", returned_value="400.00",
    )  # fmt: skip
    said = declaration_event(GoodsReturned, back, declaration_id=departed.declaration.declaration_id)
    await filing.hear(said, sequence=2)
    filing.door.at(datetime(2026, 9, 8, 1, tzinfo=UTC))
    august = await filing.door.call(
        "POST", "/v1/returns", filing.body(month="2026-08", rate_choice="sale_day"), **filing.as_holder()
    )
    assert august.json()["code"] == "nothing_to_declare"
    filing.door.at(datetime(2026, 10, 12, 1, tzinfo=UTC))
    assert await lines_of(filing, "2026-09") == [("2026-05-13", "-400.00", True)]


def held_back(*portions: Portion, freezes: tuple[str, ...], **named: Any) -> ConflictCase:
    return ConflictCase(
        conflict_id=uuid4(), code="code_changed", opened_at=datetime(2026, 5, 14, tzinfo=UTC), detail="",
        must_act="customs", freezes=freezes, portion_ids=tuple(each.portion_id for each in portions),
    )  # type: ignore[arg-type]  # fmt: skip  # the words of the event


async def test_what_a_case_of_customs_holds_back_is_not_exempted_until_it_is_closed(filing: Filing) -> None:
    """R-DECL-7: the rest of the declaration is."""
    held, free = filing.own("1000.00"), filing.own("250.00")
    case = held_back(held, freezes=("exemption",))
    departed = declaration_event(DeclarationDeparted, held, free, open_conflicts=[case])
    await filing.hear(departed)
    assert [each[1] for each in await lines_of(filing, "2026-05")] == ["250.00"]
    refused = await filing.door.call("POST", "/v1/returns", filing.body(rate_choice="sale_day"), **filing.as_holder())
    assert refused.json()["code"] == "export_frozen"
    items = (await filing.door.done("GET", "/v1/items", **filing.as_holder()))["items"]
    assert {item["open_fob"]: item["frozen"] for item in items} == {"1000.00": True, "0.00": False}
    closed = declaration_event(DeclarationDeparted, held, free, declaration_id=departed.declaration.declaration_id)
    await filing.hear(closed, sequence=2)
    assert [each[1] for each in await lines_of(filing, "2026-05")] == ["1000.00"]


async def test_the_middle_rate_of_the_first_day_is_that_of_the_export_month(filing: Filing) -> None:
    """R-TAX-6: sold in April, exported in May."""
    goods = filing.own(sale_date="2026-04-20")
    await filing.hear(declaration_event(DeclarationDeparted, goods, export_date=date(2026, 5, 31)))
    filed = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    (line,) = filed["exemption_return"]["lines"]
    assert (line["rate"], line["rate_id"]) == ("7", "middle:longshui:2026-05-01:USD")
