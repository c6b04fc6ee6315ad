"""Who may file which identity: one subject for each identity, its own account, and what others may add."""

from __future__ import annotations

from typing import Any

import pytest

OFFICER = {"role": "commerce", "actor": "commerce:officer"}


def identity(kind: str, number: str, country: str = "CN") -> dict[str, str]:
    return {"kind": kind, "number": number, "country": country}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param(identity("credit_code", "929900000000000015"), None, id="a credit code"),
        pytest.param(identity("credit_code", "929900000000000016"), "identity_check_digit_wrong", id="its check digit"),
        pytest.param(identity("credit_code", "92990000000000O015"), "identity_form_wrong", id="a letter it never has"),
        pytest.param(identity("credit_code", "929900000000000015", "RU"), "identity_country_wrong", id="of a country"),
        pytest.param(identity("resident_id", "11010519491231002X"), None, id="a resident id"),
        pytest.param(
            identity("resident_id", "110105194912310021"), "identity_check_digit_wrong", id="its check digit X"
        ),
        pytest.param(identity("resident_id", "110105194902310026"), "identity_birth_date_wrong", id="31 February"),
        pytest.param(identity("credit_code", "11010519491231002X"), "identity_check_digit_wrong", id="never as a code"),
        pytest.param(identity("passport", "RU7654321", "RU"), None, id="a passport"),
        pytest.param(identity("passport", "RU7654321", "ZZ"), "identity_country_wrong", id="of no country"),
        pytest.param(identity("passport", "RU7654321", "CN"), "identity_country_wrong", id="of a Chinese"),
        pytest.param(identity("foreign_registration", "915001110", "CN"), "identity_country_wrong", id="nor a firm"),
        pytest.param(identity("permanent_resident_card", "911124198108030024", "CA"), None, id="a card of 2023"),
        pytest.param(
            identity("permanent_resident_card", "911124198108030025", "CA"),
            "identity_check_digit_wrong",
            id="its digit",
        ),
        pytest.param(
            identity("permanent_resident_card", "911124198113030024", "CA"), "identity_birth_date_wrong", id="month 13"
        ),
        pytest.param(identity("passport", "R-7", "RU"), "identity_form_wrong", id="no passport number"),
        pytest.param(identity("foreign_registration", "1027700132195", "RU"), None, id="a foreign enterprise"),
        pytest.param(identity("permanent_resident_card", "RUS110090000101", "RU"), None, id="a permanent resident"),
        pytest.param(identity("hk_macao_permit", "H12345678", "HK"), None, id="a permit of Hong Kong"),
        pytest.param(identity("hk_macao_permit", "X12345678", "HK"), "identity_form_wrong", id="no such permit"),
        pytest.param(identity("taiwan_permit", "12345678", "TW"), None, id="a permit of Taiwan"),
        pytest.param(identity("credit_code", "000000000000000000"), "identity_form_wrong", id="nothing but zeros"),
        pytest.param(identity("resident_id", "110105202605140021"), "identity_birth_date_wrong", id="born tomorrow"),
        pytest.param(identity("resident_id", "911124198108030024"), "identity_of_another_kind", id="a card as an id"),
    ],
)
async def test_the_kind_of_document_decides_how_its_number_is_checked(
    bureau: Any, given: dict[str, str], code: str | None
) -> None:
    """V4."""
    body = {"identity": given, "name": "样例", "role": "supplier"}
    calling = bureau.door.call("POST", "/v1/subjects", body, role="agent", actor="acct:1")
    if code is None:
        assert (await calling).status_code == 201
        assert given["number"] not in bureau.written()
    else:
        assert await bureau.refused(calling) == (422, code)


async def test_a_card_that_china_issued_is_one_identity_whatever_country_is_typed(bureau: Any) -> None:
    card = {
        "identity": identity("permanent_resident_card", "RUS110090000101", "RU"),
        "name": "Ivan",
        "role": "supplier",
    }
    first = await bureau.filed(card, role="agent", actor="acct:1")
    card |= {"identity": identity("permanent_resident_card", "rus 110090000101", "US")}
    answer = await bureau.door.call("POST", "/v1/subjects", card, role="agent", actor="acct:1")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_filed")
    passports = [{**card, "identity": identity("passport", "P1234567", land)} for land in ("RU", "US")]
    ids = [(await bureau.filed(each, role="agent", actor="acct:1"))["id"] for each in passports]
    assert len({first["id"], *ids}) == 3


