"""For whom the caller asks: a party reaches its own rows only, authorities their field."""

from __future__ import annotations

from uuid import UUID

from shared.http.identity import Caller
from shared.vocabulary.errors import Forbidden


def party_of(caller: Caller) -> UUID:
    """The party that the token names."""
    if caller.subject_id is None:
        raise Forbidden("the token names no subject")
    return caller.subject_id


def scope_of(caller: Caller) -> UUID | None:
    """The subject to which the caller is limited; None for an authority."""
    return party_of(caller) if caller.is_party else None
