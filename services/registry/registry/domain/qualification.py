"""Who may record a qualification: a party states what an authority grants only until its review (R-FILE-7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol, TypeVar
from uuid import UUID

from shared.vocabulary.rules import Breach

# Banks took over registration in the trade FX directory from SAFE: each may record its own registrations.
GRANTED_BY = {
    "customs_filing": frozenset({"customs"}),
    "fx_directory": frozenset({"safe", "bank"}),
    "taxpayer_kind": frozenset({"tax"}),
    "filing_frequency": frozenset({"tax"}),
    "tax_authority": frozenset({"tax"}),
}
ACCOUNTS = frozenset({"fx_account", "personal_fx_account"})
GRANTORS = frozenset({"commerce"}).union(*GRANTED_BY.values())


def breaches_of_recording(kind: str, role: str, *, reviewed: bool, at: str = "") -> tuple[Breach, ...]:
    """Breach where the role may not record the kind, or where an authority grants it and no review would check it."""
    granted_by = GRANTED_BY.get(kind, frozenset())
    if role == "commerce" or role in granted_by:
        return ()
    if role not in GRANTORS and not (granted_by and reviewed):
        return ()
    return (Breach("qualification_of_authority", "R-FILE-7", f"{at}/kind", {"kind": kind}),)


def breaches_of_dates(valid_from: date, valid_to: date | None, *, at: str = "") -> tuple[Breach, ...]:
    """Why a qualification can't hold for these days."""
    if valid_to is None or valid_from <= valid_to:
        return ()
    return (Breach("qualification_dates_reversed", "R-FILE-7", f"{at}/valid_to"),)


def is_confirmed(kind: str, *, by_owner: bool) -> bool:
    """Whether it counts as it is: an account makes its holder a bank's client only once the holder states it."""
    return by_owner or kind not in ACCOUNTS


class SealedAccount(Protocol):
    """A sealed account; only its index is compared."""

    @property
    def blind_index(self) -> str: ...


class Held(Protocol):
    """The fields that identify a qualification."""

    @property
    def kind(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...
    @property
    def bank_id(self) -> UUID | None: ...
    @property
    def account(self) -> SealedAccount | None: ...
    @property
    def account_id(self) -> UUID | None: ...


Q = TypeVar("Q", bound=Held)


def with_qualification(held: Sequence[Q], stated: Q) -> tuple[Q, ...]:
    """The qualifications with this one: it replaces the same one from the same first day, else it is added."""
    return (*(each for each in held if not is_same(each, stated)), stated)


def account_id_of(held: Sequence[Held], stated: Held, *, first: UUID, further: UUID) -> UUID | None:
    """Which of the holder's accounts at its bank a stated one is; None where it is none.

    One without a number, and the number on file first, is the `first` account there; a new number is a `further` one.
    Of several numbers on file without an id, the one since the earliest day is the first.
    """
    if stated.kind not in ACCOUNTS or stated.bank_id is None:
        return None
    index = _index(stated)
    there = [each for each in held if each.kind in ACCOUNTS and each.bank_id == stated.bank_id and _index(each)]
    same = [each.account_id for each in there if each.account_id is not None and _index(each) == index]
    if same:
        return same[0]
    first_there = [each for each in there if each.account_id in (None, first)]
    oldest = min(first_there, key=lambda each: (each.account_id is None, each.valid_from), default=None)
    return first if index is None or oldest is None or _index(oldest) == index else further


def is_same(one: Held, other: Held) -> bool:
    """Whether one would replace the other."""
    return _which(one) == _which(other)


def is_held(held: Sequence[Held], stated: Held) -> bool:
    """Whether the subject holds just this: stating it again confirms it and changes nothing else."""
    return any(
        is_same(each, stated) and (each.value, each.valid_to) == (stated.value, stated.valid_to) for each in held
    )


def _which(held: Held) -> tuple[str, date, UUID | None, str | None]:
    return held.kind, held.valid_from, held.bank_id, _index(held)


def _index(held: Held) -> str | None:
    return held.account.blind_index if held.account else None
