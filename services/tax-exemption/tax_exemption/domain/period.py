"""Which return an export date belongs to: that of its month, or of its quarter for quarterly filers (R-TAX-2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.vocabulary.choices import choices_of
from shared.vocabulary.legal_time import in_force
from shared.vocabulary.rules import Breach
from tax_exemption.domain.window import month_of

QuarterlyRule = Literal["quarter", "month"]


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often a stall holder files, from when to when."""

    value: str
    valid_from: date
    valid_to: date | None


def breaches_of_frequencies(frequencies: Iterable[Frequency]) -> tuple[Breach, ...]:
    """Why nobody can say which return an export belongs to: an earlier release took a word that is no frequency."""
    unknown = sorted({each.value for each in frequencies} - {*choices_of("filing_frequency").codes})
    return tuple(
        Breach("filing_frequency_unknown", "R-TAX-2", "/stall_holder_id", {"value": value}) for value in unknown
    )


def period_of(export_date: date, frequencies: Iterable[Frequency], quarterly: QuarterlyRule) -> str:
    """The month under which an export date is declared: its own, or the last of its quarter.

    The frequency on the export date counts, of several the one that began last; without one it is monthly. Each is a
    known one (`breaches_of_frequencies`).
    """
    held = [each for each in frequencies if in_force(each.valid_from, each.valid_to, export_date)]
    newest = max(held, key=lambda each: each.valid_from, default=None)
    if newest is None or newest.value != "quarter" or quarterly == "month":
        return month_of(export_date)
    return f"{export_date.year}-{(export_date.month + 2) // 3 * 3:02}"


@dataclass(frozen=True, slots=True)
class Periods:
    """A stall holder's periods (R-TAX-2)."""

    frequencies: tuple[Frequency, ...]
    quarterly: QuarterlyRule

    def of(self, export_date: date) -> str:
        """The month under which an export date is declared."""
        return period_of(export_date, self.frequencies, self.quarterly)
