"""A page of a list takes as many statements for 200 rows as for one, and at most five."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from tax_exemption.store.tables import CertificateRow, ExemptionItem, ReturnLineRow, ReturnRow

AT, SINCE = datetime(2026, 6, 1, tzinfo=UTC), date(2026, 5, 1)
MANY = 201


def rows(filing: Any, number: int) -> list[list[Any]]:
    """One return with lines and items, and one certificate, in the order in which they are written."""
    common = {"pilot": "longshui", "declaration_id": uuid4(), "customs_number": "1" * 18, "export_date": SINCE}
    filed = ReturnRow(
        id=UUID(int=number), pilot="longshui", number=f"LS-RE-{number}", version=1, stall_holder_id=filing.holder,
        filer_id=filing.holder, filed_by="a", month="2026-05", status="filed", filing_kind="in_window",
        window_from=SINCE, window_to=SINCE, calendar_version="c", rate_choice="sale_day", total_rmb=Decimal(7),
        filed_at=AT,
    )  # fmt: skip
    lines: list[Any] = []
    for line_no in range(1, 4):
        portion_id = uuid4()
        money = {"portion_id": portion_id, "item_no": 1, "currency": "USD", **common}
        lines += [
            ReturnLineRow(
                id=uuid4(), return_id=filed.id, line_no=line_no, fob_value=Decimal(1), rate=Decimal(7), rate_id="r",
                exempt_rmb=Decimal(7), adjustment=False, **money,
            ),
            ExemptionItem(
                trade_id=uuid4(), stall_holder_id=filing.holder, consignor_id=filing.operator, sale_date=SINCE,
                exemption_filer_id=filing.holder, departed_fob=Decimal(2), returned_fob=Decimal(0), sequence=1, **money,
            ),
        ]  # fmt: skip
    certificate = CertificateRow(
        id=UUID(int=number), number=f"LS-CE-{number}", version=1, operator_id=filing.operator,
        principal_id=filing.holder, status="applied", value=Decimal(1), currency="USD",
        portion_ids=tuple(uuid4() for _ in range(20)), **common,
    )  # fmt: skip
    return [[filed, certificate], lines]


async def filled(filing: Any, numbers: range) -> None:
    for group in zip(*(rows(filing, number) for number in numbers), strict=True):
        async with filing.door.as_worker() as session:
            session.add_all(row for made in group for row in made)


@pytest.mark.parametrize(
    ("path", "of_first"),
    [("/v1/items", 3), ("/v1/items?month=2026-05", 3), ("/v1/returns", 1), ("/v1/certificates", 1)],
)
@pytest.mark.parametrize("role", ["tax", "stall_holder"])
async def test_a_page_takes_the_same_number_of_statements_whatever_it_holds(
    filing: Any, path: str, of_first: int, role: str
) -> None:
    who = {"role": "tax"} if role == "tax" else filing.as_holder()
    page = f"{path}{'&' if '?' in path else '?'}limit=200"
    await filled(filing, range(1, 2))
    with filing.door.statements() as of_one:
        one = await filing.door.done("GET", page, **who)
    await filled(filing, range(2, MANY + 1))
    with filing.door.statements() as of_many:
        many = await filing.door.done("GET", page, **who)
    assert (len(one["items"]), len(many["items"])) == (of_first, 200)
    assert len(of_many) == len(of_one) <= 5, of_many


async def test_a_list_of_returns_holds_summaries_and_a_return_is_read_in_full_by_its_id(filing: Any) -> None:
    await filled(filing, range(1, 2))
    (listed,) = (await filing.door.done("GET", "/v1/returns", **filing.as_holder()))["items"]
    whole = await filing.door.done("GET", f"/v1/returns/{listed['id']}", **filing.as_holder())
    assert (len(whole["exemption_return"]["lines"]), "lines" in listed, "exemption_return" in listed) == (
        3,
        False,
        False,
    )
    shared_fields = listed.keys() & whole["exemption_return"].keys()
    assert {name: listed[name] for name in shared_fields} == {
        name: whole["exemption_return"][name] for name in shared_fields
    }
    assert {"stall_holder_id", "month", "total_rmb", "filing_kind"} < shared_fields
