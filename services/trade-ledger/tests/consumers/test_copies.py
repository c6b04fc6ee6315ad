from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

from shared.events.base import Event
from shared.events.registry import CommodityDecided
from shared.messaging.rebuild import projection_hashes
from shared.vocabulary.recognition import recognise
from shared.workshop.testing.client import open_door
from shared.workshop.testing.registry_events import PILOT, commodity_list, export_agency, hear, places, subject
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint
from trade_ledger.app import service
from trade_ledger.consumers.subscriptions import subscriptions
from trade_ledger.store.facts import entries_in_force
from trade_ledger.store.row_versions import AGREEMENT, GOODS, SUBJECT, Name, versions_now
from trade_ledger.store.row_versions import PILOT as OF_PILOT
from trade_ledger.store.tables import metadata

DAY = date(2026, 5, 13)


def decided(verdict: str, **changed: Any) -> CommodityDecided:
    terms = {
        "decision_id": uuid4(),
        "pilot": PILOT,
        "goods_name": "竹制太极剑架",
        "hs_code": "4421999090",
        "verdict": verdict,
        "reason": "seen",
        "authority": "commerce",
        "effective_from": date(2026, 5, 1),
    }
    return CommodityDecided.model_validate({**terms, **changed})


async def verdict(market: Any, name: str, hs_code: str, day: date = DAY) -> str:
    async with market.door.as_worker() as session:
        return recognise(name, hs_code, await entries_in_force(session, PILOT, day)).verdict.decision


async def test_a_list_is_used_once_all_its_entries_have_arrived_in_any_order(market: Any) -> None:
    header, *entries = commodity_list("positive", [{"hs_prefix": "4421"}, {"hs_prefix": "9999"}], version=2)
    await market.hear(entries[0], header)
    assert await verdict(market, "剑架", "4421999090") == "needs_person"
    assert await verdict(market, "扳手", "8204120000") == "eligible"
    await market.hear(entries[1])
    assert await verdict(market, "剑架", "4421999090") == "eligible"
    assert await verdict(market, "扳手", "8204120000") == "needs_person"


async def test_a_persons_decision_holds_in_its_time_and_never_over_a_prohibition(market: Any) -> None:
    await market.hear(decided("eligible", expires_on=DAY))
    assert await verdict(market, "竹制太极剑架", "4421999090") == "eligible"
    assert await verdict(market, "竹制太极剑架", "4421999090", date(2026, 5, 14)) == "needs_person"
    assert await verdict(market, "竹制太极剑架", "4421999090", date(2026, 4, 30)) == "needs_person"
    await market.hear(decided("eligible", goods_name="仿真枪", hs_code="9304000000"))
    assert await verdict(market, "仿真枪", "9304000000") == "not_eligible"


async def test_an_event_moves_the_version_of_its_own_row_and_of_no_other(market: Any) -> None:
    names: list[Name] = [(SUBJECT, market.buyer), (AGREEMENT, market.agency), (OF_PILOT, PILOT), (GOODS, PILOT)]

    async def versions() -> dict[Name, int]:
        async with market.door.as_worker() as session:
            return await versions_now(session, PILOT, names)

    async def moved_by(*events: Event) -> set[str]:
        before = await versions()
        await market.hear(*events)
        after = await versions()
        assert before.keys() == after.keys() == set(names)
        return {str(name[0]) for name in names if before[name] != after[name]}

    assert await moved_by(subject("buyer"), export_agency(uuid4(), uuid4())) == set()
    assert await moved_by(subject("buyer", subject_id=market.buyer, status="effective")) == {SUBJECT}
    assert await moved_by(export_agency(market.seller, market.operator, agreement_id=market.agency)) == {AGREEMENT}
    assert await moved_by(decided("eligible")) == {GOODS}
    assert await moved_by(*places(market.site)) == {OF_PILOT}


async def test_copies_are_the_same_in_whatever_order_the_topics_are_read(
    market: Any, make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path
) -> None:
    events = market.events()
    hashes = []
    for order in (events, list(reversed(events))):
        async with open_door(service, make_service_database("trade-ledger"), mint, tmp_path) as door:
            async with door.as_worker() as session:
                for event in order:
                    said = uuid5(NAMESPACE_OID, event.TYPE + event.model_dump_json())
                    await hear(session, subscriptions, event, key=str(said), event_id=said)
            hashes.append(await projection_hashes(door.worker, metadata))
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0].values())) > 1
