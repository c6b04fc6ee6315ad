"""An agency export that names no agreement is under the one in force between seller and consignor (R-TRADE-1)."""

from __future__ import annotations

import json
from typing import Any

from shared.workshop.testing.registry_events import export_agency


async def test_an_agency_export_that_names_no_agreement_is_under_the_one_in_force(market: Any) -> None:
    registered = await market.registered(export_agency_id=None)
    assert registered["trade"]["export_agency_id"] == str(market.agency)
    bulk = json.dumps(market.trade(export_agency_id=None)).encode()
    report = await market.door.done("POST", "/v1/trades/bulk", content=bulk, **market.as_operator())
    assert report["registered"] == 1
    await market.hear(export_agency(market.seller, market.operator, agreement_id=market.agency, status="terminated"))
    answer = await market.door.call("POST", "/v1/trades", market.trade(export_agency_id=None), **market.as_operator())
    problem = answer.json()
    assert problem["code"] == "export_agency_not_in_force"
    assert "names none" in problem["detail_en"]
    assert "未填写" in problem["detail_zh"]
