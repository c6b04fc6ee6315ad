"""What a supervised site reaches (V65): loads that are there, and sealed ones that are nowhere yet."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from shared.events.registry import SiteFiled


async def test_a_site_sees_what_is_there_and_what_is_sealed_and_nowhere_yet(
    yard: Any, parties: Any, make_packed: Any
) -> None:
    """Neither a load that is still packed, nor one at another site: each answers as an id that nobody has."""
    other = uuid4()
    terms = {"pilot": "longshui", "name": "T", "operator_name": "O", "kind": "supervised_site"}
    await yard.hear(SiteFiled.model_validate({"site_id": other, "valid_from": date(2026, 1, 1), **terms}))
    sites = [{"role": "site_operator", "site_id": each} for each in (parties["site"], other)]
    line = make_packed((await yard.trade())["trade"]["lines"][0])
    packing_list = await yard.packing_list()
    path = f"/v1/loads/{packing_list['packing_list']['load_id']}"

    async def seen() -> list[int]:
        return [(await yard.door.call("GET", path, **site)).status_code for site in sites]

    assert await seen() == [404, 404]
    early = await yard.door.call(
        "POST", f"{path}/arrivals", {"arrived_at": "2026-05-13T08:59:00+08:00"}, **sites[0], version=1
    )
    assert early.status_code == 404
    sealed = await yard.sealed(line, arrived=False)
    path = f"/v1/loads/{sealed['packing_list']['load_id']}"
    assert await seen() == [200, 200]
    body = {"arrived_at": "2026-05-13T08:59:00+08:00"}
    await yard.door.done("POST", f"{path}/arrivals", body, **sites[0], version=2)
    assert await seen() == [200, 404]
    late = await yard.door.call("POST", f"{path}/arrivals", body, **sites[1], version=3)
    assert late.status_code == 404
