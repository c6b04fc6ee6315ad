"""Somebody else's id in a body is answered like one that nobody has, in every field of every command (V65)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from shared.workshop.testing.named_ids import THIS, Naming, id_fields, told_apart

# What somebody states of itself, and what an office numbers.
STATED = {
    ("claim_subject", "/identity/number"),
    ("file_subject", "/identity/number"),
    ("file_subject", "/stalls/*/stall_number"),
    ("amend_filing", "/stalls/*/stall_number"),
}
DAYS = {"valid_from": "2026-05-13", "valid_to": "2026-12-31"}


async def namings(bureau: Any) -> AsyncIterator[Naming]:
    seller, operator = await bureau.approved(), await bureau.approved(bureau.operator())
    buyer = await bureau.filed(bureau.enterprise("buyer"), **bureau.as_party(operator))
    # Drafts of others, and a party that is filed for something else.
    drafts = [await bureau.filed(body) for body in (bureau.operator(), bureau.stall_holder())]
    nobody = [each["id"] for each in (*drafts, buyer)]
    as_seller, as_operator = bureau.as_party(seller), bureau.as_party(operator)
    granting = {"delegate_id": THIS, "acts": ["pack"], **DAYS}
    yield Naming("grant_delegation", "/v1/delegations", granting, operator["id"], nobody, as_seller)
    terms = {"principal_id": seller["id"], "agent_id": operator["id"], **DAYS}
    export = terms | {"collector": "agent", "exemption_filer": "principal"}
    path = "/v1/export-agencies"
    yield Naming("propose_export_agency", path, export | {"agent_id": THIS}, operator["id"], nobody, as_seller)
    named = export | {"principal_id": THIS}
    yield Naming("propose_export_agency", path, named, seller["id"], nobody, as_operator)
    # Of an agreement between others nothing is told.
    for field, other in (("agent_id", "principal_id"), ("principal_id", "agent_id")):
        between = export | {field: THIS, other: seller["id"]}
        yield Naming("propose_export_agency", path, between, None, [*nobody, seller["id"]], as_operator)
    terms |= {"principal_id": buyer["id"], "entrusted_goods": "扳手一批"}
    path, others = "/v1/procurement-agencies", [each["id"] for each in (*drafts, seller)]
    yield Naming("propose_procurement_agency", path, terms | {"principal_id": THIS}, buyer["id"], others, as_operator)
    as_buyer = bureau.as_party(buyer)
    yield Naming("propose_procurement_agency", path, terms | {"agent_id": THIS}, operator["id"], others, as_buyer)
    site = {"name": "站", "kind": "supervised_site", "operator_name": "站", "valid_from": "2026-01-01"}
    bank = {"name": "行", "connection": "web", "valid_from": "2026-01-01"}
    own, elsewhere, no_bank = [
        (await bureau.door.done("POST", path, body, **how))["id"]
        for path, body, how in (
            ("/v1/banks", bank, {}), ("/v1/banks", bank, {"pilot": "yiwu"}), ("/v1/sites", site, {}),
        )
    ]  # fmt: skip
    account = {"kind": "fx_account", "value": "yes", "valid_from": "2026-05-13", "account": "6222000011"}
    for each in (elsewhere, no_bank, own):
        filing = bureau.stall_holder()
        stated = {**filing, "qualifications": [*filing["qualifications"], account | {"bank_id": THIS}]}
        yield Naming("file_subject", "/v1/subjects", stated, None, [], {"role": "stall_holder"}, unknown=each)
        path = f"/v1/subjects/{seller['id']}/qualifications"
        stated = account | {"bank_id": THIS}
        yield Naming("record_qualification", path, stated, None, [], as_seller, seller["version"], each)


async def test_anothers_id_in_a_body_is_answered_like_an_unknown_one(bureau: Any) -> None:
    asked, apart = await told_apart(bureau.door, namings(bureau))
    assert apart == []
    assert asked | STATED == id_fields(bureau.door.app.openapi())
    assert asked.isdisjoint(STATED)
