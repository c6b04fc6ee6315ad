"""When a month's exports are declared: the filing period of the month after, moved by holidays (R-TAX-2, V49)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

IsWorking = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Window:
    """The days on which a month's exports are declared, both included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether one may file on a legal day."""
        return self.first <= day <= self.last


def month_of(day: date) -> str:
    """The month of a legal day."""
    return day.strftime("%Y-%m")


def month_after(month: str) -> date:
    """The first day of the month after."""
    year, number = map(int, month.split("-"))
    return date(year + number // 12, number % 12 + 1, 1)


def window_of(month: str, *, last_day: int, is_working: IsWorking, extended_to: date | None = None) -> Window:
    """From the 1st to the `last_day` of the month after, moved on to the next working day.

    Free days of three and more within the first half move the end on by as many days (practice of the tax
    calendar) only where the authority publishes it: then `extended_to` says so and goes before.
    """
    first = month_after(month)
    if extended_to is not None:
        return Window(first, extended_to)
    last = first.replace(day=min(last_day, monthrange(first.year, first.month)[1]))
    while not is_working(last):
        last += timedelta(days=1)
    return Window(first, last)
