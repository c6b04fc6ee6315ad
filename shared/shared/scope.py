"""Whose rows a caller reaches: those of the one party it acts for, or an authority's whole field (V65).

Built once for a request, from the token, and asked for by every query that answers one. A party's scope can't be
made without the party, so that no query ever compares with None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, true

from shared.vocabulary.errors import Forbidden

PARTIES = frozenset({"stall_holder", "operator", "buyer", "agent", "broker", "carrier"})
NAMED = {**dict.fromkeys(PARTIES, "subject"), "bank": "bank", "site_operator": "site"}
"""What the token of a role names, since the role alone says nothing of whose rows they are."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A role in a pilot on a legal day, and the account that asks in it; made as one of the kinds below."""

    pilot: str
    role: str
    today: date
    account: str

    def __post_init__(self) -> None:
        kind = _KINDS.get(NAMED.get(self.role, ""), WholeField)
        if type(self) is not kind and not (type(self) is Newcomer and self.role in PARTIES):
            raise Forbidden(f"a caller in the role {self.role} has no {type(self).__name__}")


@dataclass(frozen=True, slots=True)
class WholeField(Scope):
    """An authority: every row of its pilot."""


@dataclass(frozen=True, slots=True)
class _OfParty(Scope):
    party: UUID

    def __post_init__(self) -> None:
        # `super()` doesn't know the class that `slots` makes anew.
        Scope.__post_init__(self)
        if not isinstance(self.party, UUID):
            raise Forbidden(f"the token names no {NAMED[self.role]}")


@dataclass(frozen=True, slots=True)
class OfSubject(_OfParty):
    """A party of the trade: the rows of its subject."""


@dataclass(frozen=True, slots=True)
class OfBank(_OfParty):
    """A bank: its clients and what it booked."""


@dataclass(frozen=True, slots=True)
class OfSite(_OfParty):
    """The operator of a supervised site: what is there, or on its way there."""


@dataclass(frozen=True, slots=True)
class Newcomer(Scope):
    """A party before its first filing: what its own account filed."""


_KINDS: dict[str, type[Scope]] = {"subject": OfSubject, "bank": OfBank, "site": OfSite}
Q = TypeVar("Q")
Condition = Callable[[UUID], ColumnElement[bool]]


def subject_of(scope: Scope) -> UUID:
    """The subject for which the caller acts; Forbidden where it acts for none."""
    if isinstance(scope, OfSubject):
        return scope.party
    raise Forbidden("the token names no subject")


def bank_of(scope: Scope) -> UUID:
    """The bank for which the caller acts; Forbidden where it acts for none."""
    if isinstance(scope, OfBank):
        return scope.party
    raise Forbidden("the token names no bank")


def site_of(scope: Scope) -> UUID:
    """The site for which the caller acts; Forbidden where it acts for none."""
    if isinstance(scope, OfSite):
        return scope.party
    raise Forbidden("the token names no site")


def reached(
    scope: Scope,
    *,
    subject: Condition | None = None,
    bank: Condition | None = None,
    site: Condition | None = None,
    newcomer: ColumnElement[bool] | None = None,
) -> ColumnElement[bool]:
    """Whether a scope reaches a row of its pilot; a kind of party without a condition here reaches none."""
    match scope:
        case WholeField():
            return true()
        case OfSubject(party=party):
            condition = subject
        case OfBank(party=party):
            condition = bank
        case OfSite(party=party):
            condition = site
        case _:
            return false() if newcomer is None else newcomer
    return false() if condition is None else condition(party)


def limited_to(scope: Scope) -> UUID | None:
    """The subject to whose rows an answer is limited; None for an authority, Forbidden for everybody else."""
    return None if isinstance(scope, WholeField) else subject_of(scope)


def within(
    query: Select[Q],
    row: Any,
    scope: Scope,
    *,
    subject: Condition | None = None,
    bank: Condition | None = None,
    site: Condition | None = None,
    newcomer: ColumnElement[bool] | None = None,
) -> Select[Q]:
    """The query's rows that a scope reaches: in its pilot, and as `reached` says."""
    own = reached(scope, subject=subject, bank=bank, site=site, newcomer=newcomer)
    return query.where(row.pilot == scope.pilot, own)
