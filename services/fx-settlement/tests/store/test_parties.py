"""Who may collect and book on a day: the first day, the last day, the days around them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from fx_settlement.store.parties import bank_in_force, qualification_value
from fx_settlement.store.tables import SubjectCopy
from shared.events.registry import BankFiled, HeldQualification
from shared.workshop.testing.registry_events import PILOT

FIRST, LAST = date(2026, 3, 1), date(2026, 5, 31)
DAYS = [
    pytest.param(date(2026, 2, 28), False, id="the day before the first"),
    pytest.param(FIRST, True, id="the first day"),
    pytest.param(LAST, True, id="the last day"),
    pytest.param(date(2026, 6, 1), False, id="the day after the last"),
]


@pytest.mark.parametrize(("day", "filed"), DAYS)
async def test_a_bank_books_from_its_first_to_its_last_day(trading: Any, day: date, filed: bool) -> None:
    """R-FILE-9."""
    bank_id = uuid4()
    await trading.hear(
        BankFiled(bank_id=bank_id, pilot=PILOT, name="行", connection="web", valid_from=FIRST, valid_to=LAST)
    )
    async with trading.door.as_worker() as session:
        assert await bank_in_force(session, bank_id, PILOT, day) is filed
        assert await bank_in_force(session, bank_id, "elsewhere", day) is False


@pytest.mark.parametrize(("day", "held"), DAYS)
def test_a_qualification_counts_from_its_first_to_its_last_day(day: date, held: bool) -> None:
    """R-FILE-7."""
    row = SubjectCopy(
        qualifications=(HeldQualification(kind="fx_directory", value="A", valid_from=FIRST, valid_to=LAST),)
    )
    assert qualification_value(row, "fx_directory", day) == ("A" if held else None)
    assert qualification_value(row, "personal_fx_account", day) is None


def test_the_newest_of_several_in_force_counts() -> None:
    """V44."""
    older = HeldQualification(kind="fx_directory", value="A", valid_from=FIRST)
    newer = HeldQualification(kind="fx_directory", value="C", valid_from=LAST)
    row = SubjectCopy(qualifications=(newer, older))
    assert qualification_value(row, "fx_directory", date(2026, 5, 30)) == "A"
    assert qualification_value(row, "fx_directory", LAST) == "C"
