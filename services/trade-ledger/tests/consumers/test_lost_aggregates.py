"""What its owner lost with a restored database is nothing to go on by any more (docs/decisions/0009)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.events.registry import CommodityDecided, GradeChanged
from shared.workshop.testing.lost_events import ended
from shared.workshop.testing.registry_events import PILOT, commodity_list, export_agency, subject
from trade_ledger.store.facts import entries_in_force, grade_of, port_in_force, site_in_force

DAY = date(2026, 5, 13)


def grade(market: Any, letter: str, since: str) -> GradeChanged:
    return GradeChanged.model_validate(
        {
            "subject_id": market.operator, "pilot": PILOT, "authority": "customs", "grade": letter,
            "effective_from": since, "reason": "test", "automatic_release": letter == "A",
            "inspection_rate_percent": "5", "review_depth": "normal",
        }
    )  # fmt: skip


@pytest.mark.parametrize("whose", ["seller", "operator", "buyer", "agency"])
async def test_no_trade_is_registered_with_a_party_or_an_agreement_that_was_lost(market: Any, whose: str) -> None:
    lost = {
        "seller": subject("stall_holder", subject_id=market.seller, stall="02-000018"),
        "operator": subject("operator", subject_id=market.operator),
        "buyer": subject("buyer", subject_id=market.buyer, status="effective"),
        "agency": export_agency(market.seller, market.operator, agreement_id=market.agency),
    }
    assert (await market.door.call("POST", "/v1/trades", market.trade(), **market.as_operator())).status_code == 201
    await market.hear(*ended(lost[whose]))
    refused = await market.door.call("POST", "/v1/trades", market.trade(), **market.as_operator())
    assert refused.status_code == 409, refused.text


async def test_goods_are_judged_by_the_list_before_and_without_the_decision_that_was_lost(market: Any) -> None:
    version = commodity_list("positive", [{"hs_prefix": "9999"}], version=2)
    decided = CommodityDecided.model_validate(
        {
            "decision_id": market.site, "pilot": PILOT, "goods_name": "剑架", "hs_code": "4421999090",
            "verdict": "eligible", "reason": "seen", "authority": "commerce", "effective_from": "2026-05-01",
        }
    )  # fmt: skip
    async with market.door.as_worker() as session:
        before = await entries_in_force(session, PILOT, DAY)
    await market.hear(*version, decided)
    await market.hear(*ended(*version), *ended(decided))
    async with market.door.as_worker() as session:
        assert await entries_in_force(session, PILOT, DAY) == before


async def test_places_that_were_lost_are_in_force_on_no_day(market: Any) -> None:
    for event in market.events():
        if event.TOPIC == "registry.places":
            await market.hear(*ended(event))
    async with market.door.as_worker() as session:
        assert await site_in_force(session, PILOT, market.site, DAY) is None
        assert await port_in_force(session, PILOT, "8011", DAY) is None


async def test_a_lost_grade_gives_way_to_the_one_known_for_its_day(market: Any) -> None:
    first, lost = grade(market, "C", "2026-01-01"), grade(market, "A", "2026-05-01")
    await market.hear(first, lost, *ended(lost, known=(first,)))
    async with market.door.as_worker() as session:
        for day in (DAY, date(2026, 4, 30)):
            found = await grade_of(session, market.operator, "customs", day)
            assert found is not None
            assert (found.grade, found.automatic_release) == ("C", False)


async def test_without_a_grade_that_is_known_nothing_passes_by_itself(market: Any) -> None:
    lost = grade(market, "A", "2026-05-01")
    await market.hear(lost, *ended(lost))
    async with market.door.as_worker() as session:
        found = await grade_of(session, market.operator, "customs", DAY)
    assert found is not None
    measures = (found.grade, found.automatic_release, found.inspection_rate_percent, found.review_depth)
    assert measures == ("B", False, 100, "deep")