async def test_another_role_is_added_to_the_one_subject(bureau: Any) -> None:
    seller = await bureau.approved()
    body = bureau.operator()
    operator = await bureau.filed(body)
    as_buyer = {"identity": body["identity"], "name": body["name"], "role": "buyer"}
    both = await bureau.filed(as_buyer, **bureau.as_party(seller))
    assert both["id"] == operator["id"]
    assert [(each["role"], each["status"]) for each in both["filings"]] == [("buyer", "effective")]
    own = await bureau.door.done("GET", f"/v1/subjects/{operator['id']}", **bureau.as_party(operator))
    assert [(each["role"], each["filed_by"]) for each in own["filings"]] == [
        ("buyer", seller["id"]),
        ("operator", None),
    ]
    said = bureau.ask("SELECT sequence FROM outbox WHERE key = '%s' ORDER BY id" % operator["id"])  # noqa: UP031
    assert said == [(1,), (2,)]


async def test_a_filer_speaks_for_a_subject_only_while_nobody_else_has_filed_it(bureau: Any) -> None:
    seller, operator = await bureau.approved(), await bureau.approved(bureau.operator())
    body = bureau.enterprise("buyer")
    buyer = await bureau.filed(body, **bureau.as_party(seller))
    account = {"kind": "personal_fx_account", "value": "yes", "valid_from": "2026-05-13", "account": "6222000011"}
    path = f"/v1/subjects/{buyer['id']}/qualifications"
    buyer = await bureau.door.done("POST", path, account, version=1, **bureau.as_party(seller))
    supplying = {**body, "role": "supplier"}
    forged = bureau.door.call(
        "POST", "/v1/subjects", {**supplying, "qualifications": [account]}, **bureau.as_party(operator)
    )
    assert await bureau.refused(forged) == (404, "not_found")
    buyer = await bureau.filed(supplying, **bureau.as_party(operator))
    for filer in (seller, operator):
        late = bureau.door.call("POST", path, account, version=buyer["version"], **bureau.as_party(filer))
        assert await bureau.refused(late) == (404, "not_found")


async def test_a_party_adds_nothing_to_what_commerce_filed(bureau: Any) -> None:
    operator = await bureau.approved(bureau.operator())
    body = bureau.stall_holder()
    await bureau.filed(body, role="commerce", actor="commerce:clerk")
    account = {"kind": "fx_account", "value": "yes", "valid_from": "2026-05-13", "account": "6222000011"}
    forged = {**body, "role": "agent", "stalls": [], "qualifications": [account]}
    assert await bureau.refused(bureau.door.call("POST", "/v1/subjects", forged, **bureau.as_party(operator))) == (
        404,
        "not_found",
    )


async def test_others_add_a_buyer_to_a_subject_but_nothing_to_what_it_holds(bureau: Any) -> None:
    seller = await bureau.approved()
    body = bureau.operator()
    await bureau.filed(body)
    held = [{"kind": "fx_directory", "value": "A", "valid_from": "2026-01-01"}]
    forged = {"identity": body["identity"], "name": "x", "role": "buyer", "qualifications": held}
    calls = [
        bureau.door.call("POST", "/v1/subjects", forged, **bureau.as_party(seller)),
        bureau.door.call("POST", "/v1/subjects", {**forged, "role": "broker"}, **bureau.as_party(seller)),
    ]
    for call in calls:
        assert await bureau.refused(call) == (404, "not_found")
    assert bureau.refusals() == [("V65", "not_yours")] * 2


async def test_a_subject_filed_by_others_gets_its_own_account_with_an_approved_claim(bureau: Any) -> None:
    seller = await bureau.approved()
    body = bureau.stall_holder()
    as_buyer = {"identity": body["identity"], "name": body["name"], "role": "buyer"}
    buyer = await bureau.filed(as_buyer, **bureau.as_party(seller))
    own = {"role": "stall_holder", "actor": "acct:own"}
    too_early = bureau.door.call("POST", "/v1/subjects", body, **own)
    assert await bureau.refused(too_early) == (409, "identity_on_file")
    claim = {"identity": body["identity"], "reason": "licence shown"}
    claim = await bureau.door.done("POST", "/v1/subject-claims", claim, **own)
    path = f"/v1/subject-claims/{claim['id']}/approvals"
    await bureau.door.done("POST", path, {"reason": "licence seen"}, version=1, **OFFICER)
    claimed = await bureau.filed(body, **own)
    assert claimed["id"] == buyer["id"]
    stranger = {"role": "operator", "actor": "acct:stranger"}
    answer = await bureau.door.call("POST", "/v1/subjects", {**body, "role": "operator", "stalls": []}, **stranger)
    assert (answer.status_code, answer.json()["code"]) == (409, "identity_on_file")
    await bureau.stepped(claimed, "submissions", of="stall_holder", **own)


