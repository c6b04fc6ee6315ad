"""Legal days are days in Asia/Shanghai (V16)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

# China has kept one zone without daylight saving since 1991, before any date of this system.
LEGAL_ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")


def legal_date(instant: datetime) -> date:
    """The legal date of an aware instant."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset")
    return instant.astimezone(LEGAL_ZONE).date()


def start_of_legal_day(day: date) -> datetime:
    """The UTC instant at which a legal day starts."""
    return datetime.combine(day, time(), LEGAL_ZONE).astimezone(UTC)


def in_force(first: date, last: date | None, day: date) -> bool:
    """Whether what holds from its first to its last day (None: without end) holds on a day, both ends included."""
    return first <= day and (last is None or day <= last)
