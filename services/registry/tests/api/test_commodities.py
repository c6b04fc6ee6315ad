"""Commodity lists by date, recognition of goods, and decisions of persons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest


def entry(prefix: str = "", *keywords: str, verdict: str = "eligible") -> dict[str, Any]:
    texts = {"reason": f"entry {prefix}", "reason_zh": "条目"}
    return {"hs_prefix": prefix, "keywords": list(keywords), "verdict": verdict, **texts}


async def publish(bureau: Any, *entries: dict[str, Any], kind: str = "positive", since: str = "2026-05-01") -> Any:
    body = {"kind": kind, "effective_from": since, "source": "sample", "entries": list(entries)}
    return await bureau.door.done("POST", "/v1/commodity-lists", body)


async def recognised(bureau: Any, name: str, hs_code: str = "") -> dict[str, Any]:
    found: dict[str, Any] = await bureau.door.done(
        "GET", f"/v1/recognitions?name={name}&hs_code={hs_code}", role="agent"
    )
    return found


def decide(bureau: Any, verdict: str, **changed: Any) -> Any:
    body = {"goods_name": "竹制剑架", "hs_code": "4421999090", "verdict": verdict, "reason": "seen", **changed}
    return bureau.door.call("POST", "/v1/commodity-decisions", body, role="market_supervision", actor="ms:1")


async def test_a_version_counts_from_its_day_and_the_newest_of_its_kind_governs(bureau: Any) -> None:
    first = await publish(bureau, entry("82"))
    await publish(bureau, entry("83"), since="2026-05-14")
    assert (await recognised(bureau, "扳手", "820411"))["decision"] == "eligible"
    bureau.door.at(datetime(2026, 5, 13, 15, 59, 50, tzinfo=UTC))
    assert (await recognised(bureau, "扳手", "820411"))["candidates"][0]["entry"] == "positive@1#1"
    bureau.door.at(datetime(2026, 5, 13, 16, 0, 1, tzinfo=UTC))
    assert (await recognised(bureau, "扳手", "820411"))["decision"] == "needs_person"
    assert (await recognised(bureau, "锁", "830110"))["candidates"][0]["entry"] == "positive@2#1"
    await publish(bureau, entry("", "锁", verdict="not_eligible"), kind="negative")
    assert (await recognised(bureau, "锁", "830110"))["decision"] == "not_eligible"
    listed = await bureau.door.done("GET", "/v1/commodity-lists?kind=positive")
    assert [(each["version"], each["effective_from"]) for each in listed["items"]] == [
        (2, "2026-05-14"),
        (1, "2026-05-01"),
    ]
    read = await bureau.door.done("GET", f"/v1/commodity-lists/{first['id']}")
    assert (read["source"], [each["hs_prefix"] for each in read["entries"]]) == ("sample", ["82"])
    assert (await bureau.door.call("GET", f"/v1/commodity-lists/{first['id']}", pilot="yiwu")).status_code == 404


async def test_a_list_is_announced_by_its_header_and_one_event_per_entry(bureau: Any) -> None:
    made = await publish(bureau, entry("82"), entry("8204", "扳手"))
    assert bureau.said("commodities") == ["commodity_list_published", *["commodity_entry_published"] * 2]
    header, *entries = bureau.heard("commodities")
    assert (header["entry_count"], [each["entry_no"] for each in entries]) == (2, [1, 2])
    rows = bureau.ask("SELECT key, sequence FROM outbox WHERE topic = 'registry.commodities' ORDER BY id")
    assert rows == [(made["id"], number) for number in (1, 2, 3)]


@pytest.mark.parametrize("wrong", [entry(), entry("82", ""), entry("82A"), {**entry("82"), "verdict": "needs_person"}])
async def test_an_entry_that_fits_nothing_or_everything_is_malformed(bureau: Any, wrong: dict[str, Any]) -> None:
    body = {"kind": "negative", "effective_from": "2026-05-01", "source": "sample", "entries": [wrong]}
    answer = await bureau.door.call("POST", "/v1/commodity-lists", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/entries/0")
    assert bureau.said("commodities") == []


@pytest.mark.parametrize(("kind", "verdict"), [("negative", "eligible"), ("positive", "not_eligible")])
async def test_an_entry_decides_as_the_kind_of_its_list_allows(bureau: Any, kind: str, verdict: str) -> None:
    right = "not_eligible" if verdict == "eligible" else "eligible"
    entries = [entry("82", verdict=right), entry("83", verdict=verdict)]
    body = {"kind": kind, "effective_from": "2026-05-01", "source": "sample", "entries": entries}
    calling = bureau.door.call("POST", "/v1/commodity-lists", body)
    assert await bureau.refused(calling) == (409, "list_entry_of_other_kind")


async def test_candidates_come_with_entry_and_reason(bureau: Any) -> None:
    await publish(bureau, entry("82"), entry("8204", "扳手"))
    found = await recognised(bureau, "活动扳手", "8204120000")
    assert found["candidates"][0] == {
        "entry": "positive@1#2",
        "verdict": "eligible",
        "score": 100,
        "reason": "entry 8204",
        "reason_zh": "条目",
    }


async def test_a_persons_decision_is_kept_announced_and_replaced_by_a_newer_one(bureau: Any) -> None:
    assert (await recognised(bureau, "竹制剑架", "4421999090"))["decision"] == "needs_person"
    made = (await decide(bureau, "eligible")).json()
    assert (await recognised(bureau, "竹制剑架", "4421999090"))["decision"] == "eligible"
    assert (made["authority"], made["reason"], made["effective_from"]) == ("market_supervision", "seen", "2026-05-13")
    assert bureau.heard("commodities")[-1]["verdict"] == "eligible"
    later = (await decide(bureau, "not_eligible")).json()
    assert (await recognised(bureau, "竹制剑架", "4421999090"))["decision"] == "not_eligible"
    listed = await bureau.door.done("GET", "/v1/commodity-decisions")
    assert listed["items"] == [later, made]
    assert await bureau.door.done("GET", f"/v1/commodity-decisions/{made['id']}", role="customs") == made
    assert bureau.said("commodities") == ["commodity_decided"] * 2


async def test_a_decision_needs_a_reason_and_a_person_of_the_authority(bureau: Any) -> None:
    for body in ({"reason": ""}, {"reason": None}):
        assert (await decide(bureau, "eligible", **body)).status_code == 422
    body = {"goods_name": "竹制剑架", "hs_code": "4421999090", "verdict": "eligible", "reason": "mine"}
    for role in ("stall_holder", "operator", "customs"):
        assert (await bureau.door.call("POST", "/v1/commodity-decisions", body, role=role)).status_code == 403
    assert bureau.said("commodities") == []


async def test_a_decision_never_overrides_a_prohibition_and_a_list_only_until_a_day(bureau: Any) -> None:
    await publish(bureau, entry("44"))
    assert await bureau.refused(decide(bureau, "not_eligible")) == (409, "override_without_expiry")
    made = await decide(bureau, "not_eligible", expires_on="2026-05-20")
    assert (made.status_code, made.json()["rule_version"]) == (201, "positive@1")
    assert (await recognised(bureau, "竹制剑架", "4421999090"))["decision"] == "not_eligible"
    bureau.door.at(datetime(2026, 5, 21, 1, tzinfo=UTC))
    assert (await recognised(bureau, "竹制剑架", "4421999090"))["decision"] == "eligible"
    await publish(bureau, entry("", "剑", verdict="not_eligible"), kind="negative")
    past = decide(bureau, "not_eligible", expires_on="2026-05-20")
    assert await bureau.refused(past) == (409, "decision_over_already")
    barred = decide(bureau, "eligible", expires_on="2026-12-31")
    assert await bureau.refused(barred) == (409, "prohibition_not_overridable")
    codes = ("override_without_expiry", "decision_over_already", "prohibition_not_overridable")
    assert bureau.refusals() == [("V10", code) for code in codes]


async def test_the_same_key_makes_one_list_version(bureau: Any) -> None:
    body = {"kind": "positive", "effective_from": "2026-05-01", "source": "sample", "entries": [entry("82")]}
    first = await bureau.door.call("POST", "/v1/commodity-lists", body, key="list-1", actor="commerce:1")
    again = await bureau.door.call("POST", "/v1/commodity-lists", body, key="list-1", actor="commerce:1")
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    other = await bureau.door.call(
        "POST", "/v1/commodity-lists", {**body, "source": "x"}, key="list-1", actor="commerce:1"
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert bureau.said("commodities") == ["commodity_list_published", "commodity_entry_published"]
