"""Who speaks for a subject, in reading, answering and writing alike (V65), and who files for others (R-FILE-3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class Asker:
    """A party that reads or acts: the subject that its token names, else its account alone."""

    party: UUID | None
    account: str


def is_itself(asker: Asker, subject_id: UUID, account: str | None) -> bool:
    """Whether the asker is the subject itself, by its token or by the account that is bound to it."""
    return account == asker.account if asker.party is None else asker.party == subject_id


def speaks_for(asker: Asker, subject_id: UUID, account: str | None, filed_by: Iterable[UUID | None]) -> bool:
    """Whether the asker is the subject itself, or stated all that is on file of a subject without an account.

    `filed_by` has the party that filed each role for it; None where the subject itself or commerce did.
    """
    if is_itself(asker, subject_id, account):
        return True
    return asker.party is not None and account is None and all(each == asker.party for each in filed_by)


@dataclass(frozen=True, slots=True)
class StandingOfFiler:
    """One filing of a party that files for others."""

    role: str
    status: str
    stop_order: bool


def breaches_of_filer(role: str, filings: Iterable[StandingOfFiler]) -> tuple[Breach, ...]:
    """Breach where a stop order holds the filer, or it is suspended in the role in which it files (V2)."""
    held = any(each.stop_order or (each.role == role and each.status == "suspended") for each in filings)
    return (Breach("filer_suspended", "R-FILE-3", "", {"role": role}),) if held else ()
