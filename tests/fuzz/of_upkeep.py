"""Sound requests of what every service has: rule parameters, administrators, parked events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hearing import PLANTED_DIGEST
from market import RECIPES, Market, Sound

from marketctl.layout import SERVICES

_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "registry": ("commerce", {"name": "required_qualifications", "value": {"operator": ["customs_filing"]}}),
    "trade-ledger": ("customs", {"name": "sampling_every", "value": 90}),
    "fx-settlement": ("safe", {"name": "refund_special_after_days", "value": 150}),
    "tax-exemption": ("tax", {"name": "middle_rate_reach_days", "value": 20}),
}
Made = Callable[[Market, str], Awaitable[Sound]]


async def set_policy_parameter(m: Market, service: str) -> Sound:
    role, body = _PARAMETERS[service]
    told = {"effective_from": "2027-01-01", "citation": "notice 7", "remark": "as agreed"}
    return Sound({"role": role, "actor": f"{role}:1", "pilot": f"rules{m.number()}"}, body=body | told)


async def confirm_policy_parameter(m: Market, service: str) -> Sound:
    proposed = await m.after(service, "set_policy_parameter")
    return Sound({**proposed.who, "actor": f"{proposed.who['role']}:2"}, {"proposal_id": proposed.id})


async def release_administrator(m: Market, service: str) -> Sound:
    number = m.number()
    pilot, actor = f"offices{number}", f"auditor:{number}"
    await m.read(service, "/v1/audit?limit=1", {"role": "auditor", "actor": actor, "pilot": pilot})
    who = {"role": "security", "actor": f"security:{number}", "pilot": pilot}
    held = (await m.read(service, "/v1/administrators", who))["items"]
    found = next(each["id"] for each in held if each["role"] == "auditor")
    return Sound(who, {"administrator_id": found}, {"reason": "moves to the audit office"})


async def _parked(m: Market, service: str) -> Sound:
    number = m.number()
    who = {"role": "system", "actor": f"system:{number}", "pilot": f"parked{number}"}
    m.hearing.plant(service, who["pilot"], number, sequence=1)
    # Another one with the same sequence.
    m.hearing.plant(service, who["pilot"], number, sequence=1, event=m.number())
    (waiting,) = (await m.read(service, "/v1/parked", who))["items"]
    return Sound(who, {"parked_id": waiting["id"]})


async def retry_parked_event(m: Market, service: str) -> Sound:
    return await _parked(m, service)


async def release_parked_event(m: Market, service: str) -> Sound:
    parked = await _parked(m, service)
    return Sound(parked.who, parked.path, {"reason": "sent by mistake, case 12"})


async def take_parked_event(m: Market, service: str) -> Sound:
    parked = await _parked(m, service)
    return Sound(parked.who, parked.path, {"digest": PLANTED_DIGEST})


_EVERYWHERE: tuple[Made, ...] = (
    set_policy_parameter,
    confirm_policy_parameter,
    release_administrator,
    retry_parked_event,
    release_parked_event,
    take_parked_event,
)


def _of(made: Made, service: str) -> Callable[[Market], Awaitable[Sound]]:
    return lambda market: made(market, service)


for _service in SERVICES:
    for _made in _EVERYWHERE:
        RECIPES[_service, _made.__name__] = _of(_made, _service)
