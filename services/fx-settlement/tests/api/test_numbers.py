"""Money is used by the numbers that people hold: declaration, customs and trade numbers instead of portions' ids."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from shared.events.trade_ledger import DeclarationDeparted

CUSTOMS = "801220260000000001"


def _moved(day: str) -> dict[str, Any]:
    """A portion that left on a day."""
    departed = {"departed_quantity": "100", "departed_value": "1000.00", "departed_fob": "1000.00"}
    return departed | {"departures": [{"on": day, "quantity": "100", "value": "1000.00", "fob": "1000.00"}]}


def _uses(collection: dict[str, Any]) -> dict[str, str]:
    """The amount of each portion in the answer."""
    return {each["portion_id"]: each["amount"] for each in collection["collection"]["matches"]}


async def _refused(trading: Any, collection: dict[str, Any], *matches: dict[str, str], status: int = 409) -> list[Any]:
    answer = await trading.act(collection, "matches", {"matches": list(matches)})
    assert answer.status_code == status, answer.text
    assert trading.ask("SELECT count(*) FROM matches") == [(0,)]
    return [(each["code"], each["pointer"]) for each in answer.json()["errors"]]


@pytest.mark.parametrize(
    "named",
    [
        {"declaration_number": "LS-DE-0000007-7"},
        {"customs_number": CUSTOMS},
        {"customs_number": "８０１２２０２６０００００００００１ "},
        {"trade_number": "LS-TR-0000001-0"},
    ],
)
async def test_an_amount_for_a_number_is_spread_over_its_open_portions(trading: Any, named: dict[str, str]) -> None:
    """R-FX-1: the oldest departure first, then what hasn't left; the same key answers the same and has one effect."""
    trade = trading.trade()
    await trading.hear(trade)
    waiting, may, april = (
        trading.portion("1000.00", trade_id=trade.trade.trade_id, item_no=item, **moved)
        for item, moved in ((1, {}), (2, _moved("2026-05-10")), (3, _moved("2026-04-30")))
    )
    event = trading.declaration(waiting, may, april, kind=DeclarationDeparted, number="LS-DE-0000007-7")
    await trading.hear(event)
    collection = await trading.booked("2500.00")
    body = {"matches": [{**named, "amount": "2500.00"}]}
    answers = [await trading.act(collection, "matches", body, key="one") for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200], answers[0].text
    assert answers[0].content == answers[1].content
    assert list(_uses(answers[0].json()).values()).count("500.00") == 1
    ids = [str(each.portion_id) for each in (april, may, waiting)]
    assert _uses(answers[0].json()) == dict(zip(ids, ["1000.00", "1000.00", "500.00"], strict=True))
    trading.check_books()


async def test_numbers_and_ids_stand_in_one_request(trading: Any) -> None:
    """What is named by its id counts first, so that no portion is used twice."""
    _, (first, second) = await trading.released(trading.portion(), trading.portion(item_no=2))
    collection = await trading.booked("1800.00")
    matches = [
        {"customs_number": CUSTOMS, "amount": "900.00"},
        {"portion_id": str(first.portion_id), "amount": "400.00"},
        {"declaration_number": "LS-DE-0000001-0", "amount": "500.00"},
    ]
    answer = await trading.act(collection, "matches", {"matches": matches})
    assert answer.status_code == 200, answer.text
    used = trading.ask("SELECT portion_id, sum(amount)::text FROM matches GROUP BY 1")
    assert dict(used) == {first.portion_id: "1000.0000", second.portion_id: "800.0000"}
    trading.check_books()


