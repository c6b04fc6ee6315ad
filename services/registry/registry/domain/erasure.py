"""When the personal data of a natural person is erased, and until when the records must be kept (R-DATA-1)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from shared.vocabulary.rules import Breach

_OPEN_TO_ERASURE = frozenset({"draft", "rejected", "exited"})


@dataclass(frozen=True, slots=True)
class ErasureFacts:
    """What the rule looks at: `last_record` is the day of the newest record made while a filing had taken effect."""

    natural_person: bool
    statuses: Collection[str]
    last_record: date | None
    years: int
    today: date


def kept_until(record: date, years: int) -> date:
    """The last day on which a record must be kept: its day some years later, 28 February where there is no 29th."""
    return _moved(record, years)


def papers_until(today: date, years: int) -> date:
    """The day of the newest papers that needn't be kept any more."""
    return _moved(today - timedelta(days=1), -years)


def breaches_of_erasure(facts: ErasureFacts) -> tuple[Breach, ...]:
    """Why the data can't be erased: it is no person's, a filing isn't over, or the records must still be kept."""
    breaches = []
    if not facts.natural_person:
        breaches.append(Breach("erasure_of_enterprise", "R-DATA-1"))
    if not _OPEN_TO_ERASURE.issuperset(facts.statuses):
        breaches.append(Breach("erasure_while_filed", "R-DATA-1"))
    until = None if facts.last_record is None else kept_until(facts.last_record, facts.years)
    if until is not None and facts.today <= until:
        told = {"until": until.isoformat(), "years": str(facts.years)}
        breaches.append(Breach("retention_not_over", "R-DATA-1", "", told))
    return tuple(breaches)


def _moved(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