async def test_who_filed_one_role_acts_on_that_filing_only(bureau: Any) -> None:
    seller = await bureau.approved()
    body = bureau.operator()
    operator = await bureau.approved(body)
    as_buyer = {"identity": body["identity"], "name": body["name"], "role": "buyer"}
    both = await bureau.filed(as_buyer, **bureau.as_party(seller))
    who = bureau.as_party(seller)
    assert await bureau.refused(bureau.step(both, "exits", of="operator", **who)) == (404, "not_found")
    path = f"/v1/subjects/{operator['id']}/qualifications"
    added = {"kind": "fx_directory", "value": "A", "valid_from": "2026-01-01"}
    calling = bureau.door.call("POST", path, added, version=both["version"], **who)
    assert await bureau.refused(calling) == (404, "not_found")
    after = await bureau.stepped(both, "exits", of="buyer", **who)
    assert [(each["role"], each["status"]) for each in after["filings"]] == [("buyer", "exited")]
    own = await bureau.door.done("GET", f"/v1/subjects/{operator['id']}", **OFFICER)
    assert [each["status"] for each in own["filings"]] == ["exited", "approved"]


@pytest.mark.parametrize("filer", ["nobody filed", "commerce", "the buyer itself"])
async def test_a_buyer_filed_by_anybody_else_waits_for_review(bureau: Any, filer: str) -> None:
    who = {
        "nobody filed": {"role": "operator", "subject_id": "019a0000-0000-7000-8000-0000000000aa"},
        "commerce": {"role": "commerce", "actor": "commerce:clerk"},
        "the buyer itself": {"role": "buyer", "actor": "acct:buyer"},
    }[filer]
    buyer = await bureau.filed(bureau.enterprise("buyer"), **who)
    assert buyer["filings"][0]["status"] == "draft"
    assert bureau.said("subjects")[-1] == "subject_filed"


async def test_a_buyers_filing_is_complete_before_it_takes_effect(bureau: Any) -> None:
    seller = await bureau.approved()
    required = {
        "name": "required_qualifications",
        "effective_from": "2026-05-01",
        "value": {"buyer": ["fx_account"]},
        "citation": "test",
    }
    await bureau.door.set_parameter(required, role="commerce")
    body = bureau.enterprise("buyer")
    calling = bureau.door.call("POST", "/v1/subjects", body, **bureau.as_party(seller))
    assert await bureau.refused(calling) == (409, "qualification_missing")
    body["qualifications"] = [
        {"kind": "fx_account", "value": "yes", "valid_from": "2026-05-13", "account": "6222000011"}
    ]
    buyer = await bureau.filed(body, **bureau.as_party(seller))
    assert (buyer["filings"][0]["status"], buyer["qualifications"][0]["account"]) == ("effective", "622***0011")
    assert "6222000011" not in bureau.written()


async def test_a_qualification_counts_on_its_days_only(bureau: Any) -> None:
    body = bureau.stall_holder()
    body["qualifications"][0] |= {"valid_to": "2026-05-12"}
    subject = await bureau.filed(body)
    who = bureau.as_party(subject)
    assert await bureau.refused(bureau.step(subject, "submissions", **who)) == (409, "qualification_missing")
    path = f"/v1/subjects/{subject['id']}/qualifications"
    added = {"kind": "taxpayer_kind", "value": "general", "valid_from": "2026-05-13"}
    backwards = bureau.door.call("POST", path, {**added, "valid_to": "2026-05-12"}, version=1, **who)
    assert await bureau.refused(backwards) == (409, "qualification_dates_reversed")
    subject = await bureau.door.done("POST", path, added, version=1, **who)
    assert [each["value"] for each in subject["qualifications"]] == ["small_scale", "general"]
    assert (await bureau.stepped(subject, "submissions", **who))["filings"][0]["status"] == "submitted"
    assert bureau.said("subjects") == ["subject_filed", "qualification_recorded", "subject_submitted"]


