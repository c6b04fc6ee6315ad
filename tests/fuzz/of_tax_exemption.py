"""Sound requests of tax-exemption: returns, decisions, certificates, rates, days."""

from __future__ import annotations

from market import RECIPES, Kept, Market, Sound, recipe
from of_rates import confirmed, corrected
from of_trade_ledger import departed, portion_of

X = "tax-exemption"
_TAX = {"role": "tax", "actor": "tax:1"}
_REASON = {"reason": "invoice copy please"}
_AFTER_THE_WINDOW = "2026-06-20T09:00:00+08:00"
MIDDLE_RATE = {"day": "2026-05-01", "currency": "USD", "cny_per_unit": "6.98", "source": "sample"}


@recipe(X)
async def file_return(m: Market) -> Sound:
    holder = portion_of(await departed(m))["stall_holder_id"]
    body = {"month": "2026-05", "rate_choice": "month_first_day", "stall_holder_id": holder}
    return Sound({"role": "stall_holder", "subject_id": holder}, body=body)


def _filed(filed: Kept, body: object) -> Sound:
    return Sound(_TAX, {"return_id": filed.id}, body, filed.version)


@recipe(X)
async def accept_return(m: Market) -> Sound:
    return _filed(await m.after(X, "query_return" if m.number() % 2 else "file_return"), None)


@recipe(X)
async def query_return(m: Market) -> Sound:
    return _filed(await m.after(X, "file_return"), _REASON)


@recipe(X)
async def decide_item(m: Market) -> Sound:
    portion = portion_of(await departed(m))
    body = {"outcome": "no_fault", "reason": "customs data came late"}
    return Sound(_TAX, {"portion_id": portion["portion_id"]}, body, at=_AFTER_THE_WINDOW)


@recipe(X)
async def apply_for_certificate(m: Market) -> Sound:
    portion = portion_of(await departed(m))
    body = {"declaration_id": portion["declaration_id"], "principal_id": portion["owner_id"]}
    return Sound(m.day["operator"], body=body)


def _certificate(applied: Kept, body: object) -> Sound:
    return Sound(_TAX, {"certificate_id": applied.id}, body, applied.version)


@recipe(X)
async def issue_certificate(m: Market) -> Sound:
    return _certificate(await m.after(X, "apply_for_certificate"), {"issued_number": f"DL5001{m.number():013}"})


@recipe(X)
async def void_certificate(m: Market) -> Sound:
    return _certificate(await m.after(X, "issue_certificate"), _REASON)


@recipe(X)
async def import_middle_rate(m: Market) -> Sound:
    return Sound({**_TAX, "pilot": f"rates{m.number()}"}, body=MIDDLE_RATE)


@recipe(X)
async def propose_rate_correction(m: Market) -> Sound:
    return await corrected(m, X, "import_middle_rate")


@recipe(X)
async def confirm_rate_correction(m: Market) -> Sound:
    return await confirmed(m, X)


@recipe(X)
async def publish_calendar_day(m: Market) -> Sound:
    body = {"day": "2027-01-01", "source": "sample", "working": False}
    return Sound({**_TAX, "pilot": f"days{m.number()}"}, body=body)


@recipe(X)
async def confirm_calendar_day(m: Market) -> Sound:
    published = await m.after(X, "publish_calendar_day")
    return Sound({**published.who, "actor": "tax:2"}, {"entry_id": published.id})


async def _of_may(m: Market) -> Sound:
    return Sound({"role": "auditor"}, query={"month": "2026-05"})


for _name in ("read_window", "list_middle_rates", "list_calendar_days"):
    RECIPES[X, _name] = _of_may
