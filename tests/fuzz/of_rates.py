"""Sound requests about rates that two persons publish: of trade-ledger, and what tax-exemption's have in common."""

from __future__ import annotations

from market import Market, Sound, recipe
from of_trade_ledger import T

CUSTOMS_RATE = {"month": "2026-05-01", "currency": "USD", "cny_per_unit": "6.98", "source": "sample"}


@recipe(T)
async def import_customs_rate(m: Market) -> Sound:
    return Sound({"role": "customs", "actor": "customs:1", "pilot": f"rates{m.number()}"}, body=CUSTOMS_RATE)


async def corrected(m: Market, service: str, imported: str) -> Sound:
    """A correction of a rate that two persons published."""
    rate = await m.after(service, imported)
    second = {**rate.who, "actor": f"{rate.who['role']}:2"}
    confirmed = await m.done(service, "confirm_rate_correction", Sound(second, {"rate_id": rate.id}))
    m.forget((service, "confirm_rate_correction"))
    body = {"cny_per_unit": "6.90", "reason": "typed as 69.0", "source": "sample"}
    return Sound(rate.who, {"rate_id": confirmed.id}, body)


async def confirmed(m: Market, service: str) -> Sound:
    """The second person's word on a correction."""
    proposed = await m.after(service, "propose_rate_correction")
    return Sound({**proposed.who, "actor": f"{proposed.who['role']}:2"}, {"rate_id": proposed.id})


@recipe(T)
async def propose_rate_correction(m: Market) -> Sound:
    return await corrected(m, T, "import_customs_rate")


@recipe(T)
async def confirm_rate_correction(m: Market) -> Sound:
    return await confirmed(m, T)