async def test_a_class_is_recorded_by_who_grants_it_once_the_filing_was_reviewed(bureau: Any) -> None:
    subject = await bureau.approved()
    path = f"/v1/subjects/{subject['id']}/qualifications"
    better = {"kind": "fx_directory", "value": "A", "valid_from": "2026-05-13"}
    own = bureau.door.call("POST", path, better, version=subject["version"], **bureau.as_party(subject))
    assert await bureau.refused(own) == (409, "qualification_of_authority")
    foreign = bureau.door.call("POST", path, better, version=subject["version"], role="tax")
    assert await bureau.refused(foreign) == (409, "qualification_of_authority")
    granted = await bureau.door.done("POST", path, {**better, "value": "B"}, version=subject["version"], role="safe")
    assert [each["value"] for each in granted["qualifications"]] == ["small_scale", "B"]


async def test_a_second_filing_grants_no_class_either(bureau: Any) -> None:
    body = bureau.stall_holder()
    subject = await bureau.approved(body)
    held = [
        {"kind": "quality_undertaking", "value": "signed", "valid_from": "2026-05-13"},
        {"kind": "fx_directory", "value": "A", "valid_from": "2026-05-13", "valid_to": "2026-05-12"},
    ]
    second = {**body, "role": "carrier", "stalls": [], "qualifications": held}
    calling = await bureau.door.call("POST", "/v1/subjects", second, **bureau.as_party(subject))
    assert [(each["code"], each["pointer"]) for each in calling.json()["errors"]] == [
        ("qualification_of_authority", "/qualifications/1/kind"),
        ("qualification_dates_reversed", "/qualifications/1/valid_to"),
    ]
    both = await bureau.filed({**second, "qualifications": held[:1]}, **bureau.as_party(subject))
    assert [each["kind"] for each in both["qualifications"]] == ["taxpayer_kind"]
    (waiting,) = (await bureau.door.done("GET", "/v1/subject-amendments", **OFFICER))["items"]
    assert (waiting["qualification"]["kind"], waiting["status"]) == ("quality_undertaking", "open")


async def test_stated_anew_from_its_first_day_a_qualification_is_corrected_or_ended(bureau: Any) -> None:
    subject = await bureau.approved(bureau.operator())
    path = f"/v1/subjects/{subject['id']}/qualifications"
    ended = {"kind": "customs_filing", "value": "A", "valid_from": "2026-01-01", "valid_to": "2026-05-20"}
    after = await bureau.door.done("POST", path, ended, version=subject["version"], role="customs")
    terms = [(each["kind"], each["valid_to"]) for each in after["qualifications"]]
    assert terms == [("fx_directory", None), ("quality_undertaking", None), ("customs_filing", "2026-05-20")]
    accounts = [
        {"kind": "fx_account", "value": "USD", "valid_from": "2026-01-01", "account": n}
        for n in ("62220001", "62220002")
    ]
    for account in (*accounts, accounts[0] | {"valid_to": "2026-05-31"}):
        after = await bureau.amended(after, account)
    assert [each["valid_to"] for each in after["qualifications"][3:]] == [None, "2026-05-31"]
    first = await bureau.door.done("GET", f"/v1/subjects/{subject['id']}/versions/1")
    assert first["state"]["qualifications"][0]["valid_to"] is None


async def test_an_account_counts_once_its_owner_states_it(bureau: Any) -> None:
    """R-FX-2: commerce or a filer may record it; a bank's client it makes only who says so itself."""
    seller = await bureau.approved()
    account = {"kind": "fx_account", "value": "yes", "valid_from": "2026-05-13", "account": "6222000011"}
    buyer = await bureau.filed({**bureau.enterprise("buyer"), "qualifications": [account]}, **bureau.as_party(seller))
    assert [each["confirmed"] for each in buyer["qualifications"]] == [False]
    path = f"/v1/subjects/{seller['id']}/qualifications"
    for who, confirmed in (
        ({"role": "commerce"}, False),
        (bureau.as_party(seller), True),
        ({"role": "commerce"}, False),
    ):
        seller = await bureau.door.done("POST", path, account, version=seller["version"], **who)
        told = {each["kind"]: each["confirmed"] for each in seller["qualifications"]}
        assert told["fx_account"] is confirmed
        assert told["taxpayer_kind"] is True
    ((payload,),) = bureau.ask("SELECT convert_from(payload, 'UTF8')::jsonb FROM outbox ORDER BY id DESC LIMIT 1")
    assert [each["confirmed"] for each in payload["subject"]["qualifications"] if each["kind"] == "fx_account"] == [
        False
    ]
