"""Sound requests of registry's offices: pilots, places, lists, decisions; each change in a pilot of its own."""

from __future__ import annotations

from typing import Any

from market import Market, Sound, recipe
from of_registry import OFFICER, SINCE, R

_BOUNDS = [["105.730", "29.520"], ["105.770", "29.520"], ["105.770", "29.553"], ["105.730", "29.553"]]
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def pilot(prefix: str) -> dict[str, Any]:
    """What commerce files of a pilot."""
    return {
        "name": "Longshui hardware market", "name_zh": "大足龙水五金市场集聚区", "bounds": _BOUNDS,
        "bounds_source": "sample", "acceptance_gate_open_from": SINCE, "customs_offices": ["8012"],
        "number_prefix": prefix,
    }  # fmt: skip


def _letters(number: int) -> str:
    """A prefix for each number, other than the market's own."""
    return "Q" + "".join(_LETTERS[number // 26**place % 26] for place in (2, 1, 0))


@recipe(R)
async def file_pilot(m: Market) -> Sound:
    number = m.number()
    return Sound({**OFFICER, "pilot": f"pilot{number}"}, body=pilot(_letters(number)))


@recipe(R)
async def change_pilot(m: Market) -> Sound:
    filed = await m.after(R, "file_pilot")
    code = filed.who["pilot"]
    return Sound(filed.who, {"code": code}, {**filed.sound.body, "name": "Another name"}, filed.version)


async def _side(m: Market) -> dict[str, Any]:
    """Commerce of a pilot in which no goods are traded."""
    who: dict[str, Any] = (await m.some(R, "file_pilot")).who
    return who


@recipe(R)
async def file_bank(m: Market) -> Sound:
    return Sound(OFFICER, body={"name": f"样例银行{m.number()}", "connection": "web", "valid_from": SINCE})


@recipe(R)
async def change_bank(m: Market) -> Sound:
    bank = await m.after(R, "file_bank")
    return Sound(OFFICER, {"bank_id": bank.id}, {**bank.sound.body, "connection": "interface"}, bank.version)


@recipe(R)
async def file_site(m: Market) -> Sound:
    body = {
        "kind": "supervised_site",
        "name": f"场所{m.number()}",
        "operator_name": "样例场所经营人",
        "valid_from": SINCE,
    }
    return Sound(OFFICER, body=body)


@recipe(R)
async def change_site(m: Market) -> Sound:
    site = await m.after(R, "file_site")
    return Sound(OFFICER, {"site_id": site.id}, {**site.sound.body, "valid_to": "2027-12-31"}, site.version)


@recipe(R)
async def designate_port(m: Market) -> Sound:
    return Sound(
        await _side(m), body={"name": "样例口岸", "port_code": f"{m.number() % 10000:04}", "valid_from": SINCE}
    )


@recipe(R)
async def change_port(m: Market) -> Sound:
    port = await m.after(R, "designate_port")
    body = {"name": "样例口岸", "valid_from": SINCE, "valid_to": "2027-12-31"}
    return Sound(port.who, {"port_code": port.sound.body["port_code"]}, body, port.version)


def positive_list(since: str) -> dict[str, Any]:
    """Hand tools may be exported."""
    entry = {"hs_prefix": "82", "reason": "hand tools", "reason_zh": "手工具", "verdict": "eligible"}
    return {"kind": "positive", "effective_from": since, "source": "sample", "entries": [entry]}


@recipe(R)
async def publish_commodity_list(m: Market) -> Sound:
    return Sound(await _side(m), body=positive_list("2026-06-01"))


@recipe(R)
async def decide_commodity(m: Market) -> Sound:
    body = {
        "goods_name": f"竹制刀架{m.number()}", "hs_code": "4421999090", "verdict": "eligible",
        "reason": "ordinary household goods",
    }  # fmt: skip
    return Sound(await _side(m), body=body)


@recipe(R)
async def recognise_goods(m: Market) -> Sound:
    return Sound({"role": "customs"}, query={"name": "活动扳手", "hs_code": "8204120000"})


@recipe(R)
async def read_subject_version(m: Market) -> Sound:
    filed = await m.some(R, "file_subject")
    return Sound({"role": "auditor"}, {"subject_id": filed.id, "version": 1})
