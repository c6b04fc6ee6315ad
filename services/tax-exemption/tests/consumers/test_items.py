from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from shared.events.trade_ledger import (
    DeclarationAccepted,
    DeclarationAmended,
    DeclarationDeleted,
    DeclarationDeparted,
    DeclarationReleased,
    GoodsReturned,
    GoodsShutOut,
)
from shared.workshop.testing.declaration_events import declaration_event, portion

Filing = Any


async def seen(filing: Filing) -> list[tuple[str, str, str]]:
    items = (await filing.door.done("GET", "/v1/items", role="tax"))["items"]
    return [(item["departed_fob"], item["returned_fob"], item["open_fob"]) for item in items]


async def test_an_event_heard_twice_makes_one_item(filing: Filing) -> None:
    event = declaration_event(DeclarationDeparted, filing.own())
    await filing.hear(event)
    await filing.hear(event, sequence=2)
    items = await filing.door.done("GET", "/v1/items", **filing.as_holder())
    assert [item["departed_fob"] for item in items["items"]] == ["1000.00"]


async def test_a_departure_heard_before_its_release_counts_as_well(filing: Filing) -> None:
    goods = filing.own()
    departed = declaration_event(DeclarationDeparted, goods)
    await filing.hear(departed)
    await filing.hear(
        declaration_event(DeclarationReleased, goods, declaration_id=departed.declaration.declaration_id), sequence=2
    )
    items = await filing.door.done("GET", "/v1/items", **filing.as_holder())
    assert len(items["items"]) == 1


async def test_goods_that_are_released_and_not_departed_are_no_item(filing: Filing) -> None:
    waiting = filing.own(departed_quantity="0", departed_value="0", departed_fob="0")
    await filing.hear(declaration_event(DeclarationReleased, waiting, status="released", export_date=None))
    assert await seen(filing) == []


@pytest.mark.parametrize("kind", [DeclarationAmended, DeclarationAccepted, GoodsReturned])
async def test_the_state_of_an_event_counts_and_not_its_type(filing: Filing, kind: Any) -> None:
    await filing.hear(declaration_event(kind, filing.own()))
    assert await seen(filing) == [("1000.00", "0.00", "1000.00")]


async def test_goods_that_were_shut_out_whole_are_no_item(filing: Filing) -> None:
    """R-TAX-6: what never left is not exempted, whatever was collected for it."""
    goods = filing.own().model_copy(
        update={
            "released_quantity": Decimal(0), "released_value": Decimal(0), "released_fob": Decimal(0),
            "departed_quantity": Decimal(0), "departed_value": Decimal(0), "departed_fob": Decimal(0),
            "shut_out_quantity": Decimal(100), "shut_out_value": Decimal(1000), "shut_out_fob": Decimal(1000),
        }
    )  # fmt: skip
    await filing.hear(declaration_event(GoodsShutOut, goods, export_date=None))
    assert await seen(filing) == []
    nothing = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert nothing.json()["code"] == "nothing_to_declare"


async def test_an_amended_value_and_returned_goods_change_the_item(filing: Filing) -> None:
    goods = filing.own()
    departed = declaration_event(DeclarationDeparted, goods)
    await filing.hear(departed)
    less = goods.model_copy(update={"departed_fob": Decimal(800), "returned_fob": Decimal(50)})
    said = declaration_event(DeclarationAmended, less, declaration_id=departed.declaration.declaration_id)
    await filing.hear(said, sequence=2)
    assert await seen(filing) == [("800.00", "50.00", "750.00")]


async def test_the_items_of_a_deleted_declaration_are_zero(filing: Filing) -> None:
    goods = filing.own()
    departed = declaration_event(DeclarationDeparted, goods)
    await filing.hear(departed)
    none = {f"{stage}_{what}": Decimal(0) for stage in ("released", "departed") for what in ("quantity", "fob")}
    deleted = declaration_event(
        DeclarationDeleted, goods.model_copy(update=none), declaration_id=departed.declaration.declaration_id
    )
    await filing.hear(deleted, sequence=2)
    assert await seen(filing) == [("0.00", "0.00", "0.00")]
    answer = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert answer.json()["code"] == "nothing_to_declare"


async def test_samples_and_gifts_are_no_items(filing: Filing) -> None:
    await filing.hear(
        declaration_event(DeclarationDeparted, filing.own(trade_kind="sample"), filing.own(trade_kind="gift"))
    )
    assert await seen(filing) == []


async def test_outright_exports_are_seen_by_tax_and_belong_to_no_stall_holder(filing: Filing) -> None:
    bought = portion(
        filing.operator, filing.operator, filing.operator, export_mode="outright",
        stall_holder_id=None, exemption_filer_id=None,
    )  # fmt: skip
    await filing.hear(declaration_event(DeclarationDeparted, bought))
    (item,) = (await filing.door.done("GET", "/v1/items?month=2026-05", role="tax"))["items"]
    assert item["stall_holder_id"] is None
    assert (await filing.door.done("GET", "/v1/items?month=2026-04", role="tax"))["items"] == []
    stranger = await filing.door.done("GET", "/v1/items", **await filing.stranger())
    assert stranger["items"] == []