async def test_what_is_open_is_told_with_all_that_forbids_the_rest(trading: Any) -> None:
    """The open amount without tolerance is the limit: at it passes, a cent over is refused with every reason."""
    rival = trading.portion(buyer_id=uuid4())
    euro = trading.portion(currency="EUR", item_no=3)
    await trading.released(trading.portion(), rival, euro)
    collection = await trading.booked("3000.00")
    by = {"customs_number": CUSTOMS}
    answer = await trading.act(collection, "matches", {"matches": [{**by, "amount": "1000.01"}]})
    problem = answer.json()
    assert {(each["code"], each["pointer"]) for each in problem["errors"]} == {
        ("amount_over_open", "/matches/0/amount"),
        ("payer_not_the_buyer", "/matches/0/customs_number"),
        ("currency_needs_portion", "/matches/0/customs_number"),
    }
    assert "1000.00 is open" in problem["detail_en"]
    assert "尚可收汇 1000.00" in problem["detail_zh"]
    done = await trading.act(collection, "matches", {"matches": [{**by, "amount": "1000.00"}]})
    assert done.status_code == 200, done.text
    again = await trading.act(done.json(), "matches", {"matches": [{"trade_number": "none", "amount": "1.00"}]})
    assert again.json()["errors"][0]["code"] == "number_not_released"


async def test_a_number_without_anything_open_names_what_stands_against_it(trading: Any) -> None:
    collection = await trading.booked("1000.00")
    by = {"customs_number": CUSTOMS, "amount": "1.00"}
    assert await _refused(trading, collection, by) == [("number_not_released", "/matches/0/customs_number")]
    await trading.released(trading.portion(settlement_method="cash"))
    assert await _refused(trading, collection, by) == [("cash_not_collectable", "/matches/0/customs_number")]
    await trading.released(trading.portion(trade_kind="sample"), number="LS-DE-0000002-0", customs_number="S")
    sample = {"declaration_number": "LS-DE-0000002-0", "amount": "1.00"}
    assert await _refused(trading, collection, sample) == [("nothing_open", "/matches/0/declaration_number")]
    many = [by, sample, {**sample, "amount": "0.001"}]
    assert await _refused(trading, collection, *many) == [
        ("cash_not_collectable", "/matches/0/customs_number"),
        ("nothing_open", "/matches/1/declaration_number"),
        ("amount_not_positive", "/matches/2/amount"),
    ]


async def test_goods_of_no_client_of_the_bank_look_like_an_unknown_number(trading: Any) -> None:
    """V65: a bank learns nothing of other banks' clients; another client's goods are said to be another's."""
    await trading.opened(trading.second, trading.account(trading.rival_bank))
    await trading.released(trading.portion(collector_id=trading.second))
    collection = await trading.booked("1000.00")
    by = {"customs_number": CUSTOMS, "amount": "1.00"}
    unknown = {"customs_number": "nobody's", "amount": "1.00"}
    stranger, nobody = [await trading.act(collection, "matches", {"matches": [each]}) for each in (by, unknown)]
    said = [each.json()["detail_en"].replace(CUSTOMS, "…").replace("nobody's", "…") for each in (stranger, nobody)]
    assert said[0] == said[1]
    await trading.opened(trading.second, trading.account(), sequence=3)
    assert await _refused(trading, collection, by) == [("not_the_collector", "/matches/0/customs_number")]


@pytest.mark.parametrize(
    ("match", "code"),
    [
        ({}, "one_of_fields_missing"),
        ({"customs_number": "1", "trade_number": "2"}, "fields_exclusive"),
        ({"customs_number": "1", "portion_id": str(uuid4())}, "fields_exclusive"),
        ({"customs_number": "1", "rate": "1.1"}, "fields_exclusive"),
        ({"customs_number": " "}, "reference_without_letter"),
    ],
)
async def test_a_part_names_one_thing(trading: Any, match: dict[str, str], code: str) -> None:
    collection = await trading.booked("1000.00")
    found = await _refused(trading, collection, {**match, "amount": "1.00"}, status=422)
    assert [each[0] for each in found] == [code]


