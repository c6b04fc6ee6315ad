"""When a month's exports are declared: the filing period of the month after, moved by holidays (R-TAX-2, V49)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Protocol


class Days(Protocol):
    """What the calendar says of a day."""

    def is_working(self, day: date) -> bool:
        """Whether the tax office works on it."""

    def is_holiday(self, day: date) -> bool:
        """Whether it is a day of a legal holiday's arrangement (法定休假日), not a plain weekend."""


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


def window_of(month: str, *, last_day: int, least_run: int, days: Days, extended_to: date | None = None) -> Window:
    """From the 1st to the `last_day` of the month after, moved on by holidays; `extended_to` goes before all of it.

    Each run of at least `least_run` free days that holds a legal holiday moves the end by its days inside the period,
    counted as working days. Without such a run, a free last day moves to the next working day. (税收征收管理法实施细则
    art. 109, as the State Taxation Administration has counted since 2022.)
    """
    first = month_after(month)
    if extended_to is not None:
        return Window(first, extended_to)
    last = first.replace(day=min(last_day, monthrange(first.year, first.month)[1]))
    moved_by = _days_of_runs(first, last, least_run, days)
    if moved_by == 0 and not days.is_working(last):
        moved_by = 1
    while moved_by > 0:
        last += timedelta(days=1)
        moved_by -= days.is_working(last)
    return Window(first, last)


def _days_of_runs(first: date, last: date, least_run: int, days: Days) -> int:
    period = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    runs = [list(run) for free, run in groupby(period, lambda day: not days.is_working(day)) if free]
    return sum(len(run) for run in runs if len(run) >= least_run and any(map(days.is_holiday, run)))
