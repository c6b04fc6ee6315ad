"""The state of an agreement on a day, from the times of its steps (R-FILE-5, V64)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from shared.vocabulary.legal_time import in_force
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class AgreementDates:
    """When an agreement's steps were taken, and the days for which it was made."""

    principal_confirmed_at: datetime | None
    agent_confirmed_at: datetime | None
    terminated_at: datetime | None
    valid_from: date
    valid_to: date


def status_before(dates: AgreementDates, instant: datetime) -> str | None:
    """The state just before an instant: confirmed or terminated, None while a party hadn't confirmed."""
    given = (dates.principal_confirmed_at, dates.agent_confirmed_at)
    if any(at is None or at >= instant for at in given):
        return None
    return "terminated" if dates.terminated_at is not None and dates.terminated_at < instant else "confirmed"


def was_in_force(dates: AgreementDates, status: str | None, day: date) -> bool:
    """Whether new trades could be made under it on the day."""
    return status == "confirmed" and in_force(dates.valid_from, dates.valid_to, day)


def breaches_of_archive_day(day: date, today: date) -> tuple[Breach, ...]:
    """Breach where the day of the archive hasn't ended yet (V16)."""
    return (Breach("archive_day_in_future", "V16", "/on"),) if day > today else ()
