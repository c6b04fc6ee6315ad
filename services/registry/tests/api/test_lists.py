"""A page of a list takes as many statements for 200 rows as for one, and at most five."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from registry.store.documents import AmendedParts, ListEntry
from registry.store.parameters import MeasuresOfGrade
from registry.store.tables import (
    AgreementRow,
    CommodityDecisionRow,
    CommodityListRow,
    CreditGradeRow,
    PlaceRow,
    RecognitionTaskRow,
    RoleFilingRow,
    SubjectAmendmentRow,
    SubjectRow,
    SubjectVersionRow,
)
from shared.events.registry import BankFiled, Qualification, RoleFiling, Stall, SubjectState
from shared.workshop.testing.registry_events import sealed

AT, SINCE, UNTIL = datetime(2026, 5, 1, tzinfo=UTC), date(2026, 1, 1), date(2026, 12, 31)
FIRST = UUID(int=1)
STALLS = tuple(Stall(stall_number=f"S-{n}", longitude="1", latitude="1", valid_from=SINCE) for n in range(5))
HELD = tuple(Qualification(kind="fx_account", value=f"{n}", valid_from=SINCE, account=sealed("a")) for n in range(5))
MEASURES = MeasuresOfGrade(automatic_release=True, inspection_rate_percent=Decimal(1), review_depth="normal")
MANY = 201


def subject(number: int) -> list[Any]:
    filings = [
        RoleFilingRow(
            id=UUID(int=number * 10 + place), subject_id=UUID(int=number), pilot="longshui", role=role,
            filing_number=f"F-{number}-{role}", status="approved", stop_order=False, reason="", version=1,
        )
        for place, role in enumerate(("stall_holder", "operator", "buyer"))
    ]  # fmt: skip
    common = {
        "pilot": "longshui", "number": f"LS-SU-{number}", "identity_kind": "credit_code", "country": "CN",
        "natural_person": False, "display_name": "name", "stalls": STALLS, "qualifications": HELD,
        "identity": sealed(f"{number}"), "name": sealed("name"),
    }  # fmt: skip
    row = SubjectRow(id=UUID(int=number), identity_index=f"{number}", version=1, **common)
    roles = (RoleFiling(role="buyer", filing_number="F", status="approved", version=1),)
    state = SubjectState(subject_id=FIRST, roles=roles, **common)
    version = SubjectVersionRow(subject_id=FIRST, version=number, step="file", actor="a", at=AT, reason="", state=state)
    return [row, *filings, version]


def dependents(number: int) -> list[Any]:
    """Add one row to every list except that of subjects."""
    own: dict[str, Any] = {"id": UUID(int=number), "pilot": "longshui"}
    entries = tuple(ListEntry(hs_prefix="82", verdict="eligible", reason="r", reason_zh="理由") for _ in range(20))
    return [
        *(
            AgreementRow(
                id=UUID(int=number * 10 + place), pilot="longshui", number=f"A-{number}-{kind}", kind=kind,
                principal_id=FIRST, agent_id=FIRST, status="confirmed", valid_from=SINCE, valid_to=UNTIL,
                entrusted_goods="", version=1,
            )
            for place, kind in enumerate(("procurement_agency", "export_agency"))
        ),
        CommodityListRow(
            **own, kind="positive", version=number, effective_from=SINCE, source="s", entries=entries, published_at=AT
        ),
        CommodityDecisionRow(
            **own, goods_name="剑架", hs_code="442199", verdict="eligible", reason="r", authority="commerce",
            effective_from=SINCE, decided_by="a", decided_at=AT,
        ),
        RecognitionTaskRow(
            line_id=UUID(int=number), pilot="longshui", trade_id=FIRST, trade_number="T",
            goods_name="扳手" if number % 2 else "竹制剑架", hs_code="4421999090", opened_at=AT,
        ),
        CreditGradeRow(
            subject_id=FIRST, authority="tax", sequence=number, pilot="longshui", grade="A", effective_from=SINCE,
            reason="r", decided_by="a", decided_at=AT,
            measures=MEASURES,
        ),
        SubjectAmendmentRow(
            **own, subject_id=FIRST, subject_version=1, parts=AmendedParts(name=sealed("new")), status="open",
            reason="r", proposed_by="a", proposed_at=AT, decision_reason="", version=1,
        ),
        PlaceRow(
            id=f"{UUID(int=number)}", kind="bank", pilot="longshui", version=1,
            content=BankFiled(
                bank_id=UUID(int=number), pilot="longshui", name="b", connection="web", valid_from=SINCE
            ),
        ),
    ]  # fmt: skip


LISTS = {
    "/v1/subjects?limit=200": 200,
    "/v1/subjects?limit=200&role=buyer&status=approved&name=name": 200,
    "/v1/procurement-agencies?limit=200": 200,
    "/v1/export-agencies?limit=200&status=confirmed": 200,
    "/v1/commodity-lists?limit=200": 200,
    "/v1/commodity-decisions?limit=200": 200,
    "/v1/tasks?limit=200": 101,
    "/v1/banks?limit=200": 200,
    "/v1/subject-amendments?limit=200&status=open": 200,
    f"/v1/subjects/{FIRST}/versions?limit=200": 200,
    f"/v1/subjects/{FIRST}/credit-grades?limit=200": 200,
}


async def filled(bureau: Any, numbers: range) -> None:
    rows = [row for number in numbers for row in (*subject(number), *dependents(number))]
    for first in (True, False):
        async with bureau.door.as_worker() as session:
            session.add_all(row for row in rows if isinstance(row, SubjectRow) is first)


@pytest.mark.parametrize("path", LISTS)
async def test_a_page_takes_the_same_number_of_statements_whatever_it_holds(bureau: Any, path: str) -> None:
    await filled(bureau, range(1, 2))
    with bureau.door.statements() as of_one:
        one = await bureau.door.done("GET", path)
    await filled(bureau, range(2, MANY + 1))
    with bureau.door.statements() as of_many:
        many = await bureau.door.done("GET", path)
    assert (len(one["items"]), len(many["items"])) == (1, LISTS[path])
    assert len(of_many) == len(of_one) <= 5, of_many


@pytest.mark.parametrize("path", ["/v1/banks", f"/v1/subjects/{FIRST}/versions", f"/v1/subjects/{FIRST}/credit-grades"])
async def test_page_by_page_a_list_is_whole_and_in_its_order(bureau: Any, path: str) -> None:
    await filled(bureau, range(1, MANY + 1))
    whole = await bureau.door.paged(path, 200)
    assert len(whole) == MANY
    assert await bureau.door.paged(path, 67) == whole
    if path.endswith("versions"):
        assert [each["version"] for each in whole] == list(range(1, MANY + 1))
    if path.endswith("grades"):
        assert whole == sorted(whole, key=lambda each: (each["effective_from"], each["decided_at"]), reverse=True)


async def test_a_list_of_subjects_returns_summaries_and_a_subject_is_read_in_full_by_its_id(bureau: Any) -> None:
    filed = await bureau.filed(bureau.stall_holder())
    listed = (await bureau.door.done("GET", "/v1/subjects"))["items"]
    held_only = {"stalls", "qualifications", "open_claims", "open_amendments"}
    assert listed == [{name: value for name, value in filed.items() if name not in held_only}]
    assert await bureau.door.done("GET", f"/v1/subjects/{filed['id']}") == filed