async def test_a_frozen_declaration_gives_nothing_by_its_number(trading: Any) -> None:
    """R-DECL-7."""
    declaration_id, (portion,) = await trading.released()
    collection = await trading.matched(await trading.booked("1000.00"), (portion, "1000.00"))
    passed = await trading.door.call("POST", "/v1/pass-ons", trading.transfer("1000.00"), **trading.as_bank())
    assert passed.status_code == 201, passed.text
    smaller = portion.model_copy(update={"released_value": portion.released_value / 2})
    await trading.changed(declaration_id, smaller)
    assert trading.room(declaration_id)[-1]
    more = await trading.booked("10.00")
    body = {"matches": [{"customs_number": CUSTOMS, "amount": "10.00"}]}
    answer = await trading.act(more, "matches", body)
    assert [each["code"] for each in answer.json()["errors"]] == ["entitlement_frozen"]
    assert collection["collection"]["unmatched"] == "0.00"


@pytest.mark.parametrize("named", [{"customs_number": CUSTOMS}, {"declaration_number": "LS-DE-0000001-0"}])
async def test_room_is_held_by_number_over_open_portions(trading: Any, named: dict[str, str]) -> None:
    """V38: a value without tolerance, spread as a match is; a cent more is refused with what is open."""
    others = trading.portion(collector_id=trading.second, item_no=3)
    _, (first, second, _) = await trading.released(trading.portion(), trading.portion(item_no=2), others)
    await trading.opened(trading.second, trading.account(trading.rival_bank))
    asked = {**named, "collector_id": str(trading.agent)}
    over = await trading.door.call("POST", "/v1/holds", {**asked, "value": "2000.01"}, **trading.as_bank())
    assert [(each["code"], each["pointer"]) for each in over.json()["errors"]] == [("amount_over_open", "/value")]
    assert trading.ask("SELECT count(*) FROM holds") == [(0,)]
    hold = await trading.door.done("POST", "/v1/holds", {**asked, "value": "1200.00"}, **trading.as_bank())
    held = {each["portion_id"]: each["value"] for each in hold["lines"]}
    assert held == {str(first.portion_id): "1000.00", str(second.portion_id): "200.00"}
    rest = await trading.door.done("POST", "/v1/holds", {**asked, "value": "800.00"}, **trading.as_bank())
    assert [each["portion_id"] for each in rest["lines"]] == [str(second.portion_id)]
    none = await trading.door.call("POST", "/v1/holds", {**asked, "value": "0.01"}, **trading.as_bank())
    assert [each["code"] for each in none.json()["errors"]] == ["nothing_open"]
    ((kind, _),) = named.items()
    unknown = {**asked, kind: "9", "value": "1.00"}
    answer = await trading.door.call("POST", "/v1/holds", unknown, **trading.as_bank())
    assert [(each["code"], each["pointer"]) for each in answer.json()["errors"]] == [
        ("number_not_released", f"/{kind}")
    ]
    trading.check_books()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"value": "1.00"}, "one_of_fields_missing"),
        ({"customs_number": CUSTOMS}, "one_of_fields_missing"),
        ({"declaration_id": str(uuid4())}, "one_of_fields_missing"),
        ({"declaration_id": str(uuid4()), "customs_number": CUSTOMS, "value": "1.00"}, "fields_exclusive"),
        (
            {"customs_number": CUSTOMS, "value": "1.00", "lines": [{"portion_id": str(uuid4()), "value": "1.00"}]},
            "fields_exclusive",
        ),
    ],
)
async def test_a_hold_names_one_declaration_and_lines_or_a_value(trading: Any, body: dict[str, Any], code: str) -> None:
    sent = {"collector_id": str(trading.agent), **body}
    answer = await trading.door.call("POST", "/v1/holds", sent, **trading.as_bank())
    assert (answer.status_code, [each["code"] for each in answer.json()["errors"]]) == (422, [code])


