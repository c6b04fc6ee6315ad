"""Whose word an account is: its owner's only; and which of its accounts a stated one is (R-FX-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest

from registry.domain.qualification import account_id_of, is_confirmed


@pytest.mark.parametrize(
    ("kind", "by_owner", "counts"),
    [
        ("fx_account", True, True),
        ("fx_account", False, False),
        ("personal_fx_account", True, True),
        ("personal_fx_account", False, False),
        ("fx_directory", False, True),
    ],
)
def test_an_account_counts_once_its_owner_states_it(kind: str, by_owner: bool, counts: bool) -> None:
    assert is_confirmed(kind, by_owner=by_owner) is counts


BANK, OTHER_BANK, FIRST, SECOND, NEW = (UUID(int=n) for n in range(1, 6))


@dataclass(frozen=True, slots=True)
class Number:
    blind_index: str


@dataclass(frozen=True, slots=True)
class Account:
    account: Number | None
    account_id: UUID | None = None
    bank_id: UUID | None = BANK
    valid_from: date = date(2026, 1, 1)
    kind: str = "fx_account"
    value: str = "USD"
    valid_to: date | None = None


X, Y, Z = Number("x"), Number("y"), Number("z")
OLD_X, OLD_Y = Account(X, valid_from=date(2025, 1, 2)), Account(Y, valid_from=date(2025, 1, 1))


@pytest.mark.parametrize(
    ("case", "held", "stated", "meant"),
    [
        ("the first at the bank", (), Account(X), FIRST),
        ("one without a number", (), Account(None), FIRST),
        ("the number of one that had none", (Account(None, FIRST),), Account(X), FIRST),
        ("no number, beside one with", (Account(X, FIRST),), Account(None), FIRST),
        ("the same number for other days", (Account(X, FIRST),), Account(X, valid_from=date(2027, 1, 1)), FIRST),
        ("the same number in the other kind", (Account(X, FIRST),), Account(X, kind="personal_fx_account"), FIRST),
        ("a second number", (Account(X, FIRST),), Account(Y), NEW),
        ("the second number again", (Account(X, FIRST), Account(Y, SECOND)), Account(Y), SECOND),
        ("a third number", (Account(X, FIRST), Account(Y, SECOND)), Account(Z), NEW),
        ("the first at another bank", (Account(X, FIRST, OTHER_BANK),), Account(Y), FIRST),
        ("of two of 0.1.0 the older", (OLD_X, OLD_Y), Account(Y), FIRST),
        ("of two of 0.1.0 the newer", (OLD_X, OLD_Y), Account(X), NEW),
        ("of 0.1.0, when the newer had its id first", (Account(X, SECOND), OLD_Y), Account(Y), FIRST),
        ("another, when only a further one has a number", (Account(X, SECOND),), Account(Y), FIRST),
        ("no bank is named", (), Account(X, bank_id=None), None),
        ("no account", (), Account(None, kind="fx_directory"), None),
    ],
)
def test_an_account_is_one_by_its_number_at_its_bank(
    case: str, held: tuple[Account, ...], stated: Account, meant: UUID | None
) -> None:
    assert account_id_of(held, stated, first=FIRST, further=NEW) == meant, case


def test_the_first_account_stays_the_first_whatever_older_days_are_stated_later() -> None:
    held = (Account(X, FIRST, valid_from=date(2026, 1, 1)), Account(Y, valid_from=date(2020, 1, 1)))
    assert account_id_of(held, Account(Y), first=FIRST, further=NEW) == NEW
