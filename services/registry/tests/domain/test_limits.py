"""Filing, places, qualifications: on the day, the day before, the day after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from registry.domain.archive import AgreementDates, breaches_of_archive_day, status_before
from registry.domain.commodities import breaches_of_entries, breaches_of_expiry
from registry.domain.credit import breaches_of_grade
from registry.domain.places import breaches_of_pilot, breaches_of_place, breaches_of_place_id, breaches_of_prefix
from registry.domain.qualification import is_held, is_same, with_qualification
from shared.vocabulary.rules import Breach

DAY = date(2026, 5, 13)
FILER, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("rule", "valid_to", "fits"),
    [
        ("R-FILE-9: without an end", None, True),
        ("R-FILE-9: to the day after", date(2026, 5, 14), True),
        ("R-FILE-9: for one day", DAY, True),
        ("R-FILE-9: to the day before", date(2026, 5, 12), False),
    ],
)
def test_the_days_of_a_place(rule: str, valid_to: date | None, fits: bool) -> None:
    assert (breaches_of_place(DAY, valid_to) == ()) is fits, rule


@dataclass(frozen=True)
class Account:
    blind_index: str


@dataclass(frozen=True)
class Held:
    kind: str
    valid_from: date = DAY
    bank_id: UUID | None = None
    account: Account | None = None
    value: str = ""
    valid_to: date | None = None


KEPT = Held("fx_account", bank_id=FILER, account=Account("a"), value="old")


@pytest.mark.parametrize(
    ("rule", "stated", "held"),
    [
        ("stated anew from its first day", Held("fx_account", DAY, FILER, Account("a"), "new"), ["new"]),
        ("from another day", Held("fx_account", date(2026, 5, 14), FILER, Account("a"), "new"), ["old", "new"]),
        ("of another kind", Held("customs_filing", DAY, FILER, Account("a"), "new"), ["old", "new"]),
        ("at another bank", Held("fx_account", DAY, OTHER, Account("a"), "new"), ["old", "new"]),
        ("another account", Held("fx_account", DAY, FILER, Account("b"), "new"), ["old", "new"]),
    ],
)
def test_a_qualification_takes_the_place_of_the_same_one(rule: str, stated: Held, held: list[str]) -> None:
    """R-FILE-7."""
    assert [each.value for each in with_qualification([KEPT], stated)] == held, rule


@pytest.mark.parametrize(
    ("rule", "stated", "same", "held"),
    [
        ("what is on file", Held("fx_account", DAY, FILER, Account("a"), "old"), True, True),
        ("with another end", Held("fx_account", DAY, FILER, Account("a"), "old", DAY), True, False),
        ("with another value", Held("fx_account", DAY, FILER, Account("a"), "new"), True, False),
        ("another account", Held("fx_account", DAY, FILER, Account("b"), "old"), False, False),
    ],
)
def test_stating_what_is_on_file_changes_nothing(rule: str, stated: Held, same: bool, held: bool) -> None:
    """R-FILE-7."""
    assert (is_same(KEPT, stated), is_held([Held("fx_directory"), KEPT], stated)) == (same, held), rule


@pytest.mark.parametrize(
    ("rule", "since_end", "status"),
    [
        ("R-FILE-5: a second before its end", -1, "confirmed"),
        ("R-FILE-5: just before its end, which is asked for", 0, "confirmed"),
        ("R-FILE-5: a second after its end", 1, "terminated"),
    ],
)
def test_an_agreement_just_before_an_instant(rule: str, since_end: int, status: str) -> None:
    made, ended = datetime(2026, 5, 13, 1, tzinfo=UTC), datetime(2026, 5, 14, 1, tzinfo=UTC)
    dates = AgreementDates(made, made, ended, DAY, date(2026, 12, 31))
    assert status_before(dates, ended + timedelta(seconds=since_end)) == status, rule


@pytest.mark.parametrize(
    ("rule", "expires_on", "fits"),
    [
        ("V10: without an end", None, True),
        ("V10: to tomorrow", date(2026, 5, 14), True),
        ("V10: to this day", DAY, True),
        ("V10: to yesterday", date(2026, 5, 12), False),
    ],
)
def test_the_last_day_of_a_decision(rule: str, expires_on: date | None, fits: bool) -> None:
    assert (breaches_of_expiry(expires_on, DAY) == ()) is fits, rule


@pytest.mark.parametrize(
    ("kind", "verdicts", "pointers"),
    [
        ("positive", ["eligible", "eligible"], []),
        ("positive", ["eligible", "not_eligible"], ["/entries/1/verdict"]),
        ("negative", ["not_eligible"], []),
        ("negative", ["eligible"], ["/entries/0/verdict"]),
    ],
)
def test_a_list_holds_entries_of_its_kind(kind: str, verdicts: list[str], pointers: list[str]) -> None:
    """R-GOODS-1."""
    assert [each.pointer for each in breaches_of_entries(kind, verdicts)] == pointers


@pytest.mark.parametrize(
    ("rule", "day", "fits"),
    [
        ("V16: yesterday", date(2026, 5, 12), True),
        ("V16: today", DAY, True),
        ("V16: tomorrow", date(2026, 5, 14), False),
    ],
)
def test_the_day_of_an_archive(rule: str, day: date, fits: bool) -> None:
    assert (breaches_of_archive_day(day, DAY) == ()) is fits, rule


@pytest.mark.parametrize(
    ("rule", "found", "codes"),
    [
        ("V60: a prefix of its own", breaches_of_prefix("LS", held_by_another=False), []),
        ("V60: another pilot's", breaches_of_prefix("LS", held_by_another=True), ["number_prefix_taken"]),
        ("R-FILE-2: a filed pilot", breaches_of_pilot("longshui", filed=True), []),
        ("R-FILE-2: no pilot's data", breaches_of_pilot("longshui", filed=False), ["pilot_unknown"]),
        ("R-FILE-9: a new place", breaches_of_place_id("port:longshui:8011", taken=False), []),
        ("R-FILE-9: filed before", breaches_of_place_id("port:longshui:8011", taken=True), ["place_filed_already"]),
        ("R-CREDIT-2: measures are stated", breaches_of_grade(measures_stated=True), []),
        ("R-CREDIT-2: a day before the first", breaches_of_grade(measures_stated=False), ["grade_before_measures"]),
    ],
)
def test_what_is_held_by_another_or_missing(rule: str, found: tuple[Breach, ...], codes: list[str]) -> None:
    assert [each.code for each in found] == codes, rule