async def test_a_hold_is_committed_by_number_within_what_it_holds(trading: Any) -> None:
    """V38."""
    declaration_id, (first, second) = await trading.released(trading.portion(), trading.portion(item_no=2))
    lines = [{"portion_id": str(each.portion_id), "value": "300.00"} for each in (first, second)]
    asked = {"declaration_id": str(declaration_id), "collector_id": str(trading.agent), "lines": lines}
    hold = await trading.door.done("POST", "/v1/holds", asked, **trading.as_bank())
    collection = await trading.booked("1000.00")
    path, how = f"/v1/holds/{hold['id']}/commits", {"version": hold["version"], **trading.as_bank()}
    body = {"collection_id": collection["id"], "matches": [{"customs_number": CUSTOMS, "amount": "600.01"}]}
    refused = await trading.door.call("POST", path, body, **how)
    assert [each["code"] for each in refused.json()["errors"]] == ["amount_over_open"], refused.text
    body["matches"][0]["amount"] = "600.00"
    done = await trading.door.call("POST", path, body, **how)
    assert done.status_code == 200, done.text
    used = trading.ask("SELECT portion_id, amount::text FROM matches")
    assert dict(used) == {first.portion_id: "300.0000", second.portion_id: "300.0000"}
    trading.check_books()


async def test_an_advance_names_its_trade_by_number(trading: Any) -> None:
    """R-FX-8."""
    trade = trading.trade(number="LS-TR-0000009-9")
    await trading.hear(trade)
    collection = await trading.booked("1000.00")
    linked = await trading.act(collection, "advances", {"trade_number": "LS-TR-0000009-9", "amount": "400.00"})
    assert linked.status_code == 200, linked.text
    assert [each["trade_id"] for each in linked.json()["collection"]["advances"]] == [str(trade.trade.trade_id)]
    unknown = await trading.act(linked.json(), "advances", {"trade_number": "LS-TR-1", "amount": "1.00"})
    assert [(each["code"], each["pointer"]) for each in unknown.json()["errors"]] == [
        ("trade_not_registered", "/trade_number")
    ]
    both = {"trade_number": "LS-TR-1", "trade_id": str(uuid4()), "amount": "1.00"}
    for body, code in ((both, "fields_exclusive"), ({"amount": "1.00"}, "one_of_fields_missing")):
        answer = await trading.act(linked.json(), "advances", body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


@pytest.mark.parametrize("proof", [{"proof_customs_numbers": [CUSTOMS]}, {"proof_trade_numbers": ["LS-TR-0000001-0"]}])
async def test_a_conversion_is_proven_by_numbers(trading: Any, proof: dict[str, list[str]]) -> None:
    """V43: a number stands for the holder's own portions under it; what it proved once is used up."""
    trade = trading.trade()
    await trading.hear(trade)
    own = {"owner_id": trading.person, "collector_id": trading.person, "trade_id": trade.trade.trade_id}
    _, (mine, _) = await trading.released(trading.portion(**own), trading.portion(trade_id=trade.trade.trade_id))
    booked = await trading.booked(collector_id=str(trading.person), account_kind="personal")
    await trading.matched(booked, (mine, "1000.00"))
    body = {"holder_id": str(trading.person), "currency": "USD", "amount": "1000.00", "rate": "6.98", **proof}
    body |= {"converted_on": "2026-05-13", "bank_reference": "CV1"}
    done = await trading.door.done("POST", "/v1/conversions", body, **trading.as_bank())
    assert (done["uses_quota"], done["proof_portion_ids"]) == (False, [str(mine.portion_id)])
    ((name, _),) = proof.items()
    unknown = {**body, "bank_reference": "CV2", name: ["9", *proof[name]]}
    refused = await trading.door.call("POST", "/v1/conversions", unknown, **trading.as_bank())
    assert {(each["code"], each["pointer"]) for each in refused.json()["errors"]} >= {
        ("number_not_released", f"/{name}/0"),
        ("conversion_over_proof", "/amount"),
    }
