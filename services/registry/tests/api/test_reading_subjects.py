"""Reading subjects: filters, pages, masks, history, and an agent's archive of a day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from registry.consumers.subscriptions import subscriptions
from shared.events.base import Received
from shared.events.trade_ledger import TradeRegistered
from shared.messaging.applying import hand_over

OFFICER = {"role": "commerce"}


async def ids(bureau: Any, query: str = "", **who: Any) -> list[str]:
    page = await bureau.door.done("GET", f"/v1/subjects{query}", **(who or OFFICER))
    return [each["id"] for each in page["items"]]


async def person(bureau: Any, filer: dict[str, Any], name: str = "张小五") -> dict[str, Any]:
    identity = {"kind": "resident_id", "number": "11010519491231002X", "country": "CN"}
    body = {"identity": identity, "name": name, "role": "buyer"}
    filed: dict[str, Any] = await bureau.filed(body, **bureau.as_party(filer))
    return filed


async def test_subjects_are_found_by_role_state_and_name(bureau: Any) -> None:
    seller = await bureau.approved(bureau.stall_holder(name="大足100%扳手店"))
    operator = await bureau.filed(bureau.operator())
    buyer = await person(bureau, seller)
    found = {
        "": [buyer, operator, seller],
        "?role=operator": [operator],
        "?status=approved": [seller],
        "?role=operator&status=approved": [],
        "?role=buyer&status=effective": [buyer],
        "?name=扳手": [seller],
        "?name=100%25": [seller],
        "?name=1_0": [],
        "?name=张": [],
        "?name=张小五": [buyer],
        "?name=扳手&role=operator": [],
    }
    for query, expected in found.items():
        assert await ids(bureau, query) == [each["id"] for each in expected], query
    mine = bureau.as_party(operator)
    assert await ids(bureau, "?name=扳手", **mine) == []
    assert await ids(bureau, **mine) == [operator["id"]]
    wrong = await bureau.door.call("GET", "/v1/subjects?role=king")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/role")


async def test_pages_hold_each_subject_once_also_while_new_ones_are_filed(bureau: Any) -> None:
    made = [(await bureau.filed(bureau.operator()))["id"] for _ in range(5)]
    seen, cursor = [], ""
    for _ in range(3):
        page = await bureau.door.done("GET", f"/v1/subjects?limit=2{cursor}")
        seen += [each["id"] for each in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
        await bureau.filed(bureau.operator())
    assert (seen, page["next_cursor"]) == (made[::-1], None)
    broken = await bureau.door.call("GET", "/v1/subjects?cursor=nonsense")
    assert (broken.status_code, broken.json()["code"]) == (422, "malformed_cursor")


async def test_protected_values_are_masked_everywhere_except_in_an_audited_view(bureau: Any) -> None:
    seller = await bureau.approved()
    buyer = await person(bureau, seller)
    who = bureau.as_party(seller)
    paths = [f"/v1/subjects/{buyer['id']}{rest}" for rest in ("", "/versions/1", "/archive")]
    for path in ["/v1/subjects", *paths]:
        text = str(await bureau.door.done("GET", path, **who))
        assert "110***********002X" in text
        for hidden in ("11010519491231002X", "张小五", "ciphertext", "blind_index"):
            assert hidden not in text, path
    view = {"purpose": "inspection"}
    denied = await bureau.door.call("POST", f"{paths[0]}/identity-views", view, **who)
    assert denied.status_code == 403
    seen = await bureau.door.done("POST", f"{paths[0]}/identity-views", view, role="customs", actor="customs:7")
    assert (seen["identity_number"], seen["name"]) == ("11010519491231002X", "张小五")
    audited = bureau.ask("SELECT actor, target FROM audit WHERE operation = 'view_identity: inspection'")
    assert audited == [("customs:7", buyer["id"])]
    for hidden in ("11010519491231002X", "张小五"):
        assert hidden not in bureau.written()


@pytest.fixture
async def entrusted(bureau: Any) -> dict[str, Any]:
    """A buyer and a seller entrust an operator on 13 May; the buyer's agreement ends on the 20th."""
    seller = await bureau.approved()
    operator = await bureau.approved(bureau.operator())
    buyer = await person(bureau, operator)
    days = {"agent_id": operator["id"], "valid_from": "2026-05-01", "valid_to": "2026-12-31"}
    goods = {"principal_id": buyer["id"], "entrusted_goods": "活动扳手一批", **days}
    terms = {"principal_id": seller["id"], "collector": "agent", "exemption_filer": "agent", **days}
    agent = bureau.as_party(operator)
    made = {}
    for kind, body, principal in (("procurement", goods, buyer), ("export", terms, seller)):
        proposed = await bureau.door.done("POST", f"/v1/{kind}-agencies", body, **agent)
        path = f"/v1/{kind}-agencies/{proposed['id']}/confirmations"
        made[kind] = await bureau.door.done("POST", path, version=1, **bureau.as_party(principal))
    bureau.door.at(datetime(2026, 5, 20, 1, tzinfo=UTC))
    path = f"/v1/procurement-agencies/{made['procurement']['id']}/terminations"
    await bureau.door.done("POST", path, {"reason": "over"}, version=2, **agent)
    moved = {"stalls": [bureau.stall(stall_number="02-000099")], "reason": "moved"}
    seller = await bureau.amended(seller, moved)
    bureau.door.at(datetime(2026, 6, 1, 1, tzinfo=UTC))
    return {"seller": seller, "operator": operator, "buyer": buyer}


