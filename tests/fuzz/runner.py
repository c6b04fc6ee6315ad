"""Sends the cases: which operation, in which of three manners, and what its answer must be."""

from __future__ import annotations

from random import Random
from typing import Any

import of_files  # noqa: F401  # its recipes
import of_fx_settlement  # noqa: F401  # its recipes
import of_offices
import of_rates
import of_registry
import of_tax_exemption
import of_upkeep  # noqa: F401  # its recipes
from cases import headers_of, hostile, sound_case, spoilt
from market import Market, NotMade, Sound, told
from operations import Key, Operation
from tally import Tally

# Of twenty requests of an operation eleven are sound, six have one value spoilt, three were drawn.
_MANNERS = ("sound",) * 11 + ("spoilt",) * 6 + ("drawn",) * 3
_WITH_HEADERS = 0.2


async def open_day(market: Market) -> None:
    """The pilot, its places, lists and rates, and its first parties."""
    day, officer = market.day, of_registry.OFFICER
    await market.done("registry", "file_pilot", Sound(officer, body=of_offices.pilot("LS")))
    market.forget(("registry", "file_pilot"))
    day["bank"] = (await market.fresh("registry", "file_bank")).id
    day["site"] = (await market.fresh("registry", "file_site")).id
    port = {"name": "样例口岸", "port_code": "8011", "valid_from": of_registry.SINCE}
    await market.done("registry", "designate_port", Sound(officer, body=port))
    market.forget(("registry", "designate_port"))
    goods = of_offices.positive_list(of_registry.SINCE)
    await market.done("registry", "publish_commodity_list", Sound(officer, body=goods))
    await _rates(market)
    day["operator"] = await of_registry.approved(market, "operator", bank=day["bank"])
    day["rival"] = await of_registry.approved(market, "operator")
    day["buyer"] = await of_registry.approved(market, "buyer")
    day["person"] = await of_registry.approved(market, "stall_holder", bank=day["bank"], natural=True)
    day["limited"] = await of_registry.approved(market, "stall_holder", bank=day["bank"], fx_class="C")


async def _rates(market: Market) -> None:
    """Two persons publish each."""
    for service, name, role, body in (
        ("trade-ledger", "import_customs_rate", "customs", of_rates.CUSTOMS_RATE),
        ("tax-exemption", "import_middle_rate", "tax", of_tax_exemption.MIDDLE_RATE),
    ):
        rate = await market.done(service, name, Sound({"role": role, "actor": "first"}, body=body))
        second = Sound({"role": role, "actor": "second"}, {"rate_id": rate.id})
        await market.done(service, "confirm_rate_correction", second)
        market.forget((service, name), (service, "confirm_rate_correction"))


async def run_cases(market: Market, cases: int, seed: int, only: str = "") -> Tally:
    """Send so many cases, spread evenly over the operations."""
    tally, chance = Tally(), Random(seed)
    await open_day(market)
    chosen = [each for each in market.operations.values() if only in f"{each.service} {each.name}"]
    order: list[Operation] = []
    left: dict[Key, list[str]] = {}
    for _ in range(cases):
        if not order:
            order = chance.sample(chosen, len(chosen))
        operation = order.pop()
        manners = left.setdefault(operation.key, [])
        if not manners:
            manners += chance.sample(_MANNERS, len(_MANNERS))
        await _one(market, operation, manners.pop(), tally, chance)
    tally.wrong += market.hearing.not_applied
    tally.made = market.made
    return tally


async def _one(market: Market, operation: Operation, manner: str, tally: Tally, chance: Random) -> None:
    try:
        sound = await sound_case(market, operation, chance)
    except NotMade as error:
        tally.wrong.append(f"{operation.service} {operation.name}: its recipe fails: {error}")
        return
    asked, headers = sound, {}
    if manner == "drawn":
        drawn = operation.drawn()
        asked = hostile(sound, drawn, chance)
        headers = headers_of(drawn) if chance.random() < _WITH_HEADERS else {}
    elif manner == "spoilt":
        asked, headers = spoilt(sound, operation.drawn(), chance)
    # What it wrote before is read, so that what a refusal leaves shows.
    await market.hearing.catch_up(operation.service)
    await market.hearing.collect(operation.service)
    answer, request = await market.send(operation, asked, headers)
    code = _code(answer)
    tally.note(operation.key, answer.status_code, code)
    if answer.is_success:
        market.keep(operation, sound, answer, as_meant=manner == "sound")
    elif manner == "sound" and len(tally.sound_refused[operation.key]) < 3:
        tally.sound_refused[operation.key].append(f"{told(answer)}\n      {request}")
    tally.wrong += [f"{each}: {told(answer)}\n    {request}" for each in await _wrong(market, operation, answer)]


def _code(answer: Any) -> str:
    if answer.is_success or "json" not in answer.headers.get("content-type", ""):
        return ""
    problem = answer.json()
    codes = [problem.get("code", "")] + [each["code"] for each in problem.get("errors", ())[:1]]
    return str(codes[-1])


async def _wrong(market: Market, operation: Operation, answer: Any) -> list[str]:
    """Why this answer must not be."""
    name = f"{operation.service} {operation.name}"
    if answer.status_code >= 500:
        return [f"{name} answers {answer.status_code}"]
    found = [f"{name}: {each}" for each in operation.departures(answer)]
    if not answer.is_success and (events := await market.hearing.new_events(operation.service)):
        found.append(f"{name} was refused and left {events} events")
    return found
