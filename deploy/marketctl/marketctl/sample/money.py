"""Collections, matches, pass-ons, conversions."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from typing import Any

from marketctl.sample.story import Story


def collect_everything(story: Story) -> None:
    """Every receipt of the banks is booked and matched; agents pass on; individuals convert."""
    for row in story.rows("bank", "收汇"):
        _collect(story, row)
    _refused_collections(story)
    for row in story.rows("bank", "划转"):
        _pass_on(story, row)
    _convert(story)


def _bank(story: Story, number: str) -> dict[str, str]:
    return {"role": "bank", "actor": f"bank:{number}", "bank_id": story.banks[number]}


def _portions(story: Story, shipment: str, collector: str) -> list[dict[str, Any]]:
    declaration = story.declarations[shipment]["declaration"]
    return [each for each in declaration["portions"] if each["collector_id"] == collector]


def _payer(portions: list[dict[str, Any]]) -> dict[str, str]:
    """Who paid: the buyer itself, or somebody who pays for several buyers, with evidence (V47)."""
    buyers = {each["buyer_id"] for each in portions}
    if len(buyers) == 1:
        return {"buyer_id": buyers.pop(), "payer_relation": "buyer"}
    return {"payer_relation": "payment_agent", "payer_evidence_hash": "sha256:" + sha256(b"payment order").hexdigest()}


def _book(story: Story, row: dict[str, str], key: str, amount: str | None = None) -> dict[str, Any]:
    body = {
        "collector_id": story.subject(row["收汇人"]),
        "bank_reference": key,
        "account_kind": row["账户"],
        "method": "rmb" if row["币种"] == "CNY" else "fx",
        "currency": row["币种"],
        "amount": amount or row["金额"],
        "received_on": "2026-05-13",
        "payer": "Sample Buyer Company",
        **_payer(_portions(story, row["装箱单"], story.subject(row["收汇人"]))),
    }
    return story.callers.done("POST", "fx-settlement", "/v1/collections", body, key=key, **_bank(story, row["银行"]))


def _collect(story: Story, row: dict[str, str]) -> None:
    collection = _book(story, row, row["流水号"])
    portions = _portions(story, row["装箱单"], story.subject(row["收汇人"]))
    matches = [{"portion_id": each["portion_id"], "amount": each["released_value"]} for each in portions]
    path = f"/v1/collections/{collection['id']}/matches"
    body = {"matches": matches}
    story.callers.done("POST", "fx-settlement", path, body, version=collection["version"], **_bank(story, row["银行"]))


def _refused_collections(story: Story) -> None:
    """Money beyond the export's room, and money of the wrong party."""
    rows = story.rows("bank", "收汇")
    row = rows[0]
    mine = _portions(story, row["装箱单"], story.subject(row["收汇人"]))
    extra = _book(story, row, "TT-OVER", "1000.00")
    path = f"/v1/collections/{extra['id']}/matches"
    how: dict[str, Any] = {"version": extra["version"], **_bank(story, row["银行"])}
    over = {"matches": [{"portion_id": mine[0]["portion_id"], "amount": "1000.00"}]}
    story.callers.refuse(
        "R-FX-1", "collection_over_entitlement", "POST", "fx-settlement", path, over, key="match:over", **how
    )
    foreign = next(
        each
        for declaration in story.declarations.values()
        for each in declaration["declaration"]["portions"]
        if each["collector_id"] != story.subject(row["收汇人"]) and each["declared_currency"] == row["币种"]
    )
    wrong = {"matches": [{"portion_id": foreign["portion_id"], "amount": "1.00"}]}
    story.callers.refuse("R-FX-2", "not_the_collector", "POST", "fx-settlement", path, wrong, key="match:wrong", **how)
    refund = {"amount": "1000.00", "refunded_on": "2026-05-13"}
    path = f"/v1/collections/{extra['id']}/refunds"
    story.callers.done("POST", "fx-settlement", path, refund, key="refund:over", **how)


def _pass_on(story: Story, row: dict[str, str]) -> None:
    as_rmb = row["方式"] == "rmb" and row["币种"] != "CNY"
    body = {
        "agent_id": story.subject(row["代理人"]),
        "principal_id": story.subject(row["委托人"]),
        "currency": row["币种"],
        "amount": row["金额"],
        "paid_as": "rmb" if as_rmb else "fx",
        "paid_on": "2026-05-13",
        "bank_reference": row["流水号"],
    }
    if as_rmb:
        body["rate"] = {"USD": "6.95", "EUR": "7.98"}[row["币种"]]
    key = row["流水号"]
    story.callers.done("POST", "fx-settlement", "/v1/pass-ons", body, key=key, **_bank(story, row["银行"]))


def _convert(story: Story) -> None:
    """With proof outside the quota; without proof above what the bank states refused, within it done."""
    rows = [row for row in story.rows("bank", "收汇") if row["账户"] == "personal" and row["币种"] == "USD"]
    for number, row in enumerate(rows):
        holder = story.subject(row["收汇人"])
        body = {
            "holder_id": holder,
            "currency": "USD",
            "amount": str((Decimal(row["金额"]) / 2).quantize(Decimal("0.01"))),
            "rate": "6.95",
            "converted_on": "2026-05-13",
        }
        bank = _bank(story, row["银行"])
        proof = [each["portion_id"] for each in _portions(story, row["装箱单"], holder)]
        proven = {**body, "proof_portion_ids": proof, "bank_reference": f"CV-P{number}"}
        story.callers.done("POST", "fx-settlement", "/v1/conversions", proven, key=f"convert:{number}", **bank)
        if number:
            continue
        low = {"quota_statement": {"reference": "Q-1", "remaining": "1.00"}, "bank_reference": "CV-Q1"}
        over = {**body, **low, "amount": "1.01"}
        story.callers.refuse(
            "R-FX-5",
            "conversion_over_stated_quota",
            "POST",
            "fx-settlement",
            "/v1/conversions",
            over,
            key="convert:over",
            **bank,
        )
        story.callers.done(
            "POST", "fx-settlement", "/v1/conversions", {**body, **low, "amount": "1.00"}, key="convert:quota", **bank
        )