async def archive(bureau: Any, subject: dict[str, Any], on: str, **who: Any) -> dict[str, Any]:
    path = f"/v1/subjects/{subject['id']}/archive{on and '?on=' + on}"
    found: dict[str, Any] = await bureau.door.done("GET", path, **(who or OFFICER))
    return found


async def test_the_agents_file_lists_principals_and_entrusted_goods_as_they_stood_on_a_day(
    bureau: Any, entrusted: dict[str, Any]
) -> None:
    for day, state in (("2026-05-13", "confirmed"), ("2026-05-19", "confirmed"), ("2026-05-20", "terminated")):
        file = await archive(bureau, entrusted["operator"], day)
        procurement, export = file["agreements"]
        assert (procurement["status"], procurement["in_force"]) == (state, state == "confirmed"), day
        assert (procurement["as_party"], procurement["entrusted_goods"]) == ("agent", "活动扳手一批")
        assert procurement["counterparty_identity_mask"] == "110***********002X"
        assert (export["counterparty_id"], export["in_force"]) == (entrusted["seller"]["id"], True)
    principal = await archive(bureau, entrusted["buyer"], "")
    assert [(each["as_party"], each["status"]) for each in principal["agreements"]] == [("principal", "terminated")]
    assert principal["on"] == "2026-06-01"


async def test_the_agents_file_has_the_goods_that_were_traded_under_an_export_agency(
    bureau: Any, entrusted: dict[str, Any]
) -> None:
    """R-FILE-5: an export agency names no goods itself; its trades do, from the day of the first one."""
    _, export = (await archive(bureau, entrusted["operator"], ""))["agreements"]
    assert (export["entrusted_goods"], export["traded_goods"]) == ("", [])
    for day in ("2026-05-19", "2026-05-18"):
        trade = make_trade(export["id"], day)
        received = Received(trade, uuid4(), trade.TYPE, "t", "k", 1, datetime.now(UTC), "t", "longshui", None)
        async with bureau.door.as_worker() as session:
            await hand_over(session, subscriptions, [received], live=True)
    for day, since in (("2026-05-17", []), ("2026-05-18", ["2026-05-18"])):
        _, export = (await archive(bureau, entrusted["operator"], day))["agreements"]
        assert [(each["goods_name"], each["first_traded_on"]) for each in export["traded_goods"]] == [
            ("竹制剑架", each) for each in since
        ]


