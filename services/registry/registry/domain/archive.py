"""What held on a day: the state an agreement had, from when its steps were taken (R-FILE-5, V64)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class AgreementDates:
    """When an agreement's steps were taken, and the days for which it was made."""

    principal_confirmed_at: datetime | None
    agent_confirmed_at: datetime | None
    terminated_at: datetime | None
    valid_from: date
    valid_to: date


def status_before(dates: AgreementDates, instant: datetime) -> str | None:
    """The state just before an instant, None where it wasn't proposed yet; proposing is the proposer's confirmation."""
    given = [at for at in (dates.principal_confirmed_at, dates.agent_confirmed_at) if at is not None and at < instant]
    if not given:
        return None
    if dates.terminated_at is not None and dates.terminated_at < instant:
        return "terminated"
    return "confirmed" if len(given) == 2 else "proposed"


def was_in_force(dates: AgreementDates, status: str | None, day: date) -> bool:
    """Whether new trades could be made under it on the day."""
    return status == "confirmed" and dates.valid_from <= day <= dates.valid_to
