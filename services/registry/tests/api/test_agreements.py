"""Agreements over HTTP: who proposes, who confirms, what is fixed, who sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(slots=True)
class Parties:
    """Four subjects with active filings, and the calls by which they make agreements."""

    bureau: Any
    seller: dict[str, Any]
    operator: dict[str, Any]
    buyer: dict[str, Any]
    stranger: dict[str, Any]

    def terms(self, kind: str = "export", **changed: Any) -> dict[str, Any]:
        days = {"valid_from": "2026-05-01", "valid_to": "2026-12-31"}
        if kind == "export":
            parties = {"principal_id": self.seller["id"], "agent_id": self.operator["id"]}
            return {**parties, **days, "collector": "agent", "exemption_filer": "principal", **changed}
        parties = {"principal_id": self.buyer["id"], "agent_id": self.operator["id"]}
        return {**parties, **days, "entrusted_goods": "扳手一批", **changed}

    def propose(self, by: dict[str, Any], kind: str = "export", **changed: Any) -> Any:
        path = f"/v1/{'export' if kind == 'export' else 'procurement'}-agencies"
        return self.bureau.door.call("POST", path, self.terms(kind, **changed), **self.bureau.as_party(by))

    async def proposed(self, by: dict[str, Any], kind: str = "export", **changed: Any) -> dict[str, Any]:
        answer = await self.propose(by, kind, **changed)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def act(self, agreement: dict[str, Any], what: str, by: dict[str, Any], **how: Any) -> Any:
        path = f"/v1/{how.pop('kind', 'export')}-agencies/{agreement['id']}/{what}"
        body = {"reason": "over"} if what == "terminations" else None
        asked = {"version": agreement["version"], **self.bureau.as_party(by), **how}
        return self.bureau.door.call("POST", path, body, **asked)


@pytest.fixture
async def parties(bureau: Any) -> Parties:
    seller = await bureau.approved()
    operator = await bureau.approved(bureau.operator())
    buyer = await bureau.filed(bureau.enterprise("buyer"), **bureau.as_party(operator))
    return Parties(bureau, seller, operator, buyer, await bureau.approved())


async def test_terms_are_fixed_when_the_second_party_confirms(parties: Parties) -> None:
    """R-FILE-6, V35."""
    proposed = await parties.proposed(parties.operator)
    assert (proposed["status"], proposed["principal_confirmed_at"]) == ("proposed", None)
    again = parties.act(proposed, "confirmations", parties.operator)
    assert await parties.bureau.refused(again) == (409, "agency_confirmed_by_oneself")
    answer = await parties.act(proposed, "confirmations", parties.seller)
    confirmed = answer.json()
    assert (answer.status_code, answer.headers["etag"], confirmed["status"]) == (200, '"2"', "confirmed")
    assert (confirmed["collector"], confirmed["exemption_filer"]) == ("agent", "principal")
    assert parties.bureau.said("agreements") == ["agency_proposed", "agency_confirmed"]
    told = parties.bureau.heard("agreements")[-1]["agreement"]
    assert (told["collector"], told["exemption_filer"], told["status"]) == ("agent", "principal", "confirmed")
    late = parties.act(confirmed, "confirmations", parties.seller)
    assert await parties.bureau.refused(late) == (409, "agency_not_proposed")


async def test_no_path_changes_what_was_agreed(parties: Parties) -> None:
    """R-FILE-6, V35."""
    agreement = await parties.proposed(parties.seller)
    for method in ("PUT", "PATCH", "DELETE"):
        path = f"/v1/export-agencies/{agreement['id']}"
        answer = await parties.bureau.door.call(method, path, {}, **parties.bureau.as_party(parties.seller))
        assert answer.status_code == 405


async def test_a_principal_proposes_and_the_agent_confirms(parties: Parties) -> None:
    proposed = await parties.proposed(parties.buyer, "procurement")
    confirmed = await parties.act(proposed, "confirmations", parties.operator, kind="procurement")
    assert confirmed.json()["status"] == "confirmed"


async def test_an_export_agency_and_a_procurement_agency_are_different_kinds(parties: Parties) -> None:
    """R-FILE-6: never one for the other."""
    procurement = await parties.proposed(parties.operator, "procurement")
    as_export = parties.act(procurement, "confirmations", parties.operator, kind="export")
    assert (await as_export).status_code == 404
    swapped = parties.propose(parties.operator, principal_id=parties.buyer["id"])
    assert await parties.bureau.refused(swapped) == (409, "principal_not_filed")
    path = "/v1/procurement-agencies"
    collecting = parties.terms("procurement") | {"collector": "agent"}
    answer = await parties.bureau.door.call("POST", path, collecting, **parties.bureau.as_party(parties.operator))
    assert (answer.status_code, answer.json()["code"]) == (422, "field_unknown")


async def test_an_export_agency_without_its_terms_or_with_an_unknown_party_is_not_made(parties: Parties) -> None:
    missing = parties.terms()
    del missing["collector"]
    who = parties.bureau.as_party(parties.seller)
    answer = await parties.bureau.door.call("POST", "/v1/export-agencies", missing, **who)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/collector")
    unknown = parties.propose(parties.seller, agent_id="019a0000-0000-7000-8000-0000000000aa")
    assert await parties.bureau.refused(unknown) == (409, "agent_not_filed")
    oneself = await parties.propose(parties.seller, agent_id=parties.seller["id"])
    codes = [each["code"] for each in oneself.json()["errors"]]
    assert codes == ["agent_not_filed", "agency_with_oneself"]


async def test_a_subject_of_another_pilot_is_no_party(parties: Parties) -> None:
    """V69."""
    who = {**parties.bureau.as_party(parties.seller), "pilot": "yiwu"}
    calling = parties.bureau.door.call("POST", "/v1/export-agencies", parties.terms(), **who)
    assert await parties.bureau.refused(calling) == (403, "party_not_filed")


async def test_an_agreement_with_a_party_that_was_suspended_meanwhile_is_not_confirmed(parties: Parties) -> None:
    proposed = await parties.proposed(parties.seller)
    await parties.bureau.stepped(parties.operator, "suspensions")
    late = parties.act(proposed, "confirmations", parties.operator)
    assert await parties.bureau.refused(late) == (409, "agent_not_filed")


async def test_somebody_elses_agreement_looks_unknown_and_the_attempt_is_audited(parties: Parties) -> None:
    agreement = await parties.proposed(parties.seller)
    other = parties.bureau.as_party(parties.stranger)
    path = f"/v1/export-agencies/{agreement['id']}"
    calls = [
        parties.act(agreement, "confirmations", parties.stranger),
        parties.act(agreement, "terminations", parties.stranger),
        parties.propose(parties.stranger),
        parties.bureau.door.call("GET", path, **other),
    ]
    unknown = await parties.bureau.door.call("GET", "/v1/export-agencies/019a0000-0000-7000-8000-00000000000f", **other)
    for call in calls:
        assert await parties.bureau.refused(call) == (404, unknown.json()["code"])
    assert parties.bureau.refusals() == [("V65", "not_yours")] * 4


async def test_an_agreement_is_terminated_once_and_then_takes_no_new_trades(parties: Parties) -> None:
    proposed = await parties.proposed(parties.seller)
    confirmed = (await parties.act(proposed, "confirmations", parties.operator)).json()
    ended = (await parties.act(confirmed, "terminations", parties.seller)).json()
    assert (ended["status"], ended["collector"]) == ("terminated", "agent")
    assert parties.bureau.heard("agreements")[-1]["reason"] == "over"
    assert parties.bureau.said("agreements")[-1] == "agency_terminated"
    twice = parties.act(ended, "terminations", parties.operator)
    assert await parties.bureau.refused(twice) == (409, "agency_terminated_already")


@pytest.mark.parametrize(("version", "status"), [(None, 428), (7, 412)])
async def test_a_confirmation_names_the_version_it_was_decided_on(
    parties: Parties, version: int | None, status: int
) -> None:
    agreement = await parties.proposed(parties.seller)
    answer = await parties.act(agreement, "confirmations", parties.operator, version=version)
    assert answer.status_code == status
    assert parties.bureau.said("agreements") == ["agency_proposed"]


async def test_lists_hold_what_the_caller_is_party_to_by_party_and_state(parties: Parties) -> None:
    first = await parties.proposed(parties.seller)
    await parties.act(first, "confirmations", parties.operator)
    second = await parties.proposed(parties.stranger, principal_id=parties.stranger["id"])
    procurement = await parties.proposed(parties.buyer, "procurement")

    async def listed(who: dict[str, Any], query: str = "", kind: str = "export") -> list[str]:
        page = await parties.bureau.door.done("GET", f"/v1/{kind}-agencies{query}", **who)
        return [each["id"] for each in page["items"]]

    operator, officer = parties.bureau.as_party(parties.operator), {"role": "commerce"}
    assert await listed(operator) == await listed(officer) == [second["id"], first["id"]]
    assert await listed(parties.bureau.as_party(parties.seller)) == [first["id"]]
    assert await listed(operator, "?status=confirmed") == [first["id"]]
    assert await listed(operator, f"?party={parties.stranger['id']}") == [second["id"]]
    assert await listed(operator, f"?party={parties.stranger['id']}&status=confirmed") == []
    assert await listed(parties.bureau.as_party(parties.seller), f"?party={parties.stranger['id']}") == []
    assert await listed(officer, kind="procurement") == [procurement["id"]]
    page = await parties.bureau.door.done("GET", "/v1/export-agencies?limit=1", **operator)
    rest = await parties.bureau.door.done(
        "GET", f"/v1/export-agencies?limit=1&cursor={page['next_cursor']}", **operator
    )
    assert [*page["items"], *rest["items"]] == (await parties.bureau.door.done("GET", "/v1/export-agencies"))["items"]
    assert rest["next_cursor"] is None


async def test_a_proposal_shows_the_proposer_and_the_other_party_only_once_it_confirms(parties: Parties) -> None:
    async def sees(one: dict[str, Any], other: dict[str, Any]) -> bool:
        path = f"/v1/subjects/{other['id']}"
        answer = await parties.bureau.door.call("GET", path, **parties.bureau.as_party(one))
        return bool(answer.status_code == 200)

    agreement = await parties.proposed(parties.operator)
    assert await sees(parties.seller, parties.operator)
    assert not await sees(parties.operator, parties.seller)
    await parties.act(agreement, "confirmations", parties.seller)
    assert await sees(parties.operator, parties.seller)


@pytest.mark.parametrize(("goods", "status"), [(".", 422), ("——", 422), ("锤", 201), ("7", 201)])
async def test_a_procurement_agency_names_goods(parties: Parties, goods: str, status: int) -> None:
    """R-FILE-5, V18: the agent's file keeps what was entrusted, and "." is nothing."""
    answer = await parties.propose(parties.operator, "procurement", entrusted_goods=goods)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["errors"][0]["pointer"] == "/entrusted_goods"