def make_trade(export_agency_id: str, day: str) -> TradeRegistered:
    party = str(uuid4())
    verdict = {"decision": "eligible", "list_version": "", "rule": "", "reason": ""}
    line = {
        "line_id": str(uuid4()), "line_no": 1, "goods_name": "竹制剑架", "hs_code": "4421999090",
        "quantity": "10", "unit": "个", "statutory_quantity": "5", "statutory_unit": "千克", "unit_price": "2",
        "amount": "20", "packages": 1, "package_unit": "箱", "net_weight_kg": "5", "origin_place": "重庆大足",
        "verdict": verdict,
    }  # fmt: skip
    state = {
        "trade_id": str(uuid4()), "pilot": "longshui", "number": "LS-TR-0000001-0", "version": 1,
        "status": "registered", "kind": "goods", "procurement": "self", "export_mode": "agency", "seller_id": party,
        "owner_id": party, "stall_holder_id": party, "consignor_id": party, "buyer_id": party,
        "export_agency_id": export_agency_id, "collector_id": party, "exemption_filer_id": party,
        "settlement_method": "fx", "eligible": True, "channel": "market", "trade_date": day, "price_term": "FOB",
        "currency": "USD", "total": "20", "lines": [line],
    }  # fmt: skip
    return TradeRegistered.model_validate({"trade": state})


async def test_a_subject_is_shown_as_it_stood_at_the_end_of_the_legal_day(
    bureau: Any, entrusted: dict[str, Any]
) -> None:
    seller = entrusted["seller"]
    stalls = {}
    for day in ("2026-05-13", "2026-05-19", "2026-05-20", "2026-06-01"):
        file = await archive(bureau, seller, day)
        stalls[day] = file["subject"]["state"]["stalls"][0]["stall_number"]
        assert file["subject"]["state"]["roles"][0]["status"] == "approved"
        assert file["subject"]["state"]["qualifications"][0]["kind"] == "taxpayer_kind"
    assert list(stalls.values()) == ["02-000018", "02-000018", "02-000099", "02-000099"]
    before = await bureau.door.call("GET", f"/v1/subjects/{seller['id']}/archive?on=2026-05-12")
    assert before.status_code == 404
    future = bureau.door.call("GET", f"/v1/subjects/{seller['id']}/archive?on=2026-06-02")
    assert await bureau.refused(future) == (422, "archive_day_in_future")


async def test_the_legal_day_ends_at_midnight_in_shanghai(bureau: Any) -> None:
    seller = await bureau.filed(bureau.stall_holder())
    bureau.door.at(datetime(2026, 5, 13, 15, 59, tzinfo=UTC))
    who = bureau.as_party(seller)
    first = {"name": "甲", "reason": "before midnight"}
    seller = await bureau.stepped(seller, "amendments", first, **who)
    bureau.door.at(datetime(2026, 5, 13, 16, 0, 1, tzinfo=UTC))
    await bureau.stepped(seller, "amendments", {"name": "乙", "reason": "after midnight"}, **who)
    names = [
        (await archive(bureau, seller, day))["subject"]["state"]["display_name"] for day in ("2026-05-13", "2026-05-14")
    ]
    assert names == ["甲", "乙"]


async def test_a_counterparty_finds_its_own_agreements_only_in_the_file(bureau: Any, entrusted: dict[str, Any]) -> None:
    who = bureau.as_party(entrusted["seller"])
    file = await archive(bureau, entrusted["operator"], "2026-05-13", **who)
    assert [each["counterparty_id"] for each in file["agreements"]] == [entrusted["seller"]["id"]]
    stranger = await bureau.approved(bureau.operator())
    path = f"/v1/subjects/{entrusted['operator']['id']}/archive"
    assert await bureau.refused(bureau.door.call("GET", path, **bureau.as_party(stranger))) == (404, "not_found")
    assert bureau.refusals()[-1] == ("V65", "not_yours")
