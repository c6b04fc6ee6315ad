"""What a request is about, as the audit trail keeps it."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request
from starlette.convertors import PathConvertor

from shared.vocabulary.identifiers import mask_identity
from shared.vocabulary.numbers import parse_human_number


def target_of(request: Request) -> str | None:
    """The path's target for an audit line, without NUL, which PostgreSQL's text can't store.

    What is neither an id nor one of our numbers may be a person's, so that the trail keeps its mask alone (V66).
    """
    named = next((str(value) for value in request.path_params.values()), None)
    if named is None:
        return None
    free = any(isinstance(each, PathConvertor) for each in request.scope["route"].param_convertors.values())
    kept = mask_identity(named) if free and not _names_nobody(named) else named
    return kept.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _names_nobody(text: str) -> bool:
    for read in (UUID, parse_human_number):
        try:
            read(text)
        except ValueError:
            continue
        return True
    return False
