"""Sound requests of registry: parties and their filings, agreements, places, lists."""

from __future__ import annotations

from typing import Any

from market import Kept, Market, Sound, recipe
from stdnum.cn import ric, uscc

OFFICER = {"role": "commerce", "actor": "commerce:officer"}
SINCE = "2026-01-01"
_REASON = {"reason": "documents complete"}
R = "registry"


def credit_code(number: int) -> dict[str, Any]:
    """An enterprise nobody filed before."""
    body = f"9299{number:013}"
    return {"kind": "credit_code", "number": body + uscc.calc_check_digit(body), "country": "CN"}


def resident_id(number: int) -> dict[str, Any]:
    """A natural person nobody filed before."""
    body = (
        f"50011119{80 + number // 336000:02}{number // 28000 % 12 + 1:02}{number // 1000 % 28 + 1:02}{number % 1000:03}"
    )
    return {"kind": "resident_id", "number": body + ric.calc_check_digit(body + "0"), "country": "CN"}


def held(kind: str, value: str = "A", **more: Any) -> dict[str, Any]:
    """A qualification since the new year."""
    return {"kind": kind, "value": value, "valid_from": SINCE, **more}


def account_of(subject: Kept) -> dict[str, Any]:
    """How a filed party calls: its role, its account, its subject."""
    return {"role": subject.who["role"], "actor": subject.who["actor"], "subject_id": subject.id}


def stall_number(number: int) -> str:
    return f"02-{number:06}"


def filing(m: Market, role: str, number: int, **changed: Any) -> Sound:
    """A new party's own filing."""
    body: dict[str, Any] = {"identity": credit_code(number), "name": f"龙水样例{number}五金经营部", "role": role}
    if role == "stall_holder":
        place = {
            "stall_number": stall_number(number),
            "longitude": "105.744",
            "latitude": "29.541",
            "valid_from": SINCE,
        }
        body |= {"stalls": [place], "qualifications": [held("taxpayer_kind", "small_scale")]}
    if role == "operator":
        body["qualifications"] = [held(each) for each in ("customs_filing", "fx_directory", "quality_undertaking")]
    return Sound({"role": role, "actor": f"account:{number}"}, body=body | changed)


@recipe(R)
async def file_subject(m: Market) -> Sound:
    return filing(m, "stall_holder", m.number())


async def step_of(m: Market, name: str, who: dict[str, Any] | None = None, body: Any = None) -> Sound:
    """The next step of a filing that this one left behind."""
    return _step(await m.after(R, name), who, body)


def _step(subject: Kept, who: dict[str, Any] | None, body: Any) -> Sound:
    party = subject.note or account_of(subject)
    role = party["role"]
    path = {"subject_id": subject.id, "role": role}
    return Sound(who or party, path, _REASON if body is None else body, subject.version, note=party)


@recipe(R)
async def submit_filing(m: Market) -> Sound:
    return await step_of(m, "file_subject", body={})


@recipe(R)
async def review_filing(m: Market) -> Sound:
    return await step_of(m, "submit_filing", OFFICER)


@recipe(R)
async def approve_filing(m: Market) -> Sound:
    return await step_of(m, "submit_filing", OFFICER)


@recipe(R)
async def return_filing(m: Market) -> Sound:
    return await step_of(m, "review_filing", OFFICER)


@recipe(R)
async def reject_filing(m: Market) -> Sound:
    return await step_of(m, "review_filing" if m.number() % 2 else "submit_filing", OFFICER)


@recipe(R)
async def suspend_filing(m: Market) -> Sound:
    return await step_of(m, "approve_filing", OFFICER, {**_REASON, "stop_order": bool(m.number() % 2)})


@recipe(R)
async def reinstate_filing(m: Market) -> Sound:
    return await step_of(m, "suspend_filing", OFFICER)


@recipe(R)
async def exit_filing(m: Market) -> Sound:
    return await step_of(m, "approve_filing")


@recipe(R)
async def amend_filing(m: Market) -> Sound:
    subject = await m.after(R, "approve_filing")
    return _step(subject, None, {"reason": "moved to hall 2", "name": f"龙水样例{m.number()}五金行"})


@recipe(R)
async def record_qualification(m: Market) -> Sound:
    subject = await m.after(R, "approve_filing")
    known = held("fx_directory", "A", source="notice 4")
    return Sound({"role": "safe"}, {"subject_id": subject.id}, known, subject.version, note=subject.note)


async def _amendment(m: Market) -> Kept:
    return await m.after(R, "amend_filing")


def _decided(amendment: Kept, who: dict[str, Any]) -> Sound:
    return Sound(who, {"amendment_id": amendment.answer["location"]}, _REASON, 1)


@recipe(R)
async def approve_subject_amendment(m: Market) -> Sound:
    return _decided(await _amendment(m), OFFICER)


@recipe(R)
async def reject_subject_amendment(m: Market) -> Sound:
    return _decided(await _amendment(m), OFFICER)


@recipe(R)
async def withdraw_subject_amendment(m: Market) -> Sound:
    amendment = await _amendment(m)
    return _decided(amendment, amendment.who)


@recipe(R)
async def claim_subject(m: Market) -> Sound:
    number = m.number()
    filed = await m.done(R, "file_subject", filing(m, "buyer", number))
    m.forget((R, "file_subject"))
    body = {"identity": filed.sound.body["identity"], "reason": "licence shown at the counter"}
    return Sound({"role": "buyer", "actor": f"account:{number}:claims"}, body=body)


@recipe(R)
async def approve_subject_claim(m: Market) -> Sound:
    claim = await m.after(R, "claim_subject")
    return Sound(OFFICER, {"claim_id": claim.id}, _REASON, claim.version)


