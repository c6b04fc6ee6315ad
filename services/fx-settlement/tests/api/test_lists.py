"""Lists return summaries, in the same number of statements whatever they hold. A row is read in full by its id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

LISTS = ("entitlements", "collections", "holds", "pass-ons", "conversions")
Filling = Callable[[], Awaitable[dict[str, dict[str, Any]]]]


@pytest.fixture
def fill(trading: Any) -> Filling:
    """Add one row to each list, each of several parts; the responses by list."""

    async def one_more() -> dict[str, dict[str, Any]]:
        reference = next(trading.references)
        declaration_id, portions = await trading.released(
            trading.portion(), trading.portion("500.00", owner_id=trading.second)
        )
        collection = await trading.booked("1200.00")
        collection = await trading.matched(collection, (portions[0], "800.00"), (portions[1], "300.00"))
        done = trading.door.done
        passed = await done("POST", "/v1/pass-ons", trading.transfer("10.00"), **trading.as_bank())
        await trading.booked("50.00", collector_id=str(trading.person), account_kind="personal")
        wanted = {
            "holder_id": str(trading.person), "currency": "USD", "amount": "1.00", "rate": "6.95",
            "proof_document": {"hash": f"{reference:032}", "total": "1.00"}, "converted_on": "2026-05-13",
            "bank_reference": f"C{reference}",
        }  # fmt: skip
        converted = await done("POST", "/v1/conversions", wanted, **trading.as_bank())
        lines = [{"portion_id": str(portion.portion_id), "value": "1.00"} for portion in portions]
        body = {"declaration_id": str(declaration_id), "collector_id": str(trading.agent), "lines": lines}
        hold = await done("POST", "/v1/holds", body, **trading.as_bank())
        room = await done("GET", f"/v1/entitlements/{declaration_id}", role="safe")
        return dict(zip(LISTS, (room, collection, hold, passed, converted), strict=True))

    return one_more


def asked_by(trading: Any, who: str) -> dict[str, Any]:
    if who == "safe":
        return {"role": "safe"}
    if who == "bank":
        return trading.as_bank()  # type: ignore[no-any-return]  # the fixture is untyped here
    return {"role": "operator" if who == "agent" else "stall_holder", "subject_id": getattr(trading, who)}


@pytest.mark.parametrize("who", ["safe", "bank", "agent", "principal"])
async def test_a_page_takes_the_same_number_of_statements_whatever_it_holds(
    trading: Any, fill: Filling, who: str
) -> None:
    asked = asked_by(trading, who)

    async def read() -> tuple[list[int], list[int]]:
        items, said = [], []
        for name in LISTS:
            with trading.door.statements() as sent:
                page = await trading.door.done("GET", f"/v1/{name}?limit=200", **asked)
            items.append(len(page["items"]))
            said.append(len(sent))
        return items, said

    await fill()
    items_of_one, said_of_one = await read()
    for _ in range(3):
        await fill()
    items_of_many, said_of_many = await read()
    assert items_of_many == [4 * items for items in items_of_one]
    assert said_of_many == said_of_one
    assert max(said_of_many) <= 5


async def test_page_by_page_what_agents_owe_and_accounts_hold_is_whole(trading: Any) -> None:
    """Lists whose rows have several columns as key; the filters name them."""
    for currency, owner in (("USD", trading.principal), ("EUR", trading.principal), ("USD", trading.second)):
        portion = trading.portion(currency=currency, owner_id=owner)
        await trading.released(portion, currency=currency)
        await trading.matched(await trading.booked("1000.00", currency=currency), (portion, "1000.00"))
        await trading.booked("50.00", collector_id=str(trading.person), account_kind="personal", currency=currency)
    for name, key, most in (("payables", "principal_id", 3), ("balances", "holder_id", 2)):
        whole = (await trading.door.done("GET", f"/v1/{name}", role="safe"))["items"]
        assert len(whole) == most
        assert whole == sorted(whole, key=lambda each: (each.get("agent_id"), each[key], each["currency"]))
        for limit in (1, 2):
            assert await trading.door.paged(f"/v1/{name}", limit, role="safe") == whole
        only = [each for each in whole if each[key] == whole[0][key]]
        assert await trading.door.paged(f"/v1/{name}?{key}={whole[0][key]}", role="safe") == only


async def test_money_is_found_by_what_people_ask_by(trading: Any, fill: Filling) -> None:
    """Declaration numbers, banks, and what changed since an instant."""
    room, collection, _, passed, converted = (await fill()).values()
    await trading.released(number="LS-DE-0000002-0", customs_number="2")

    async def found(query: str) -> list[Any]:
        return [each.get("id") or each["declaration_id"] for each in await trading.door.paged(query, role="safe")]

    assert await found("/v1/entitlements?declaration_number=LS-DE-0000001-0") == [room["declaration_id"]]
    for name, made in (("pass-ons", passed), ("conversions", converted)):
        assert await found(f"/v1/{name}?updated_since=2026-05-13T00:00:00Z") == [made["id"]]
        assert await found(f"/v1/{name}?updated_since=2026-05-14T00:00:00Z") == []
        assert await found(f"/v1/{name}?bank_id={trading.bank}") == [made["id"]]
        assert await found(f"/v1/{name}?bank_id={trading.rival_bank}") == []
    assert collection["id"] in await found(f"/v1/collections?bank_id={trading.bank}")
    assert await found(f"/v1/conflicts?collection_id={collection['id']}") == []


@pytest.mark.parametrize("name", LISTS)
async def test_a_summary_agrees_with_the_full_row(trading: Any, fill: Filling, name: str) -> None:
    whole = (await fill())[name]
    first = (await trading.door.done("GET", f"/v1/{name}", role="safe"))["items"][-1]
    if name == "collections":
        whole = whole | whole["collection"]
    assert first == {key: whole[key] for key in first}
    assert not {"portions", "matches", "lines", "proof_portion_ids", "collection", "open_conflicts"} & set(first)


async def test_an_owner_sees_the_sums_of_its_own_part(trading: Any, fill: Filling) -> None:
    await fill()
    own = asked_by(trading, "second")
    (room,) = (await trading.door.done("GET", "/v1/entitlements", **own))["items"]
    names = ("collectable", "held", "matched", "left", "tolerance")
    assert [room[name] for name in names] == ["500.00", "1.00", "300.00", "199.00", None]
    (collection,) = (await trading.door.done("GET", "/v1/collections", **own))["items"]
    assert (collection["amount"], collection["unmatched"], collection["payer"]) == (None, None, "***")
