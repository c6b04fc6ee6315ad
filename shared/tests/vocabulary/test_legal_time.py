"""Legal days, and what holds on one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from shared.vocabulary.legal_time import in_force, legal_date, start_of_legal_day


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2023, 4, 30, 15, 59, 59, tzinfo=UTC), "2023-04-30"),
        (datetime(2023, 4, 30, 16, 0, 0, tzinfo=UTC), "2023-05-01"),
        (datetime(2023, 4, 30, 16, 30, tzinfo=UTC), "2023-05-01"),
    ],
)
def test_a_legal_day_begins_at_sixteen_hours_utc_of_the_day_before(instant: datetime, day: str) -> None:
    assert legal_date(instant).isoformat() == day
    assert start_of_legal_day(legal_date(instant)) <= instant


def test_an_instant_without_its_offset_has_no_legal_day() -> None:
    with pytest.raises(ValueError, match="offset"):
        legal_date(datetime(2023, 5, 1))  # noqa: DTZ001 - what is refused


FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)


@pytest.mark.parametrize(
    ("last", "day", "holds"),
    [
        pytest.param(LAST, date(2026, 4, 30), False, id="the day before"),
        pytest.param(LAST, FIRST, True, id="the first day"),
        pytest.param(LAST, LAST, True, id="the last day"),
        pytest.param(LAST, date(2026, 6, 1), False, id="the day after"),
        pytest.param(FIRST, FIRST, True, id="one day only"),
        pytest.param(None, date(2099, 1, 1), True, id="without end"),
        pytest.param(None, date(2026, 4, 30), False, id="without end, not begun"),
    ],
)
def test_what_is_dated_holds_from_its_first_to_its_last_day(last: date | None, day: date, holds: bool) -> None:
    assert in_force(FIRST, last, day) is holds