@recipe(R)
async def reject_subject_claim(m: Market) -> Sound:
    claim = await m.after(R, "claim_subject")
    return Sound(OFFICER, {"claim_id": claim.id}, _REASON, claim.version)


@recipe(R)
async def erase_subject(m: Market) -> Sound:
    number = m.number()
    person = await m.done(R, "file_subject", filing(m, "stall_holder", number, identity=resident_id(number)))
    m.forget((R, "file_subject"))
    return Sound(account_of(person), {"subject_id": person.id}, _REASON, person.version)


@recipe(R, "trade-ledger", "fx-settlement")
async def export_personal_data(m: Market) -> Sound:
    party = (await m.some(R, "approve_filing")).note
    return Sound(party, {"subject_id": party["subject_id"]})


@recipe(R)
async def view_identity(m: Market) -> Sound:
    party = (await m.some(R, "approve_filing")).note
    return Sound({"role": "customs"}, {"subject_id": party["subject_id"]}, {"purpose": "inspection"})


@recipe(R)
async def set_credit_grade(m: Market) -> Sound:
    subject = await m.after(R, "approve_filing")
    grade = {"grade": "B", "effective_from": "2026-05-01", "reason": "base rating"}
    return Sound({"role": "customs"}, {"subject_id": subject.id}, grade)


def _account(bank: str, *, natural: bool) -> dict[str, Any]:
    kind = "personal_fx_account" if natural else "fx_account"
    return held(kind, "yes", bank_id=bank, account="6222021234567890")


async def approved(
    m: Market, role: str, *, bank: str = "", natural: bool = False, fx_class: str = ""
) -> dict[str, Any]:
    """A new party in this role, filed and approved, perhaps with an account; how it calls."""
    number = m.number()
    asked = filing(m, role, number)
    asked.body.update({"identity": resident_id(number)} if natural else {})
    if bank:
        asked.body.setdefault("qualifications", []).append(_account(bank, natural=natural))
    if fx_class:
        asked.body["qualifications"].append(held("fx_directory", fx_class))
    filed = await m.done(R, "file_subject", asked)
    party = account_of(filed)
    path = {"subject_id": filed.id, "role": role}
    sent = await m.done(R, "submit_filing", Sound(party, path, {}, filed.version, note=party))
    await m.done(R, "approve_filing", Sound(OFFICER, path, _REASON, sent.version, note=party))
    m.forget((R, "file_subject"), (R, "submit_filing"), (R, "approve_filing"))
    return party


@recipe(R)
async def propose_export_agency(m: Market) -> Sound:
    holder, operator = (await m.after(R, "approve_filing")).note, m.day["operator"]
    body = {
        "principal_id": holder["subject_id"], "agent_id": operator["subject_id"], "collector": "agent",
        "exemption_filer": "principal", "valid_from": SINCE, "valid_to": "2026-12-31",
    }  # fmt: skip
    return Sound(operator, body=body, note=holder)


@recipe(R)
async def confirm_export_agency(m: Market) -> Sound:
    proposed = await m.after(R, "propose_export_agency")
    holder = proposed.note
    return Sound(holder, {"agreement_id": proposed.id}, None, proposed.version, note=holder)


@recipe(R)
async def terminate_export_agency(m: Market) -> Sound:
    confirmed = await m.fresh(R, "propose_export_agency" if m.number() % 2 else "confirm_export_agency")
    return Sound(confirmed.note, {"agreement_id": confirmed.id}, {"reason": "as agreed"}, confirmed.version)


@recipe(R)
async def propose_procurement_agency(m: Market) -> Sound:
    body = {
        "principal_id": m.day["buyer"]["subject_id"], "agent_id": m.day["operator"]["subject_id"],
        "entrusted_goods": f"hand tools {m.number()}", "valid_from": SINCE, "valid_to": "2026-12-31",
    }  # fmt: skip
    return Sound(m.day["operator"], body=body, note=m.day["buyer"])


@recipe(R)
async def confirm_procurement_agency(m: Market) -> Sound:
    proposed = await m.after(R, "propose_procurement_agency")
    return Sound(proposed.note, {"agreement_id": proposed.id}, None, proposed.version, note=proposed.note)


@recipe(R)
async def terminate_procurement_agency(m: Market) -> Sound:
    confirmed = await m.after(R, "confirm_procurement_agency")
    return Sound(confirmed.note, {"agreement_id": confirmed.id}, {"reason": "as agreed"}, confirmed.version)


@recipe(R)
async def grant_delegation(m: Market) -> Sound:
    holder = (await m.some(R, "confirm_export_agency")).note
    body = {
        "acts": ["read", "register_trades"], "delegate_id": m.day["operator"]["subject_id"], "limit_usd": "20000.00",
        "valid_from": "2026-05-01", "valid_to": "2026-12-31",
    }  # fmt: skip
    return Sound(holder, body=body, note=m.day["operator"])


@recipe(R)
async def accept_delegation(m: Market) -> Sound:
    granted = await m.after(R, "grant_delegation")
    return Sound(granted.note, {"delegation_id": granted.id}, None, granted.version)


@recipe(R)
async def end_delegation(m: Market) -> Sound:
    granted = await m.after(R, "accept_delegation" if m.number() % 2 else "grant_delegation")
    return Sound({"role": "security", "actor": "security:1"}, {"delegation_id": granted.id}, {}, granted.version)


@recipe(R)
async def read_subject_amendment(m: Market) -> Sound:
    amended = await m.some(R, "amend_filing")
    return Sound({"role": "auditor"}, {"amendment_id": amended.answer["location"]})
