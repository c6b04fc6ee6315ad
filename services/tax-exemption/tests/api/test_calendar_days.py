"""Published days: two persons, each pilot its own, the national office everybody's; what was filed stands (R-TAX-2)."""

from __future__ import annotations

from typing import Any

import psycopg

from shared.events.trade_ledger import DeclarationDeparted
from shared.workshop.testing.declaration_events import declaration_event
from shared.workshop.testing.lining_up import lined_up

PATH = "/v1/calendar-days"
DAY = {"day": "2026-07-15", "working": False, "source": "notice"}
OTHER = {"role": "tax", "pilot": "second"}
NATIONAL = {"role": "tax", "pilot": "national"}


async def last(filing: Any, **who: Any) -> str:
    window = await filing.door.done("GET", "/v1/windows?month=2026-06", **(who or filing.as_holder()))
    return str(window["last"])


async def test_a_day_counts_once_a_second_person_confirms_it_and_for_its_pilot_alone(filing: Any) -> None:
    entry = await filing.door.done("POST", PATH, DAY, role="tax", actor="tax:1")
    assert (entry["pilot"], entry["version"], entry["confirmed_by"]) == ("longshui", 1, None)
    assert await last(filing) == "2026-07-15"
    confirm = f"{PATH}/{entry['id']}/confirmations"
    own = await filing.door.call("POST", confirm, {}, role="tax", actor="tax:1")
    assert (own.status_code, own.json()["code"]) == (409, "second_person_needed")
    assert (await filing.door.call("POST", confirm, {}, actor="tax:2", **OTHER)).status_code == 404
    assert (await filing.door.done("POST", confirm, {}, role="tax", actor="tax:2"))["confirmed_by"] == "tax:2"
    assert (await last(filing), await last(filing, **OTHER)) == ("2026-07-16", "2026-07-15")
    assert (await filing.door.done("GET", PATH, **OTHER))["items"] == []


async def test_a_correction_needs_its_reason_and_leaves_what_was_filed(filing: Any) -> None:
    """A free Monday 15 June and its weekend move May's window by three days; it was a working day."""
    day = {**DAY, "day": "2026-06-15"}
    wrong = await filing.door.publish(PATH, day, role="tax")
    await filing.hear(declaration_event(DeclarationDeparted, filing.own()))
    filed = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert filed["exemption_return"]["window_to"] == "2026-06-18"
    same = await filing.door.call("POST", PATH, day, role="tax")
    assert {each["code"] for each in same.json()["errors"]} == {
        "calendar_day_published_already",
        "calendar_reason_missing",
    }
    await filing.door.publish(PATH, {**day, "working": True, "reason": "misread"}, role="tax")
    (decided,) = (await filing.door.done("GET", f"{PATH}/{wrong['id']}/decisions", role="tax"))["items"]
    assert (decided["number"], decided["window_to_then"], decided["window_to_now"]) == (
        filed["number"],
        "2026-06-18",
        "2026-06-15",
    )
    assert (decided["filing_kind_then"], decided["filing_kind_now"]) == ("in_window", "in_window")
    stands = await filing.door.done("GET", f"/v1/returns/{filed['id']}", **filing.as_holder())
    assert stands["exemption_return"]["window_to"] == "2026-06-18"
    foreign = await filing.door.call("GET", f"{PATH}/{wrong['id']}/decisions", **OTHER)
    assert foreign.status_code == 404
    late = await filing.door.call("POST", f"{PATH}/{wrong['id']}/confirmations", {}, role="tax", actor="tax:3")
    assert late.json()["code"] == "calendar_day_confirmed_already"
    assert len((await filing.door.done("GET", f"{PATH}?month=2026-06", role="tax"))["items"]) == 2
    assert (await filing.door.done("GET", f"{PATH}?month=2026-07", role="tax"))["items"] == []


async def test_the_national_office_publishes_for_all_and_no_pilot_names_itself_so(filing: Any) -> None:
    """R-FX-10: which pilot's offices publish nationally is a setting; the word alone in a token gives nothing."""
    rate = {"day": "2026-06-01", "currency": "USD", "cny_per_unit": "6.95", "source": "published"}
    alone = await filing.door.publish(PATH, {**DAY, "day": "2026-07-14"}, **NATIONAL)
    assert (alone["pilot"], await last(filing)) == ("national", "2026-07-15")
    filing.door.app.state.runtime.settings.national_pilot = "national"
    day = await filing.door.publish(PATH, DAY, **NATIONAL)
    published = await filing.door.publish("/v1/middle-rates", rate, **NATIONAL)
    assert (day["pilot"], published["pilot"], published["id"]) == ("*", "*", "middle:2026-06-01:USD")
    assert (await last(filing), await last(filing, **OTHER)) == ("2026-07-16", "2026-07-16")
    listed = await filing.door.done("GET", "/v1/middle-rates?month=2026-06", **OTHER)
    assert [each["pilot"] for each in listed["items"]] == ["*"]
    confirm = f"{PATH}/{day['id']}/confirmations"
    assert (await filing.door.call("POST", confirm, {}, role="tax", actor="tax:3")).status_code == 404
    parameter = {"name": "middle_rate_reach_days", "effective_from": "2026-06-01", "value": 9, "citation": "order 7"}
    assert (await filing.door.call("POST", "/v1/policy-parameters", parameter, **NATIONAL)).json()["pilot"] == "*"
    waiting = (await filing.door.done("GET", "/v1/policy-parameters", role="tax"))["proposed"]
    assert [each["pilot"] for each in waiting] == ["*"]
    path = f"/v1/policy-parameters/{waiting[0]['id']}/confirmations"
    assert (await filing.door.call("POST", path, {}, role="tax", actor="tax:2")).status_code == 404
    assert (await filing.door.done("POST", path, {}, actor="tax:2", **NATIONAL))["confirmed_by"] == "tax:2"


async def test_a_day_of_before_two_persons_were_needed_counts_until_it_is_corrected(filing: Any) -> None:
    with psycopg.connect(filing.dsn) as connection:
        connection.execute("INSERT INTO calendar_days (day, working, source) VALUES ('2026-07-15', false, 'notice')")
    assert await last(filing) == "2026-07-16"
    await filing.door.publish(PATH, {**DAY, "working": True}, role="tax")
    assert (await last(filing), await last(filing, **OTHER)) == ("2026-07-15", "2026-07-16")


async def test_of_two_who_publish_one_day_one_does(filing: Any) -> None:
    """`versions_of_day`."""
    calls = [filing.door.call("POST", PATH, DAY, role="tax") for _ in range(2)]
    answers = await lined_up(filing.dsn, "LOCK TABLE calendar_entries IN SHARE MODE", *calls)
    assert sorted(each.status_code for each in answers) == [201, 409], [each.text for each in answers]
